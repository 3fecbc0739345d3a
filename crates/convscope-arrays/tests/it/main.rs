//! What is found in files, and what is not believed of them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod beside;
#[path = "../../examples/fuzz/corpus.rs"]
mod corpus;
mod damage;
mod files;
mod ids;
#[path = "../../examples/fuzz/make.rs"]
mod make;
#[path = "../../examples/fuzz/mutate.rs"]
mod mutate;
mod onnx;
#[path = "../../examples/fuzz/property.rs"]
mod property;
mod refusals;
mod written;

use make::{bytes_of, npy, npz, safetensors};
