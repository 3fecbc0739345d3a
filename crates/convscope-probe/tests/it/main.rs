//! What the probes promise.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod catalogue;
mod chance;
mod detection;
mod gabor;
mod golden;
mod layers;
mod own_numbers;
mod probes;
mod scan;
mod singular;
