//! The table behind a figure.

/// A table of words and written numbers.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Table {
    /// What its cells mean.
    pub(crate) caption: String,
    /// The columns.
    pub(crate) columns: Vec<Column>,
    /// The rows, each as long as `columns`.
    pub(crate) rows: Vec<Vec<String>>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    /// The head.
    pub(crate) name: String,
    /// Whether its cells are numbers, which are set flush right.
    pub(crate) numeric: bool,
}

impl Column {
    /// A column of words.
    pub(crate) fn words(name: impl Into<String>) -> Self {
        Self { name: name.into(), numeric: false }
    }

    /// A column of numbers.
    pub(crate) fn numbers(name: impl Into<String>) -> Self {
        Self { name: name.into(), numeric: true }
    }
}
