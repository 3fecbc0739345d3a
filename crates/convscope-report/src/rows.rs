//! The result of a query.

/// A table: named columns, and rows with one cell for each.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    /// The columns' names.
    pub columns: Vec<String>,
    /// The rows, each as long as `columns`.
    pub rows: Vec<Vec<Cell>>,
}

/// One cell of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing: the number is missing.
    Null,
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Real(f64),
    /// Words.
    Text(String),
}
