//! Weights as safetensors: each parameter a tensor of 32-bit floats under its name.

use std::borrow::Cow;

use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, View, serialize};

use crate::{Net, Parameter};

/// Weights that do not belong to a net.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The bytes are no safetensors file.
    #[error("these are no safetensors: {0}")]
    Format(String),
    /// A parameter has no tensor.
    #[error("the file lacks the tensor `{name}` of shape {wanted:?}; it holds {}", named(came))]
    Absent {
        /// The parameter.
        name: String,
        /// Its dimensions.
        wanted: Vec<usize>,
        /// The tensors of the file.
        came: Vec<String>,
    },
    /// A tensor belongs to no parameter.
    #[error("the file holds the tensor `{name}`, but the net has only {}", named(wanted))]
    Extra {
        /// The tensor.
        name: String,
        /// The net's parameters.
        wanted: Vec<String>,
    },
    /// A tensor has other dimensions than its parameter.
    #[error("the tensor `{name}` has shape {came:?}, but the net wants {wanted:?}")]
    Dimensions {
        /// The tensor.
        name: String,
        /// The parameter's dimensions.
        wanted: Vec<usize>,
        /// The tensor's dimensions.
        came: Vec<usize>,
    },
    /// A tensor holds other numbers than 32-bit floats.
    #[error("the tensor `{name}` holds {came}, but only F32 is read; convert it first")]
    Numbers {
        /// The tensor.
        name: String,
        /// Its type of number.
        came: String,
    },
    /// A tensor holds infinity or NaN.
    #[error("the tensor `{name}` holds {came} at index {index}; weights must be finite")]
    NotFinite {
        /// The tensor.
        name: String,
        /// Where, counted through the whole tensor.
        index: usize,
        /// What stands there.
        came: f32,
    },
    /// The weights are too few or too many for the net.
    #[error("the net has {wanted} weights, but {came} came")]
    Count {
        /// The net's count of numbers.
        wanted: usize,
        /// How many came.
        came: usize,
    },
}

/// Writes a model's weights; the same weights give the same bytes.
///
/// `PyTorch` reads them with `safetensors.torch.load_file`, as a state dictionary.
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
/// is computed from them.
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
/// [`WeightsError`] naming the tensor that is absent, extra, of other dimensions, of another type
/// or not finite.
pub fn read(net: &Net, bytes: &[u8]) -> Result<Vec<f32>, WeightsError> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| unreadable(&error))?;
    let known = |name: &str| {
        name.ends_with(".num_batches_tracked") || net.tensors().any(|tensor| tensor.name == name)
    };
    let mut weights = Vec::with_capacity(net.number_count());
    for parameter in net.tensors() {
        weights.extend(numbers_of(parameter, &file)?);
    }
    match file.names().into_iter().filter(|name| !known(name)).min() {
        None => Ok(weights),
        Some(name) => Err(WeightsError::Extra {
            name: name.to_owned(),
            wanted: net.tensors().map(|tensor| tensor.name.clone()).collect(),
        }),
    }
}

fn numbers_of(parameter: &Parameter, file: &SafeTensors<'_>) -> Result<Vec<f32>, WeightsError> {
    let name = parameter.name.clone();
    let Ok(tensor) = file.tensor(&name) else {
        let mut came: Vec<String> = file.names().into_iter().map(str::to_owned).collect();
        came.sort_unstable();
        return Err(WeightsError::Absent { name, wanted: parameter.dimensions.clone(), came });
    };
    if tensor.shape() != parameter.dimensions {
        let (wanted, came) = (parameter.dimensions.clone(), tensor.shape().to_vec());
        return Err(WeightsError::Dimensions { name, wanted, came });
    }
    if tensor.dtype() != Dtype::F32 {
        return Err(WeightsError::Numbers { name, came: tensor.dtype().to_string() });
    }
    let (quadruples, _) = tensor.data().as_chunks::<4>();
    let numbers: Vec<f32> = quadruples.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    match numbers.iter().position(|number| !number.is_finite()) {
        None => Ok(numbers),
        Some(index) => Err(WeightsError::NotFinite { name, index, came: numbers[index] }),
    }
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
    WeightsError::Format(error.to_string())
}

fn named(names: &[String]) -> String {
    if names.is_empty() { "none".into() } else { format!("`{}`", names.join("`, `")) }
}
