//! Means over replicates for each category, with intervals.

use convscope_core::{Entry, registry};
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::Mark;

pub(super) const ENTRY: Entry<dyn Mark> = Entry {
    id: "interval",
    about: "means of categories with 95 % intervals over the replicates",
    source: "Student 1908",
    build: |settings| Ok(Box::new(registry::read::<Interval>(settings)?)),
    canonical: registry::canonical::<Interval>,
    schema: SchemaGenerator::subschema_for::<Interval>,
};

/// Means over replicates for each category, with 95 % intervals and the single replicates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Interval {
    /// The column of the categories.
    pub x: String,
    /// The column that is averaged.
    pub y: String,
    /// The column whose values are told apart by colour and symbol.
    pub color: Option<String>,
}

impl Default for Interval {
    fn default() -> Self {
        Self { x: "model".into(), y: "value".into(), color: None }
    }
}

impl Mark for Interval {
    fn columns(&self) -> Vec<&str> {
        [Some(&self.x), Some(&self.y), self.color.as_ref()]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect()
    }
}
