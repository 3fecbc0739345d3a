//! The page and the static figures, from a handful of fixed numbers.

mod fixed;
mod page;
mod pictures;
mod settings;
