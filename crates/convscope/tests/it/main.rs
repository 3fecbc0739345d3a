//! What a user meets: commands as they are typed, studies as they are written.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bad_input;
mod built_in;
mod capture;
mod commands;
mod compare;
mod data;
#[cfg(feature = "flex")]
mod devices;
mod file_starts;
mod kernels;
#[path = "../../../convscope-measure/tests/it/numpy.rs"]
mod numpy;
mod order;
mod resume;
mod scan;
mod similarity;
mod snap;
mod typed;
