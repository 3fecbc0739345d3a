//! The answer to a query.

use std::fmt::Write;

use serde_json::{Map, Number};

/// A table: named columns, and rows with one cell for each.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    /// The columns' names, all different.
    pub columns: Vec<String>,
    /// The rows, each as long as `columns`.
    pub rows: Vec<Vec<Cell>>,
}

/// One cell of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing: there is no value.
    Null,
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Real(f64),
    /// Words.
    Text(String),
}

impl Rows {
    /// Returns an array with one object for each row, keys in the order of the columns.
    ///
    /// ```
    /// use convscope_store::{Cell, Rows};
    ///
    /// let rows = Rows {
    ///     columns: vec!["model".into(), "value".into()],
    ///     rows: vec![vec![Cell::Text("cnn".into()), Cell::Real(0.5)]],
    /// };
    /// assert_eq!(rows.to_json().to_string(), r#"[{"model":"cnn","value":0.5}]"#);
    /// assert_eq!(rows.to_csv(), "model,value\ncnn,0.5\n");
    /// assert_eq!(rows.to_text(), "model  value\ncnn      0.5\n");
    /// ```
    pub fn to_json(&self) -> serde_json::Value {
        let object = |row: &Vec<Cell>| {
            let fields = self.columns.iter().cloned().zip(row.iter().map(Cell::to_json));
            serde_json::Value::Object(fields.collect::<Map<_, _>>())
        };
        serde_json::Value::Array(self.rows.iter().map(object).collect())
    }

    /// Returns comma-separated values with a header (RFC 4180, lines end with a line feed).
    ///
    /// Numbers are written so that reading them gives the same bits; nothing is an empty field.
    pub fn to_csv(&self) -> String {
        let mut csv = String::new();
        push_csv_line(&mut csv, self.columns.iter().map(|column| quoted(column)));
        for row in &self.rows {
            push_csv_line(&mut csv, row.iter().map(|cell| quoted(&cell.exactly())));
        }
        csv
    }

    /// Returns aligned columns for a terminal: numbers to the right, with at most six significant
    /// digits, nothing as `-`.
    pub fn to_text(&self) -> String {
        let cells: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(Cell::briefly).collect()).collect();
        let width = |column: usize| {
            let header = std::iter::once(&self.columns[column]);
            let lengths = header.chain(cells.iter().map(|row| &row[column]));
            lengths.map(|text| text.chars().count()).max().unwrap_or(0)
        };
        let to_the_right = |column: usize| {
            let mut texts = self.rows.iter().map(|row| &row[column]);
            texts.all(|cell| !matches!(cell, Cell::Text(_))) && !self.rows.is_empty()
        };
        let aligned: Vec<_> =
            (0..self.columns.len()).map(|column| (width(column), to_the_right(column))).collect();
        let mut text = String::new();
        for row in std::iter::once(&self.columns).chain(&cells) {
            push_text_line(&mut text, row, &aligned);
        }
        text
    }
}

impl Cell {
    /// Returns the number, whole or not.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(whole) => Some(*whole as f64),
            Self::Real(real) => Some(*real),
            Self::Null | Self::Text(_) => None,
        }
    }

    /// Returns the words.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Integer(_) | Self::Real(_) => None,
        }
    }

    fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Integer(whole) => (*whole).into(),
            Self::Real(real) => Number::from_f64(*real).into(),
            Self::Text(text) => text.as_str().into(),
        }
    }

    fn exactly(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Integer(whole) => whole.to_string(),
            Self::Real(real) => format!("{real:?}"),
            Self::Text(text) => text.clone(),
        }
    }

    fn briefly(&self) -> String {
        match self {
            Self::Null => "-".into(),
            Self::Real(real) => six_digits(*real),
            Self::Integer(_) | Self::Text(_) => self.exactly(),
        }
    }
}

fn six_digits(real: f64) -> String {
    let digits = format!("{real:.5e}");
    let rounded: f64 = digits.parse().unwrap_or(real);
    if rounded == 0.0 || (1e-4..1e9).contains(&rounded.abs()) {
        format!("{rounded}")
    } else {
        format!("{rounded:e}")
    }
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

fn push_csv_line(csv: &mut String, fields: impl Iterator<Item = String>) {
    csv.push_str(&fields.collect::<Vec<_>>().join(","));
    csv.push('\n');
}

fn push_text_line(text: &mut String, row: &[String], aligned: &[(usize, bool)]) {
    let start = text.len();
    for (cell, (width, to_the_right)) in row.iter().zip(aligned) {
        let padding = " ".repeat(width - cell.chars().count());
        let gap = if text.len() == start { "" } else { "  " };
        let (before, after) =
            if *to_the_right { (padding, String::new()) } else { (String::new(), padding) };
        write!(text, "{gap}{before}{cell}{after}").expect("a string takes all that is written");
    }
    text.truncate(start + text[start..].trim_end().len());
    text.push('\n');
}
