//! Weights in files.
//!
//! [`open()`] and [`read()`] take what others save and `convscope-arrays` finds, [`safetensors::write`] is
//! what is written here.
//!
//! ```text
//! .safetensors ─┐
//! .npz          ├─open, read─► StateDict ──weights(net)──► Loaded { weights, notes }
//! .pt, .pth     │              names → tensors
//! .onnx        ─┘
//! ```
//!
//! Nothing in a file is run, and what is taken of memory stays within a small multiple of it.

mod error;
pub mod safetensors;
mod state_dict;
mod tensor;

use std::path::Path;
use std::sync::Arc;

use convscope_arrays::Arrays;

pub use error::{Misfit, Misshaped, Missing, WeightsError};
pub use state_dict::{Loaded, StateDict};
pub use tensor::Tensor;

/// Finds the tensors of a file, whose format its first bytes tell.
///
/// ```
/// use convscope_model::formats::{read, safetensors};
/// use convscope_model::{Layer, Net, Op, Shape, layer::Linear};
///
/// let layers = vec![Layer::new("fc", Op::Linear(Linear { outputs: 2, bias: true }))];
/// let net = Net::new(Shape::flat(1), layers)?;
/// let bytes = safetensors::write(&net, &[1.0, 2.0, 3.0, 4.0])?;
/// let state_dict = read(&bytes)?;
/// assert_eq!(state_dict.names().collect::<Vec<_>>(), ["fc.bias", "fc.weight"]);
/// assert_eq!(state_dict.weights(&net)?.weights, [1.0, 2.0, 3.0, 4.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`WeightsError::Unknown`] for a file of another format or of arrays without names,
/// [`WeightsError::Format`] for one that is damaged, [`WeightsError::Code`] for one whose tensors
/// only its own program can find.
pub fn read(bytes: &[u8]) -> Result<StateDict<'_>, WeightsError> {
    found(Arrays::read(bytes)?)
}

/// Finds the tensors of a file on the disk, whose numbers stay there until they are asked for; of an
/// ONNX model also those in files beside it.
///
/// # Errors
/// [`WeightsError::File`] from the file system, and as [`read()`].
pub fn open(path: &Path) -> Result<StateDict<'static>, WeightsError> {
    found(Arrays::open(path)?)
}

fn found(arrays: Arrays<'_>) -> Result<StateDict<'_>, WeightsError> {
    if !arrays.format().named {
        return Err(WeightsError::Unknown);
    }
    let arrays = Arc::new(arrays);
    let of = |name: &str| {
        let array = arrays.get(name)?.clone();
        Some((name.to_owned(), Tensor::new(array, Arc::clone(&arrays))))
    };
    let length = arrays.source().length_with_beside();
    let tensors = arrays.names().filter_map(of).collect();
    Ok(StateDict::new(tensors, arrays.notes().to_vec(), length))
}
