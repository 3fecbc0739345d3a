//! The shape of networks: layers, nets, their parameters and how they start.
//!
//! A [`Net`] is data, a list of named layers for one input shape. From it come output shapes,
//! parameter names and counts, and initial weights. How a layer is computed is known only to the
//! engine.

pub mod layer;
mod net;

pub use convscope_core::Shape;
pub use layer::{Layer, Op};
pub use net::{Net, NetError, Parameter, Role};
