//! Weights in files, one file for each format.

pub mod safetensors;
