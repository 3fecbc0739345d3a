//! The page and the static figures, from a handful of fixed numbers.

#![allow(clippy::unwrap_used, reason = "a test that finds nothing must fail")]

mod fixed;
mod page;
mod pictures;
mod settings;
