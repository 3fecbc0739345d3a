//! Families of named things: one static list each, from which come the names in study files, the
//! suggestions for misspelt ones, `convscope list`, the schema and the tests.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use serde_path_to_error::Track;

/// One member of a family.
///
/// `T` is the family's trait, such as `dyn Source`. A member is a struct of settings, each with a
/// default, that implements the trait.
pub struct Entry<T: ?Sized + 'static> {
    /// The name in study files.
    pub id: &'static str,
    /// One sentence for `convscope list`.
    pub about: &'static str,
    /// Authors, year and identifier, or where it is described.
    pub source: &'static str,
    /// Builds the member from its settings; `{}` means all defaults.
    pub build: fn(Value) -> Result<Box<T>, SettingError>,
    /// Reduces settings to those that differ from their defaults.
    pub canonical: fn(Value) -> Result<Value, SettingError>,
    /// Describes the settings for editors.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

/// What a member's settings must be able to do; every serde struct with defaults has it.
pub trait Settings: Serialize + DeserializeOwned + Default + JsonSchema {}

impl<S: Serialize + DeserializeOwned + Default + JsonSchema> Settings for S {}

/// A setting that cannot be used, and where it stands below the member's table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SettingError {
    /// The keys that lead to the setting.
    pub path: Vec<String>,
    /// What was wanted and what came.
    pub message: String,
    /// The nearest allowed name, where there is one.
    pub nearest: Option<String>,
    /// Whether it is the last key itself that is wrong, not what stands under it.
    pub about_key: bool,
}

impl SettingError {
    /// Puts a key in front of the path: the error as seen from the table above.
    #[must_use]
    pub fn below(mut self, key: &str) -> Self {
        self.path.insert(0, key.to_owned());
        self
    }

    /// States what is wrong with the setting under `key`; an empty key means the whole table.
    pub fn at(key: &str, message: impl Into<String>) -> Self {
        let path = if key.is_empty() { Vec::new() } else { vec![key.to_owned()] };
        Self { path, message: message.into(), nearest: None, about_key: false }
    }
}

/// Reads settings, naming the place of what does not fit.
///
/// # Errors
/// A [`SettingError`] for an unknown key (with the nearest one), a wrong type or a missing value.
pub fn read<S: DeserializeOwned>(settings: Value) -> Result<S, SettingError> {
    let mut track = Track::new();
    let read = erased_serde::deserialize(&mut tracked(settings, &mut track));
    read.map_err(|error| misplaced(&track.path(), &error.to_string()))
}

/// Remembers where in the settings the reader stands.
///
/// Behind a pointer, so that what goes through settings is compiled once and not for each of a hundred kinds.
fn tracked(
    settings: Value,
    track: &mut Track,
) -> Box<dyn erased_serde::Deserializer<'static> + '_> {
    let tracked = serde_path_to_error::Deserializer::new(settings, track);
    Box::new(<dyn erased_serde::Deserializer>::erase(tracked))
}

fn misplaced(path: &serde_path_to_error::Path, message: &str) -> SettingError {
    // A place in a list is written `[1]`; keys are all that the caller needs.
    let plain = |segment: String| segment.trim_matches(['[', ']']).to_owned();
    let path = path.iter().map(|segment| plain(segment.to_string())).collect();
    let nearest = nearest_in_message(message);
    let about_key = message.starts_with("unknown field");
    SettingError { path, message: message.to_owned(), nearest, about_key }
}

/// Reads settings and keeps only those that differ from their defaults.
///
/// Identities are made from the result, so that a new setting whose default is "off" leaves every
/// stored result valid.
///
/// # Errors
/// As [`read`].
pub fn canonical<S: Settings>(settings: Value) -> Result<Value, SettingError> {
    let settings: S = read(settings)?;
    Ok(without_defaults(&settings))
}

/// Returns the fields of `settings` that differ from those of its default.
pub fn without_defaults<S: Serialize + Default>(settings: &S) -> Value {
    let value = |settings: &S| serde_json::to_value(settings).unwrap_or(Value::Null);
    differing(value(settings), &value(&S::default()))
}

fn differing(written: Value, default: &Value) -> Value {
    match (written, default) {
        (Value::Object(written), Value::Object(default)) => Value::Object(
            written
                .into_iter()
                .filter(|(key, value)| default.get(key) != Some(value))
                .collect::<Map<_, _>>(),
        ),
        (written, _) => written,
    }
}

/// A name that no member of a family has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {family} called `{name}`{}", nearest.as_ref().map_or(String::new(), |n| format!("; did you mean `{n}`?")))]
pub struct UnknownName {
    /// What kind of thing was looked for.
    pub family: &'static str,
    /// What was written.
    pub name: String,
    /// The nearest name that exists.
    pub nearest: Option<String>,
}

/// Finds a member by its name.
///
/// # Errors
/// [`UnknownName`] with the nearest name.
pub fn find<'a, T: ?Sized>(
    entries: &'a [Entry<T>],
    family: &'static str,
    name: &str,
) -> Result<&'a Entry<T>, UnknownName> {
    entries.iter().find(|entry| entry.id == name).ok_or_else(|| UnknownName {
        family,
        name: name.to_owned(),
        nearest: nearest(name, entries.iter().map(|entry| entry.id)),
    })
}

/// Builds the member that a study names, and returns its canonical settings with it.
///
/// `written` is a member's name, or a table with one name and its settings: `"adam"` or
/// `{ adam = { lr = 0.002 } }`. The canonical form is always the table.
///
/// # Errors
/// A [`SettingError`] for an unknown name, with the nearest, and for settings that do not fit.
pub fn build<T: ?Sized>(
    entries: &'static [Entry<T>],
    family: &'static str,
    written: &Value,
) -> Result<(Box<T>, Value), SettingError> {
    let only =
        written.as_object().filter(|table| table.len() == 1).and_then(|table| table.iter().next());
    let (name, settings, in_table) = match (written, only) {
        (Value::String(name), _) => (name.as_str(), Value::Object(Map::new()), false),
        (_, Some((name, settings))) => (name.as_str(), settings.clone(), true),
        _ => {
            let message =
                format!("wanted the name of a {family}, or a table with one name and its settings");
            return Err(SettingError::at("", message));
        }
    };
    let placed = |error: SettingError| if in_table { error.below(name) } else { error };
    let entry = find(entries, family, name).map_err(|unknown| {
        let message = format!("there is no {family} called `{name}`");
        let nearest = unknown.nearest;
        placed(SettingError { nearest, about_key: in_table, ..SettingError::at("", message) })
    })?;
    let canonical = (entry.canonical)(settings.clone()).map_err(placed)?;
    let member = (entry.build)(settings).map_err(placed)?;
    Ok((member, Value::Object(Map::from_iter([(name.to_owned(), canonical)]))))
}

/// Describes what [`build`] takes, for editors: a name, or a table of one name and its settings.
pub fn members_schema<T: ?Sized>(entries: &[Entry<T>], generator: &mut SchemaGenerator) -> Schema {
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

/// Returns the candidate nearest to a misspelt name, if one is near enough to suggest.
///
/// ```
/// use convscope_core::registry::nearest;
///
/// assert_eq!(nearest("simpel-cnn", ["simple-cnn", "wider-cnn"]), Some("simple-cnn".into()));
/// assert_eq!(nearest("banana", ["simple-cnn", "wider-cnn"]), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(name.len()).div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate.to_owned())
}

/// Serde lists the allowed names in its message; the nearest of them is the likely meaning.
fn nearest_in_message(message: &str) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let written = quoted.next()?;
    nearest(written, quoted)
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::{canonical, read};

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
    struct Lines {
        per_class: u32,
        width: [u32; 2],
    }

    impl Default for Lines {
        fn default() -> Self {
            Self { per_class: 10, width: [1, 4] }
        }
    }

    #[test]
    fn a_misspelt_key_is_placed_and_corrected() {
        let error = read::<Lines>(json!({ "per-clas": 3 })).unwrap_err();
        assert_eq!(error.nearest.as_deref(), Some("per-class"));
        assert_eq!(error.path, ["per-clas"]);
    }

    #[test]
    fn a_wrong_type_is_placed() {
        let error = read::<Lines>(json!({ "width": [1, "a"] })).unwrap_err();
        assert_eq!(error.path, ["width", "1"]);
    }

    #[test]
    fn defaults_do_not_count() {
        let kept = canonical::<Lines>(json!({ "per-class": 10, "width": [1, 3] })).unwrap();
        assert_eq!(kept, json!({ "width": [1, 3] }));
    }
}
