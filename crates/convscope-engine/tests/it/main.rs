//! The engine's promises.

mod agreement;
mod differences;
mod nets;
