//! How a net is computed.

mod executor;
mod level;
pub mod reference;
pub mod update;

pub use executor::{BatchScore, Executor, Samples};
pub use level::Level;
