//! Weights as safetensors: each parameter a tensor of 32-bit floats under its name.

use std::borrow::Cow;

use safetensors::tensor::{Dtype, View, serialize};

use super::error::WeightsError;
use crate::Net;

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
/// is computed from them. [`StateDict::weights`](super::StateDict::weights) says more of what came; this is the short way for
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
/// [`WeightsError`] when the bytes are no safetensors, and as [`StateDict::weights`](super::StateDict::weights).
pub fn read(net: &Net, bytes: &[u8]) -> Result<Vec<f32>, WeightsError> {
    let state_dict = super::read(bytes).map_err(|error| match error {
        WeightsError::Unknown => unreadable(&"it begins otherwise"),
        other => other,
    })?;
    Ok(state_dict.weights(net)?.weights)
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

fn unreadable(why: &impl ToString) -> WeightsError {
    WeightsError::Format { format: "safetensors", why: why.to_string() }
}
