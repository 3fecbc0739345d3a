//! How a net is computed by [Burn](https://burn.dev): on GPUs, and on processors as an oracle.
//!
//! The same [`Net`](convscope_model::Net) that `convscope-engine` computes is interpreted over
//! tensors, whose gradients Burn derives. Everything here is a [`Population`] of models of one net,
//! each with its own weights, samples and draws; one model is a population of one:
//!
//! ```text
//! images   batch × (members · channels) × rows × columns    convolutions in groups of members
//! flat     members × batch × features                       one product for all members
//! numbers  members × count, a tensor for each of the net's
//! ```
//!
//! [`device()`] finds a device by its name, if the crate was built for it: features `cuda`, `wgpu`
//! and `flex` (Burn's processor backend, for tests). [`train()`] trains a population with its
//! weights on the device; an [`Executor`] computes for a loop elsewhere; a [`DeviceTrainer`] chooses
//! between them.
//!
//! Results agree with the engine's to rounding, not to the bit: sums have another order here.

mod descent;
mod device;
mod error;
mod executor;
mod forward;
mod layers;
mod learning;
mod numbers;
mod population;
mod train;
mod trainer;

pub use device::{DeviceError, KINDS, Kind, device};
pub use executor::Executor;
pub use population::{Lesson, Population, Precision};
pub use train::{PopulationError, train};
pub use trainer::DeviceTrainer;
