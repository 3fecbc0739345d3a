//! The family of marks: how the rows of a query become a chart.

mod curves;
mod interval;
mod line;
mod matrix;
mod scale;
pub(crate) mod spec;

use std::fmt;

use convscope_core::Entry;
use serde_json::Value;

pub use self::{interval::Interval, line::Line, matrix::Matrix, scale::Scale};
use crate::{
    figure::{Chart, FigureError},
    table::Table,
};

/// Every mark that a study can name.
pub static MARKS: &[Entry<dyn Mark>] = &[line::ENTRY, interval::ENTRY, matrix::ENTRY];

/// A way of drawing rows.
pub trait Mark: fmt::Debug + Send + Sync {
    /// Returns the columns that it reads, so that a study can be checked before anything runs.
    fn columns(&self) -> Vec<&str>;

    /// Averages the rows of a chart over the replicates and says how the result is drawn.
    ///
    /// # Errors
    /// When a column is missing, holds words for numbers, or when there is nothing to draw.
    fn draw(&self, chart: &Chart) -> Result<Drawing, FigureError>;
}

/// A chart after averaging.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// The Vega-Lite specification, without its rows; colours are names such as `@series-0`.
    pub(crate) spec: Value,
    /// The averaged rows.
    pub(crate) averages: Averages,
    /// The same for readers.
    pub(crate) table: Table,
    /// What the averaging did that the reader must know, a sentence each.
    pub(crate) notes: Vec<String>,
}

/// Averaged rows, as they are embedded in a page.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Averages {
    /// The field's name in the specification, and what it means.
    pub(crate) fields: Vec<(&'static str, String)>,
    /// One value for each field.
    pub(crate) rows: Vec<Vec<Value>>,
}
