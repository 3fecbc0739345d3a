//! What the probes promise.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod catalogue;
mod chance;
mod probes;
mod singular;
