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
        let wrong = |error: WeightsError| Complaint::Usage {
            message: match &error {
                WeightsError::File(why) => format!("cannot read {shown}: {why}"),
                _ => format!("{shown}: {error}"),
            },
            help: help(&error),
        };
        let found = formats::open(path).map_err(wrong)?;
        let (prefix, tensors) = found.unwrapped();
        bounded(tensors.values().map(|tensor| tensor.bytes()), found.length()).map_err(|why| {
            Complaint::Usage {
                message: format!("{shown}: {why}"),
                help: Some("save copies, such as `tensor.clone()`".into()),
            }
        })?;
        let mut notes = found.notes().to_vec();
        if !prefix.is_empty() {
            notes.push(format!("`{prefix}` stood before every name and was left out"));
        }
        let read = |(name, tensor): (&str, &formats::Tensor<'_>)| {
            let (dimensions, kind) = (tensor.dimensions().to_vec(), tensor.kind());
            let numbers = tensor.numbers()?;
            Ok((name.to_owned(), Tensor { dimensions, kind, numbers }))
        };
        let tensors: Result<BTreeMap<String, Tensor>, WeightsError> =
            tensors.into_iter().map(read).collect();
        let tensors = tensors.map_err(wrong)?;
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

/// How many times the file its tensors may hold: some share their numbers, as tied weights do.
const MOST_SHARED: u64 = 8;

/// Makes sure that tensors of so many bytes do not take much more memory than their file.
pub(crate) fn bounded(tensors: impl Iterator<Item = u64>, file: u64) -> Result<(), String> {
    let held = tensors.fold(0_u64, u64::saturating_add);
    if held <= file.saturating_mul(MOST_SHARED) {
        return Ok(());
    }
    Err(format!(
        "its tensors lie in one place, so that they hold {held} bytes of a file of {file}; at most \
         {MOST_SHARED} times as much is read"
    ))
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
