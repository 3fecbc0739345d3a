//! Weights as safetensors: each parameter a tensor of 32-bit floats under its name.

use std::borrow::Cow;
use std::collections::BTreeMap;

use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, View, serialize};

use super::error::WeightsError;
use super::kind;
use super::state_dict::StateDict;
use super::{Format, tensor};
use crate::Net;

pub(super) const FORMAT: Format = Format {
    name: "safetensors",
    extensions: &["safetensors"],
    // The length of the header, then the header.
    begins: |bytes| bytes.get(8) == Some(&b'{'),
    read: state_dict,
};

/// Writes a model's weights; the same weights give the same bytes.
///
/// `PyTorch` takes them with `model.load_state_dict(safetensors.torch.load_file(path))`; the counters
/// `num_batches_tracked`, from which nothing is computed here, it adds itself.
///
/// # Errors
/// [`WeightsError::Count`] when the weights are not those of the net.
pub fn write(net: &Net, weights: &[f32]) -> Result<Vec<u8>, WeightsError> {
    if weights.len() != net.number_count() {
        return Err(WeightsError::Count { wanted: net.number_count(), came: weights.len() });
    }
    let tensors = net.tensors().map(|parameter| {
        let numbers = &weights[parameter.range()];
        (parameter.name.as_str(), Tensor { dimensions: &parameter.dimensions, numbers })
    });
    serialize(tensors, None).map_err(|error| unreadable(&error))
}

/// Reads the numbers of a model, in the order of [`Net::tensors`].
///
/// The counters `num_batches_tracked` that `PyTorch` keeps beside running statistics are left out: nothing
/// is computed from them. [`StateDict::weights`] says more of what came; this is the short way for
/// what [`write()`] wrote.
///
/// ```
/// use convscope_model::formats::safetensors::{read, write};
/// use convscope_model::{Layer, Net, Op, Shape, layer::Linear};
///
/// let layers = vec![Layer::new("fc", Op::Linear(Linear { outputs: 2, bias: true }))];
/// let net = Net::new(Shape::flat(1), layers)?;
/// let bytes = write(&net, &[1.0, 2.0, 3.0, 4.0])?;
/// assert_eq!(read(&net, &bytes)?, [1.0, 2.0, 3.0, 4.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`WeightsError`] when the bytes are no safetensors, and as [`StateDict::weights`].
pub fn read(net: &Net, bytes: &[u8]) -> Result<Vec<f32>, WeightsError> {
    Ok(state_dict(bytes)?.weights(net)?.weights)
}

fn state_dict(bytes: &[u8]) -> Result<StateDict<'_>, WeightsError> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| unreadable(&error))?;
    let mut tensors = BTreeMap::new();
    for (name, view) in file.iter() {
        let placed = |why| damaged(format!("`{name}`: {why}"));
        let came = view.dtype().to_string();
        let kind = kind::find(&came, |kind| kind.name);
        let kind = kind.ok_or_else(|| placed(format!("it holds {came}, which is not read")))?;
        let found = tensor::Tensor::contiguous(kind, view.shape().to_vec(), view.data());
        tensors.insert(name.to_owned(), found.map_err(placed)?);
    }
    Ok(StateDict::new(tensors, Vec::new()))
}

struct Tensor<'a> {
    dimensions: &'a [usize],
    numbers: &'a [f32],
}

impl View for Tensor<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        self.dimensions
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.numbers.iter().flat_map(|number| number.to_le_bytes()).collect())
    }

    fn data_len(&self) -> usize {
        size_of_val(self.numbers)
    }
}

fn unreadable(error: &SafeTensorError) -> WeightsError {
    damaged(error.to_string())
}

fn damaged(why: String) -> WeightsError {
    WeightsError::Format { format: FORMAT.name, why }
}
