//! The result of a query, as the store gives it.

pub use convscope_store::{Cell, Rows};
