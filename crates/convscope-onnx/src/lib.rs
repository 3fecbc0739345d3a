//! Values within ONNX models, captured on given samples; and which arrays are kernels.
//!
//! ```text
//! model.onnx ─► Outline: inputs, values ─► Network ─┐
//!                                                   ├─ capture, a batch at a time ─► safetensors
//! x.npz ─► Samples: batches, ids ───────────────────┘
//! ```
//!
//! A model is a list of nodes, each of which computes values from values before it. [`Outline`] says
//! which there are, [`Network`] computes some of them, and [`capture()`] keeps them for all samples.
//! Models are run by `rten` as they are written: graphs are not optimised, because what an optimiser
//! puts together is no longer there to be captured. They are run node by node: a small file may ask for
//! values of any size, so what a node wants is held against a limit before it is run.
//!
//! [`Convolutions`] says which arrays of a model its convolutions use as kernels, and how.
//!
//! ```
//! use convscope_arrays::Arrays;
//! use convscope_onnx::{Network, Samples, Settings, capture};
//!
//! let golden = std::path::Path::new("../../golden/onnx_models");
//! let network = Network::open(&golden.join("lenet.onnx"), 1)?;
//! let first = &network.outline().values[0];
//! assert_eq!((first.name.as_str(), first.op.as_str()), ("conv2d", "Conv"));
//!
//! let samples = Samples::open(&[golden.join("lenet-inputs.npz")], &network)?;
//! let folder = tempfile::tempdir()?;
//! let out = folder.path().join("acts.safetensors");
//! let captured = capture(&network, &samples, &["relu*".into()], &Settings::default(), &out)?;
//! assert_eq!(captured.layers[0].dimensions, [7, 2, 8, 8]);
//! assert_eq!(Arrays::open(&out)?.names().count(), 4);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bare;
mod capture;
mod convolutions;
mod error;
mod graph;
mod network;
mod normalisation;
mod outline;
mod running;
mod samples;
mod session;
mod wants;

pub use capture::{Captured, Layer, Settings, capture};
pub use convolutions::{Convolutions, Use};
pub use error::CaptureError;
pub use network::{Batch, Computed, Network, Numbers};
pub use normalisation::Normalisation;
pub use outline::{Form, Outline, Port, Size, Value};
pub use samples::Samples;
