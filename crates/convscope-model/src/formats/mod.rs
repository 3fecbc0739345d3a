//! Weights in files, one file for each format.
//!
//! [`read()`] takes what others save, [`safetensors::write`] is what is written here.
//!
//! ```text
//! .safetensors ─┐
//! .npz          ├─read──► StateDict ──weights(net)──► Loaded { weights, notes }
//! .pt, .pth    ─┘         names → tensors
//! ```
//!
//! Files come from anywhere. Nothing in them is run, no size that they state is believed before it
//! has been held against the file's own, and what is taken of memory stays within a small multiple
//! of the file.

mod archive;
mod bytes;
mod error;
mod kind;
mod npz;
mod pickle;
mod pytorch;
pub mod safetensors;
mod state_dict;
mod tensor;

pub use error::{Misfit, Misshaped, Missing, WeightsError};
pub use state_dict::{Loaded, StateDict};
pub use tensor::Tensor;

/// A kind of file that weights are read from.
pub struct Format {
    /// Its name for a reader.
    pub name: &'static str,
    /// What its files are usually called.
    pub extensions: &'static [&'static str],
    /// Whether bytes begin as its files do.
    begins: fn(&[u8]) -> bool,
    /// Finds the tensors.
    read: fn(&[u8]) -> Result<StateDict<'_>, WeightsError>,
}

/// Every format that is read.
pub static FORMATS: &[Format] =
    &[pytorch::ARCHIVE, npz::FORMAT, pytorch::LEGACY, safetensors::FORMAT];

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
/// [`WeightsError::Unknown`] for a file of another format, [`WeightsError::Format`] for one that is
/// damaged, [`WeightsError::Code`] for one whose tensors only its own program can find.
pub fn read(bytes: &[u8]) -> Result<StateDict<'_>, WeightsError> {
    match FORMATS.iter().find(|format| (format.begins)(bytes)) {
        Some(format) => (format.read)(bytes),
        None => Err(WeightsError::Unknown),
    }
}
