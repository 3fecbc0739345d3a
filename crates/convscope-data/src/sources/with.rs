//! Settings of a source of its own beside those that all sets in files share.

use convscope_core::SettingError;
use convscope_core::registry::{self, Settings, nearest};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::choice::Choice;

/// Settings of one kind of set, and which of its images are chosen, in one table.
///
/// Serde cannot refuse what it does not know in a table that is read as two.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct With<Own> {
    #[serde(flatten)]
    pub(super) own: Own,
    #[serde(flatten)]
    pub(super) choice: Choice,
}

impl<Own: Settings> With<Own> {
    pub(super) fn read(settings: Value) -> Result<Self, SettingError> {
        let keys = |settings: Value| -> Vec<String> {
            settings.as_object().into_iter().flat_map(|table| table.keys().cloned()).collect()
        };
        let default = |own: &Own| serde_json::to_value(own).unwrap_or_default();
        let own_keys = keys(default(&Own::default()));
        let Value::Object(table) = settings else { return registry::read(settings).map(Self::of) };
        let (own, others): (Vec<_>, Vec<_>) =
            table.into_iter().partition(|(key, _)| own_keys.contains(key));
        let own = registry::read(Value::Object(own.into_iter().collect()))?;
        let choice = registry::read(Value::Object(others.into_iter().collect()));
        let choice = choice.map_err(|mut error: SettingError| {
            if error.about_key && error.path.len() == 1 {
                let mut all = own_keys.clone();
                all.extend(keys(serde_json::to_value(Choice::default()).unwrap_or_default()));
                error.nearest = nearest(&error.path[0], all.iter().map(String::as_str));
                let all: Vec<String> = all.iter().map(|key| format!("`{key}`")).collect();
                error.message = format!(
                    "unknown field `{}`, expected one of {}",
                    error.path[0],
                    all.join(", ")
                );
            }
            error
        })?;
        Ok(Self { own, choice })
    }

    pub(super) fn canonical(settings: Value) -> Result<Value, SettingError> {
        Self::read(settings).map(|settings| registry::without_defaults(&settings))
    }

    fn of(own: Own) -> Self {
        Self { own, choice: Choice::default() }
    }
}
