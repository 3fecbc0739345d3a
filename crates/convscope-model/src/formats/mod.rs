//! Weights in files.
//!
//! [`read()`] takes what others save and `convscope-arrays` finds, [`safetensors::write`] is what is written here.
//!
//! ```text
//! .safetensors ─┐
//! .npz          ├─read──► StateDict ──weights(net)──► Loaded { weights, notes }
//! .pt, .pth    ─┘         names → tensors
//! ```
//!
//! Nothing in a file is run, and what is taken of memory stays within a small multiple of it.

mod error;
pub mod safetensors;
mod state_dict;
mod tensor;

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
    let arrays = Arrays::read(bytes)?;
    if !arrays.format().named {
        return Err(WeightsError::Unknown);
    }
    let tensor =
        |name: &str| Some((name.to_owned(), Tensor::new(arrays.get(name)?.clone(), bytes)));
    Ok(StateDict::new(arrays.names().filter_map(tensor).collect(), arrays.notes().to_vec()))
}
