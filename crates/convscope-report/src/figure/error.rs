//! What can be wrong with a figure.

/// Why a figure cannot be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FigureError {
    /// The mark names a column that the query does not return.
    #[error("the mark reads column `{wanted}`, the query returns {have}{}", nearest.as_ref().map_or(String::new(), |n| format!("; did you mean `{n}`?")))]
    NoColumn {
        /// The column that the mark reads.
        wanted: String,
        /// The columns that came.
        have: String,
        /// The nearest of them.
        nearest: Option<String>,
    },
    /// The query returned nothing.
    #[error("nothing to show yet: the query returns no rows")]
    NoRows,
    /// The query returned rows, but no number.
    #[error("nothing to show yet: column `{column}` has no number in any of {rows} rows")]
    NoNumbers {
        /// The column that should have numbers.
        column: String,
        /// How many rows came.
        rows: usize,
    },
    /// Words where a number is needed.
    #[error("column `{column}` must hold numbers, but holds `{text}`")]
    NotANumber {
        /// The column.
        column: String,
        /// What it holds.
        text: String,
    },
    /// A logarithmic axis with numbers that have no logarithm.
    #[error(
        "column `{column}` goes down to {least}, a logarithmic axis needs more than 0; take a linear one"
    )]
    NotPositive {
        /// The column.
        column: String,
        /// The least number.
        least: String,
    },
    /// A picture whose numbers do not fill its shape.
    #[error("{what} needs {wanted} numbers, but has {came}")]
    Shape {
        /// Which kernels or image.
        what: String,
        /// Numbers that its shape asks for.
        wanted: usize,
        /// Numbers that came.
        came: usize,
    },
    /// Kernels and samples are not charts.
    #[error("`{id}` is a picture, not a chart: it has no Vega-Lite form; take SVG or PNG")]
    NotAChart {
        /// The figure.
        id: String,
    },
    /// Heat maps, listings, cards, histograms and bars are parts of the page.
    #[error("`{id}` is a part of the page and has no SVG or PNG form; take CSV")]
    NotAPicture {
        /// The figure.
        id: String,
    },
    /// The chart library refused the chart.
    #[error("the chart library says: {0}")]
    Script(String),
    /// The picture could not be painted.
    #[error("the picture cannot be painted: {0}")]
    Paint(String),
}
