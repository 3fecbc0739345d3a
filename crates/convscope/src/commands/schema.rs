//! `convscope schema`

use std::process::ExitCode;

use convscope_core::registry::members_schema;
use convscope_data::{SOURCES, TRANSFORMS};
use convscope_edit::EDITS;
use convscope_model::{INITS, NETS};
use convscope_report::MARKS;
use convscope_study::{DataTable, MeasureTable, ModelTable, StudyFile};
use convscope_train::{Constraints, Recipe};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::complaint::Complaint;

/// Prints the JSON Schema of study files, draft 7, which editors read.
#[expect(clippy::unnecessary_wraps, reason = "every command has one form")]
pub(crate) fn schema() -> Result<ExitCode, Complaint> {
    let mut generator = SchemaSettings::draft07().into_generator();
    let mut model = Value::from(ModelTable::json_schema(&mut generator));
    let mut data = Value::from(DataTable::json_schema(&mut generator));
    let recipe = Value::from(Recipe::json_schema(&mut generator));
    let measure = Value::from(MeasureTable::json_schema(&mut generator));
    let [net, init, edit, source, transform, mark] = [
        members_schema(NETS, &mut generator),
        members_schema(INITS, &mut generator),
        members_schema(EDITS, &mut generator),
        members_schema(SOURCES, &mut generator),
        members_schema(TRANSFORMS, &mut generator),
        members_schema(MARKS, &mut generator),
    ]
    .map(|schema| or_axis(&schema));
    let list = json!({ "type": "array", "description": "a net of one's own, layer by layer" });
    model["properties"]["net"] = json!({ "anyOf": [net, list] });
    model["properties"]["init"] = init;
    model["properties"]["edit"]["items"] = edit;
    let mut constraint = Value::from(Constraints::json_schema(&mut generator));
    constraint["properties"]["to"]["anyOf"]
        .as_array_mut()
        .expect("a form is one of several")
        .push(json!({ "type": "string", "pattern": "^\\$" }));
    model["properties"]["constrain"]["items"] = constraint;
    data["properties"]["source"] = source;
    data["properties"]["transform"]["items"] = transform;
    let mut root = Value::from(generator.into_root_schema_for::<StudyFile>());
    let tables = [("model", model), ("data", data), ("recipe", recipe), ("measure", measure)];
    for (key, schema) in tables {
        root["properties"][key]["additionalProperties"] = schema;
    }
    root["definitions"]["Show"]["properties"]["mark"] = mark;
    anstream::println!("{root:#}");
    Ok(ExitCode::SUCCESS)
}

/// Where a member may stand, an axis may: `"$name"`.
fn or_axis(schema: &schemars::Schema) -> Value {
    json!({ "anyOf": [schema, { "type": "string", "pattern": "^\\$" }] })
}
