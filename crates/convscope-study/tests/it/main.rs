//! What the crate promises of whole runs.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod constraints;
mod devices;
mod edits;
mod fake;
mod file_starts;
mod interrupted;
mod populations;
mod snapping;
