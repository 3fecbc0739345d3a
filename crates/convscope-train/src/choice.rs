//! The schema of a member of a family inside a recipe.

use convscope_core::Entry;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::json;

/// Describes what [`convscope_core::registry::build`] takes, for editors.
pub(crate) fn schema<T: ?Sized>(
    entries: &'static [Entry<T>],
    generator: &mut SchemaGenerator,
) -> Schema {
    let ids: Vec<&str> = entries.iter().map(|entry| entry.id).collect();
    let mut ways = vec![json!({ "enum": ids })];
    ways.extend(entries.iter().map(|entry| {
        json!({
            "type": "object",
            "description": entry.about,
            "properties": { entry.id: (entry.schema)(generator) },
            "required": [entry.id],
            "additionalProperties": false,
        })
    }));
    json_schema!({ "anyOf": ways })
}
