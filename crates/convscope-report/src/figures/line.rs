//! Means over replicates along a numeric axis, with bands.

use convscope_core::{Entry, registry};
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::Mark;

pub(super) const ENTRY: Entry<dyn Mark> = Entry {
    id: "line",
    about: "means along a numeric axis with 95 % bands over the replicates",
    source: "Student 1908",
    build: |settings| Ok(Box::new(registry::read::<Line>(settings)?)),
    canonical: registry::canonical::<Line>,
    schema: SchemaGenerator::subschema_for::<Line>,
};

/// Means over replicates along a numeric axis, with 95 % bands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Line {
    /// The numeric column along the axis.
    pub x: String,
    /// The column that is averaged.
    pub y: String,
    /// The column whose values are told apart by colour and symbol.
    pub color: Option<String>,
}

impl Default for Line {
    fn default() -> Self {
        Self { x: "epoch".into(), y: "value".into(), color: Some("model".into()) }
    }
}

impl Mark for Line {
    fn columns(&self) -> Vec<&str> {
        [Some(&self.x), Some(&self.y), self.color.as_ref()]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect()
    }
}
