//! How a net is computed.
#![allow(
    clippy::inline_always,
    clippy::needless_range_loop,
    reason = "loops must be compiled with the instructions of the level that calls them, and those \
              over registers are indexed"
)]

mod executor;
mod level;
mod passes;
pub mod peak;
mod plan;
pub mod reference;
mod simd;
mod steps;
mod tensor;
pub mod update;

pub use executor::{Executor, Samples};
pub use level::Level;
pub use steps::BatchScore;
