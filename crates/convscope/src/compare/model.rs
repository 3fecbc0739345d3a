//! A model as it stands in a file.

use std::collections::BTreeMap;
use std::path::Path;

use convscope_model::Dimensions;
use convscope_model::formats::{self, WeightsError};

use crate::complaint::Complaint;

/// The tensors of a file.
pub(crate) struct Model {
    /// The file's path, as it was typed.
    pub(crate) path: String,
    /// The tensors by name, without what wrappers put before every one.
    pub(crate) tensors: BTreeMap<String, Tensor>,
    /// How they were found, one sentence each.
    pub(crate) notes: Vec<String>,
}

/// One tensor.
pub(crate) struct Tensor {
    /// Its dimensions, slowest first.
    pub(crate) dimensions: Vec<usize>,
    /// Its type of number.
    pub(crate) kind: &'static str,
    /// Its numbers; `None` where they are no floats.
    pub(crate) numbers: Option<Vec<f32>>,
}

impl Model {
    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self, Complaint> {
        let shown = path.display().to_string();
        let bytes = std::fs::read(path)
            .map_err(|error| Complaint::usage(format!("cannot read {shown}: {error}")))?;
        let wrong = |error: WeightsError| Complaint::Usage {
            message: format!("{shown}: {error}"),
            help: help(&error),
        };
        let found = formats::read(&bytes).map_err(wrong)?;
        let (prefix, tensors) = found.unwrapped();
        let mut notes = found.notes().to_vec();
        if !prefix.is_empty() {
            notes.push(format!("`{prefix}` stood before every name and was left out"));
        }
        let tensors: BTreeMap<String, Tensor> = tensors
            .into_iter()
            .map(|(name, tensor)| {
                let (dimensions, kind) = (tensor.dimensions().to_vec(), tensor.kind());
                (name.to_owned(), Tensor { dimensions, kind, numbers: tensor.numbers() })
            })
            .collect();
        if tensors.is_empty() {
            return Err(Complaint::usage(format!("{shown} holds no tensor")));
        }
        Ok(Self { path: shown, tensors, notes })
    }

    /// Returns the dimensions of all tensors.
    pub(crate) fn dimensions(&self) -> Dimensions<'_> {
        self.tensors.iter().map(|(name, own)| (name.as_str(), own.dimensions.as_slice())).collect()
    }

    /// Returns how many numbers all tensors have.
    pub(crate) fn count(&self) -> usize {
        self.tensors.values().map(Tensor::count).sum()
    }
}

impl Tensor {
    /// Returns how many numbers it has.
    pub(crate) fn count(&self) -> usize {
        self.dimensions.iter().product()
    }

    /// Returns its numbers if all are finite floats, or what keeps them from being compared.
    pub(crate) fn finite(&self) -> Result<&[f32], String> {
        let numbers =
            self.numbers.as_deref().ok_or_else(|| format!("holds {}, no floats", self.kind))?;
        match numbers.iter().position(|number| !number.is_finite()) {
            Some(index) => Err(format!("holds {} at index {index}", numbers[index])),
            None if numbers.is_empty() => Err("is empty".into()),
            None => Ok(numbers),
        }
    }
}

fn help(error: &WeightsError) -> Option<String> {
    match error {
        WeightsError::Code { .. } => Some(
            "in the program that has the model: `torch.save(model.state_dict(), \"model.pt\")`"
                .into(),
        ),
        WeightsError::Unknown => Some(
            "a model is a .safetensors or .onnx file, what `torch.save` or `numpy.savez` wrote, or \
             weights that a study kept"
                .into(),
        ),
        _ => None,
    }
}
