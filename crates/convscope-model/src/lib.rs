//! The shape of networks: layers, nets, their parameters and how they start.
//!
//! A [`Net`] is data, a list of named layers for one input shape. It comes from an
//! [`Architecture`]: one of [`NETS`], or a [`ListedNet`] that a user wrote. From it come output
//! shapes, parameter names and counts, and, by one of [`INITS`] or from a file
//! ([`formats`]), weights. How a layer is computed is known only to the engine.
//!
//! ```text
//! Architecture ──(image shape, classes)──► Net ──(Init, seed)──► weights ──► safetensors
//!                                           └──(StateDict)──────┘
//! ```

pub mod formats;
pub mod freeze;
mod geometry;
mod inits;
pub mod layer;
mod listed;
mod net;
mod nets;
pub mod part;
mod recognise;
mod symmetry;

pub use convscope_core::Shape;
pub use inits::{INITS, Init, InitError};
pub use layer::{Layer, Op};
pub use listed::ListedNet;
pub use net::{Net, NetError, Parameter, Role, Source};
pub use nets::{Architecture, NETS};
pub use part::Part;
pub use recognise::{Dimensions, Recognised, fitted, recognise};
pub use symmetry::{Order, Symmetry};
