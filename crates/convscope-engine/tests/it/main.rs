//! The engine's promises.

mod differences;
mod nets;
