//! The family of marks: how the rows of a query become a chart.

mod interval;
mod line;
mod matrix;

use std::fmt;

use convscope_core::Entry;

pub use self::{interval::Interval, line::Line, matrix::Matrix};

/// Every mark that a study can name.
pub static MARKS: &[Entry<dyn Mark>] = &[line::ENTRY, interval::ENTRY, matrix::ENTRY];

/// A way of drawing rows.
pub trait Mark: fmt::Debug + Send + Sync {
    /// Returns the columns that it reads, so that a study can be checked before anything runs.
    fn columns(&self) -> Vec<&str>;
}
