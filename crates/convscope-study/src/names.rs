//! Members of families as studies write them: a name, or a table with one name and its settings.

use convscope_core::Entry;
use convscope_core::registry::{SettingError, find};
use serde_json::{Value, json};

use crate::error::unknown;

/// Builds the member that `value` names, and returns its canonical settings with it.
pub(crate) fn build<T: ?Sized>(
    entries: &'static [Entry<T>],
    family: &'static str,
    value: &Value,
) -> Result<(Box<T>, Value), SettingError> {
    let (name, settings) = match value {
        Value::String(name) => (name.as_str(), json!({})),
        Value::Object(table) if table.len() == 1 => {
            let (name, settings) = table.iter().next().expect("there is one");
            (name.as_str(), settings.clone())
        }
        _ => {
            let message = format!("wanted a {family}'s name, or a table with one name and its settings");
            return Err(SettingError::at("", message));
        }
    };
    let in_table = value.is_object();
    let placed = |error: SettingError| if in_table { error.below(name) } else { error };
    let entry = find(entries, family, name).map_err(|error| {
        placed(SettingError { about_key: in_table, ..unknown(error) })
    })?;
    let canonical = (entry.canonical)(settings.clone()).map_err(placed)?;
    let member = (entry.build)(settings).map_err(placed)?;
    Ok((member, json!({ name: canonical })))
}
