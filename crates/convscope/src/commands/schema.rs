//! `convscope schema`

use std::process::ExitCode;

use convscope_core::Entry;
use convscope_data::SOURCES;
use convscope_model::{INITS, NETS};
use convscope_report::MARKS;
use convscope_study::{DataTable, ModelTable, StudyFile};
use convscope_train::Recipe;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::complaint::Complaint;

/// Prints the JSON Schema of study files, draft 7, which editors read.
#[expect(clippy::unnecessary_wraps, reason = "every command has one form")]
pub(crate) fn schema() -> Result<ExitCode, Complaint> {
    let mut generator = SchemaSettings::draft07().into_generator();
    let model = generator.subschema_for::<ModelTable>();
    let data = generator.subschema_for::<DataTable>();
    let recipe = generator.subschema_for::<Recipe>();
    let members = json!({
        "source": members(SOURCES, &mut generator), "net": members(NETS, &mut generator),
        "init": members(INITS, &mut generator), "mark": members(MARKS, &mut generator),
    });
    let mut root = Value::from(generator.into_root_schema_for::<StudyFile>());
    let tables = [("model", Value::from(model)), ("data", Value::from(data)), ("recipe", Value::from(recipe))];
    for (key, schema) in tables {
        root["properties"][key]["additionalProperties"] = with_axes(schema);
    }
    root["definitions"]["members"] = members;
    anstream::println!("{root:#}");
    Ok(ExitCode::SUCCESS)
}

/// Any setting may be an axis instead: `"$name"`.
fn with_axes(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "object" }] })
}

fn members<T: ?Sized>(entries: &[Entry<T>], generator: &mut SchemaGenerator) -> Value {
    entries
        .iter()
        .map(|entry| (entry.id.to_owned(), Value::from((entry.schema)(generator))))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
