//! What a list of layers may hold, described for editors.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::kinds::{CLASSES, KINDS, Kind, RESIDUAL};

/// Returns the schema of a list of layers.
pub(super) fn of_list(generator: &mut SchemaGenerator) -> Schema {
    let bare: Vec<&str> =
        KINDS.iter().filter(|kind| kind.needed.is_empty()).map(|kind| kind.id).collect();
    let mut layers = vec![json!({ "enum": bare })];
    layers.extend(KINDS.iter().map(|kind| of_kind(kind, generator)));
    layers.push(of_residual());
    json_schema!({
        "description": "A net as a list of layers.",
        "type": "array",
        "minItems": 1,
        "items": { "anyOf": layers },
    })
}

fn of_kind(kind: &Kind, generator: &mut SchemaGenerator) -> Value {
    let mut settings = (kind.schema)(generator).to_value();
    let properties = &mut settings["properties"];
    properties["name"] = json!({ "description": "The layer's name.", "type": "string" });
    properties["from"] = json!({
        "description": "The earlier layer that it takes its input from.",
        "type": "string",
    });
    if properties.get("outputs").is_some() {
        properties["outputs"] = json!({
            "description": "Count of outputs, or the number of classes.",
            "anyOf": [{ "type": "integer", "minimum": 1 }, { "const": CLASSES }],
        });
    }
    if !kind.needed.is_empty() {
        settings["required"] = json!(kind.needed);
    }
    let written = match kind.short {
        None => settings,
        Some(short) => json!({ "anyOf": [settings["properties"][short], settings] }),
    };
    json!({
        "type": "object",
        "properties": { kind.id: written },
        "required": [kind.id],
        "additionalProperties": false,
    })
}

fn of_residual() -> Value {
    let list = |about: &str| json!({ "description": about, "type": "array", "minItems": 1 });
    let settings = json!({
        "type": "object",
        "properties": {
            "body": list("The layers whose values are added to what came in."),
            "shortcut": list("The layers that what came in passes before it is added."),
            "name": { "description": "The name of the sum.", "type": "string" },
        },
        "required": ["body"],
        "additionalProperties": false,
    });
    json!({
        "type": "object",
        "properties": { RESIDUAL: settings },
        "required": [RESIDUAL],
        "additionalProperties": false,
    })
}
