//! Means over replicates in a matrix, such as a confusion matrix.

use convscope_core::{Entry, registry};
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::Mark;

pub(super) const ENTRY: Entry<dyn Mark> = Entry {
    id: "matrix",
    about: "means of rows by columns, with the numbers in the cells",
    source: "textbook",
    build: |settings| Ok(Box::new(registry::read::<Matrix>(settings)?)),
    canonical: registry::canonical::<Matrix>,
    schema: SchemaGenerator::subschema_for::<Matrix>,
};

/// Means over replicates in a matrix, with the numbers in the cells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Matrix {
    /// The column that names the matrix's rows.
    pub row: String,
    /// The column that names the matrix's columns.
    pub column: String,
    /// The column that is averaged.
    pub value: String,
    /// The column whose values have a matrix each.
    pub facet: Option<String>,
}

impl Default for Matrix {
    fn default() -> Self {
        Self {
            row: "row".into(),
            column: "column".into(),
            value: "count".into(),
            facet: Some("model".into()),
        }
    }
}

impl Mark for Matrix {
    fn columns(&self) -> Vec<&str> {
        let facet = self.facet.as_deref();
        [&self.row, &self.column, &self.value]
            .into_iter()
            .map(String::as_str)
            .chain(facet)
            .collect()
    }
}
