//! Values within ONNX models, captured on given samples.
//!
//! ```text
//! model.onnx ─► Outline: inputs, values ─► Network ─┐
//!                                                   ├─ capture, a batch at a time ─► safetensors
//! x.npz ─► Samples: batches, ids ───────────────────┘
//! ```
//!
//! A model is a list of nodes, each of which computes values from values before it. [`Outline`] says
//! which there are, [`Network`] computes some of them, and [`capture`] keeps them for all samples.
//! Models are run by `rten` as they are written: graphs are not optimised, because what an optimiser
//! puts together is no longer there to be captured.

mod capture;
mod error;
mod network;
mod normalisation;
mod outline;
mod samples;

pub use capture::{Captured, Layer, Settings, capture};
pub use error::CaptureError;
pub use network::{Batch, Computed, Network, Numbers};
pub use normalisation::Normalisation;
pub use outline::{Form, Outline, Port, Size, Value};
pub use samples::Samples;
