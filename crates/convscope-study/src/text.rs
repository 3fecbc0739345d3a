//! A study as text: its values, and where each of them stands.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Place, StudyError};

/// A parsed study file with overrides applied.
#[derive(Debug, Clone)]
pub struct Text {
    /// The text as written.
    pub written: String,
    /// Its values, in the order of the file.
    pub(crate) values: Value,
    spans: BTreeMap<Vec<String>, Span>,
    overridden: BTreeMap<Vec<String>, String>,
}

#[derive(Debug, Clone)]
struct Span {
    key: Range<usize>,
    value: Range<usize>,
}

impl Text {
    /// Parses a study file.
    ///
    /// # Errors
    /// [`StudyError`] at the place where the text is not TOML.
    pub fn parse(written: &str) -> Result<Self, StudyError> {
        let table = DeTable::parse(written).map_err(|error| StudyError {
            message: error.message().to_owned(),
            help: Some("study files are TOML; see https://toml.io".into()),
            place: error.span().map_or(Place::Whole, Place::Bytes),
        })?;
        let mut spans = BTreeMap::new();
        let values = read_table(table.get_ref(), &mut Vec::new(), &mut spans)?;
        Ok(Self { written: written.to_owned(), values, spans, overridden: BTreeMap::new() })
    }

    /// Puts `key.key=value` in the place of what is written; the value is TOML, or else a string.
    ///
    /// # Errors
    /// [`StudyError`] when there is no `=`, or a key leads through something that is not a table.
    pub fn set(&mut self, assignment: &str) -> Result<(), StudyError> {
        let wrong = |message: String| StudyError {
            message,
            help: Some("write overrides as `seeds=3` or `recipe.default.epochs=2`".into()),
            place: Place::Override(assignment.to_owned()),
        };
        let Some((keys, value)) = assignment.split_once('=') else {
            return Err(wrong(format!("`{assignment}` has no `=`")));
        };
        let path: Vec<String> = keys.trim().split('.').map(str::to_owned).collect();
        let value = override_value(value.trim()).map_err(&wrong)?;
        let (last, tables) = path.split_last().unwrap_or((&path[0], &[]));
        let mut table = &mut self.values;
        for key in tables {
            table = table
                .as_object_mut()
                .map(|entries| entries.entry(key.as_str()).or_insert_with(|| Map::new().into()))
                .ok_or_else(|| {
                    wrong(format!("`{key}` lies below something that is not a table"))
                })?;
        }
        let entries =
            table.as_object_mut().ok_or_else(|| wrong(format!("`{keys}` is not in a table")))?;
        entries.insert(last.clone(), value);
        // What stood there is no longer what is meant.
        self.spans.retain(|written, _| !written.starts_with(&path));
        self.overridden.retain(|earlier, _| !earlier.starts_with(&path));
        self.overridden.insert(path, assignment.to_owned());
        Ok(())
    }

    /// Returns the values, overrides included.
    pub fn values(&self) -> &Value {
        &self.values
    }

    /// Returns whether something below a key was put in the place of what is written.
    pub(crate) fn is_overridden(&self, key: &str) -> bool {
        self.overridden.keys().any(|path| path.first().is_some_and(|first| first == key))
    }

    /// Finds the place of a path, or of as much of it as is written.
    pub(crate) fn place(&self, path: &[String], about_key: bool) -> Place {
        for length in (1..=path.len()).rev() {
            if let Some(assignment) = self.overridden.get(&path[..length]) {
                return Place::Override(assignment.clone());
            }
            if let Some(span) = self.spans.get(&path[..length]) {
                if let Some(assignment) = self.overridden_axis(&path[..length], false) {
                    return Place::Override(assignment.clone());
                }
                let whole_table = self.written[span.value.clone()].contains('\n');
                let key = about_key || length < path.len() || whole_table;
                return Place::Bytes(if key { span.key.clone() } else { span.value.clone() });
            }
        }
        Place::Whole
    }

    /// Finds the place of something that all below a path makes up: an override below it before the path itself.
    pub(crate) fn place_of_all(&self, path: &[String]) -> Place {
        let below = self.overridden.iter().find(|(overridden, _)| overridden.starts_with(path));
        let assignment = below.map(|(_, assignment)| assignment);
        match assignment.or_else(|| self.overridden_axis(path, true)) {
            Some(assignment) => Place::Override(assignment.clone()),
            None => self.place(path, false),
        }
    }

    /// Returns the override of an axis that is what a path holds, or also what stands within.
    fn overridden_axis(&self, path: &[String], within: bool) -> Option<&String> {
        let value = path.iter().try_fold(&self.values, |value, key| match value {
            Value::Array(items) => items.get(key.parse::<usize>().ok()?),
            other => other.get(key),
        })?;
        let axes = axes_in(value, within);
        self.overridden.iter().find_map(|(overridden, assignment)| {
            let [sweep, name, ..] = overridden.as_slice() else { return None };
            let first = &self.values.get("sweep")?[name][0];
            let is = |axis: &&str| *axis == name || first.get(*axis).is_some();
            (sweep == "sweep" && axes.iter().any(is)).then_some(assignment)
        })
    }
}

/// Lists the axes that a value is, or also those within it.
fn axes_in(value: &Value, within: bool) -> Vec<&str> {
    match value {
        Value::String(text) => text.strip_prefix('$').into_iter().collect(),
        Value::Array(items) if within => items.iter().flat_map(|it| axes_in(it, true)).collect(),
        Value::Object(table) if within => table.values().flat_map(|it| axes_in(it, true)).collect(),
        _ => Vec::new(),
    }
}

fn override_value(text: &str) -> Result<Value, String> {
    let document = format!("value = {text}");
    let Ok(table) = DeTable::parse(&document) else {
        return Ok(Value::from(text));
    };
    let read = read_table(table.get_ref(), &mut Vec::new(), &mut BTreeMap::new());
    read.map_err(|error| error.message).map(|mut values| values["value"].take())
}

fn read_table(
    table: &DeTable<'_>,
    path: &mut Vec<String>,
    spans: &mut BTreeMap<Vec<String>, Span>,
) -> Result<Value, StudyError> {
    let mut entries = Map::new();
    for (key, value) in table {
        path.push(key.get_ref().to_string());
        spans.insert(path.clone(), Span { key: key.span(), value: value.span() });
        let read = read_value(value, path, spans)?;
        path.pop();
        entries.insert(key.get_ref().to_string(), read);
    }
    Ok(Value::Object(entries))
}

fn read_value(
    value: &Spanned<DeValue<'_>>,
    path: &mut Vec<String>,
    spans: &mut BTreeMap<Vec<String>, Span>,
) -> Result<Value, StudyError> {
    let place = || Place::Bytes(value.span());
    let wrong = |message: String| StudyError { message, help: None, place: place() };
    Ok(match value.get_ref() {
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Boolean(truth) => Value::from(*truth),
        DeValue::Integer(digits) => {
            let number = i64::from_str_radix(digits.as_str(), digits.radix());
            Value::from(number.map_err(|error| wrong(format!("{error}: {}", digits.as_str())))?)
        }
        DeValue::Float(digits) => {
            let number = digits.as_str().parse().ok().and_then(Number::from_f64);
            Value::Number(number.ok_or_else(|| wrong("numbers here must be finite".into()))?)
        }
        DeValue::Datetime(_) => return Err(wrong("dates mean nothing in a study".into())),
        DeValue::Array(items) => {
            let mut read = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                spans.insert(path.clone(), Span { key: item.span(), value: item.span() });
                read.push(read_value(item, path, spans)?);
                path.pop();
            }
            Value::Array(read)
        }
        DeValue::Table(table) => read_table(table, path, spans)?,
    })
}

#[cfg(test)]
mod tests {
    use super::Text;
    use crate::error::Place;

    fn path(keys: &[&str]) -> Vec<String> {
        keys.iter().map(|&key| key.to_owned()).collect()
    }

    #[test]
    fn places_are_those_of_the_text() {
        let text = Text::parse("seeds = 3\n[recipe.a]\nbatch = [1, 22]\n").unwrap();
        assert_eq!(text.place(&path(&["seeds"]), false), Place::Bytes(8..9));
        assert_eq!(text.place(&path(&["seeds"]), true), Place::Bytes(0..5));
        assert_eq!(text.place(&path(&["recipe", "a", "batch", "1"]), false), Place::Bytes(33..35));
        assert_eq!(text.place(&path(&["recipe", "a", "no"]), false), Place::Bytes(18..19));
        assert_eq!(text.place(&path(&["nowhere"]), false), Place::Whole);
    }

    #[test]
    fn overrides_replace_and_add() {
        let mut text = Text::parse("seeds = 3\n").unwrap();
        text.set("seeds=5").unwrap();
        text.set("recipe.a.name=adam").unwrap();
        assert_eq!(text.values["seeds"], 5);
        assert_eq!(text.values["recipe"]["a"]["name"], "adam");
        assert!(matches!(text.place(&path(&["seeds"]), false), Place::Override(_)));
        assert!(text.set("seeds").is_err());
        assert!(text.set("seeds.more=1").is_err());
    }

    #[test]
    fn what_an_override_took_away_is_no_place_any_more() {
        let written =
            "[sweep]\nimages = [10, 100]\n[data.a]\nsource = { edges = { n = \"$images\" } }\n";
        let mut text = Text::parse(written).unwrap();
        let (value, axis) =
            (path(&["sweep", "images", "1"]), path(&["data", "a", "source", "edges", "n"]));
        assert!(matches!(text.place(&value, false), Place::Bytes(_)));
        assert!(matches!(text.place(&axis, false), Place::Bytes(_)));
        text.set("sweep.images=[3, 3]").unwrap();
        let place = Place::Override("sweep.images=[3, 3]".into());
        assert_eq!(text.place(&value, false), place);
        assert_eq!(text.place(&axis, false), place, "the value is the override's");
        assert_eq!(text.place_of_all(&axis[..3]), place);
        assert!(matches!(text.place(&axis[..3], false), Place::Bytes(_)));
    }
}
