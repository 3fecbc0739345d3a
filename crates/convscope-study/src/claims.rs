//! Claims: from what a study file says to queries, and from rows to verdicts.

use std::collections::BTreeMap;

use convscope_core::registry::SettingError;
use convscope_core::verdict::{self, Judgement, Published};
use convscope_store::{Cell, Database, QueryError, Rows};
use serde_json::{Map, Value};

use crate::error::defined;
use crate::file::Claim;
use crate::quantity::Quantity;

/// One statement, ready to be tested.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedClaim {
    /// The statement, with its numbers filled in.
    pub says: String,
    /// Where it was made.
    pub source: String,
    /// What explains that ours differs.
    pub mismatch: Option<String>,
    /// What it says, as printed.
    pub printed: String,
    /// Whether its numbers are printed in per cent.
    pub percent: bool,
    /// How it is tested.
    pub test: Test,
}

/// How a statement is tested.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// A published number against ours.
    Number {
        /// What was published.
        published: Published,
        /// Our numbers, one row for each seed.
        measured: String,
    },
    /// A published range against our mean.
    Range {
        /// The lower end.
        low: f64,
        /// The upper end.
        high: f64,
        /// Our numbers, one row for each seed.
        measured: String,
    },
    /// One thing is more than another, compared seed by seed.
    Difference {
        /// By how much at least.
        least: f64,
        /// What is said to be more.
        more: String,
        /// What is said to be less.
        less: String,
    },
}

impl PlannedClaim {
    /// Returns the queries that the test asks.
    pub fn queries(&self) -> Vec<&str> {
        match &self.test {
            Test::Number { measured, .. } | Test::Range { measured, .. } => vec![measured],
            Test::Difference { more, less, .. } => vec![more, less],
        }
    }

    /// Tests the statement on the records of its study.
    ///
    /// # Errors
    /// [`QueryError`] when a query fails.
    pub fn judge(&self, database: &Database<'_>) -> Result<Judgement, QueryError> {
        Ok(match &self.test {
            Test::Number { published, measured } => {
                verdict::judge_number(*published, &numbers(&database.query(measured)?))
            }
            Test::Range { low, high, measured } => {
                verdict::judge_range(*low, *high, &numbers(&database.query(measured)?))
            }
            Test::Difference { least, more, less } => {
                let (more, less) =
                    (by_seed(&database.query(more)?), by_seed(&database.query(less)?));
                let paired = more.iter().filter_map(|(seed, a)| Some(a - less.get(seed)?));
                verdict::judge_difference(*least, &paired.collect::<Vec<f64>>())
            }
        })
    }
}

fn numbers(rows: &Rows) -> Vec<f64> {
    let column = rows.columns.iter().position(|name| name == "value");
    rows.rows.iter().filter_map(|row| row[column?].number()).collect()
}

fn by_seed(rows: &Rows) -> BTreeMap<i64, f64> {
    let place = |name: &str| rows.columns.iter().position(|column| column == name);
    let (Some(seed), Some(value)) = (place("seed"), place("value")) else {
        return BTreeMap::new();
    };
    let pairs = rows.rows.iter().filter_map(|row| match row[seed] {
        Cell::Integer(seed) => Some((seed, row[value].number()?)),
        _ => None,
    });
    pairs.collect()
}

/// What claims may name.
pub(crate) struct Names<'a> {
    pub(crate) models: Vec<&'a str>,
    pub(crate) axes: Vec<&'a str>,
}

/// Turns a claim into as many as its `at` has positions.
pub(crate) fn expand(claim: &Claim, names: &Names<'_>) -> Result<Vec<PlannedClaim>, SettingError> {
    positions(claim, names)?
        .into_iter()
        .enumerate()
        .map(|(index, at)| one(claim, names, &at, index))
        .collect()
}

fn positions(claim: &Claim, names: &Names<'_>) -> Result<Vec<Map<String, Value>>, SettingError> {
    let mut positions: Option<Vec<Map<String, Value>>> = None;
    for (axis, values) in &claim.at {
        defined("axis", axis, names.axes.iter().copied())
            .map_err(|error| error.below(axis).below("at"))?;
        let values = values.as_array().cloned().unwrap_or_else(|| vec![values.clone()]);
        let filled = positions.get_or_insert_with(|| vec![Map::new(); values.len()]);
        if filled.len() != values.len() {
            let message =
                format!("lists of `at` must be alike long: {} and {}", filled.len(), values.len());
            return Err(SettingError::at(axis, message).below("at"));
        }
        for (position, value) in filled.iter_mut().zip(values) {
            position.insert(axis.clone(), value);
        }
    }
    Ok(positions.unwrap_or_else(|| vec![Map::new()]))
}

fn one(
    claim: &Claim,
    names: &Names<'_>,
    at: &Map<String, Value>,
    index: usize,
) -> Result<PlannedClaim, SettingError> {
    let select = |key: &str, selection: &Value| {
        query(selection, at, names).map_err(|error| error.below(key))
    };
    let (printed, percent, test) =
        match (&claim.published, &claim.measured, &claim.more, &claim.less) {
            (Some(published), Some(measured), None, None) => {
                let printed = printed(published, index, claim.at.is_empty())?;
                let (percent, test) =
                    published_test(claim, &printed, select("measured", measured)?)?;
                (printed, percent, test)
            }
            (None, None, Some(more), Some(less)) => {
                let by = claim.by.as_deref().unwrap_or("0 %");
                let least = Quantity::parse(by).ok_or_else(|| not_a_number("by", by))?;
                let printed =
                    if least.value > 0.0 { format!("more by {by}") } else { "more".into() };
                let (more, less) = (select("more", more)?, select("less", less)?);
                (printed, least.percent, Test::Difference { least: least.value, more, less })
            }
            _ => {
                let message =
                    "a claim has either `published` with `measured`, or `more` with `less`";
                return Err(SettingError::at("", message));
            }
        };
    let says = fill(&claim.says, at).replace("{published}", &printed);
    let source = claim.source.clone().unwrap_or_default();
    let mismatch = claim.mismatch.as_ref().map(|mismatch| fill(mismatch, at));
    Ok(PlannedClaim { says, source, mismatch, printed, percent, test })
}

fn printed(published: &Value, index: usize, alone: bool) -> Result<String, SettingError> {
    let text = match published {
        Value::String(text) => Some(text),
        Value::Array(items) if !alone => items.get(index).and_then(|item| match item {
            Value::String(text) => Some(text),
            _ => None,
        }),
        _ => None,
    };
    text.cloned().ok_or_else(|| {
        let message = "wanted a printed number such as \"86.67 %\", or a list of them, one for each position of `at`";
        SettingError::at("published", message)
    })
}

fn published_test(
    claim: &Claim,
    printed: &str,
    measured: String,
) -> Result<(bool, Test), SettingError> {
    if let Some((low, high)) = Quantity::parse_range(printed) {
        return Ok((low.percent, Test::Range { low: low.value, high: high.value, measured }));
    }
    let number = Quantity::parse(printed).ok_or_else(|| not_a_number("published", printed))?;
    let margin =
        Quantity::parse(&claim.margin).ok_or_else(|| not_a_number("margin", &claim.margin))?;
    let published = Published {
        value: number.value,
        rounding: number.rounding,
        replicates: claim.replicates,
        images: claim.images,
        margin: margin.value,
    };
    Ok((number.percent, Test::Number { published, measured }))
}

fn not_a_number(key: &str, text: &str) -> SettingError {
    SettingError::at(
        key,
        format!("wanted a number such as `86.67 %`, `0.9` or `200 to 300`, came `{text}`"),
    )
}

/// Writes the query of a selection.
fn query(
    selection: &Value,
    at: &Map<String, Value>,
    names: &Names<'_>,
) -> Result<String, SettingError> {
    let columns = match selection {
        Value::String(sql) => return Ok(fill(sql, at)),
        Value::Object(columns) => columns,
        _ => {
            return Err(SettingError::at(
                "",
                "wanted a query, or a table of columns and their values",
            ));
        }
    };
    let mut conditions = Vec::new();
    for (column, value) in columns.iter().chain(at) {
        let known = ["model", "name", "seed"].into_iter().chain(names.axes.iter().copied());
        defined("column", column, known.collect::<Vec<_>>().into_iter())
            .map_err(|error| SettingError { about_key: true, ..error.below(column) })?;
        if let ("model", Value::String(model)) = (column.as_str(), value) {
            defined("model", model, names.models.iter().copied())
                .map_err(|error| error.below("model"))?;
        }
        conditions.push(format!("\"{column}\" = {}", literal(value)));
    }
    Ok(format!("select seed, value from results where {}", conditions.join(" and ")))
}

fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        other => other.to_string(),
    }
}

fn fill(text: &str, at: &Map<String, Value>) -> String {
    at.iter().fold(text.to_owned(), |text, (axis, value)| {
        let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text.replace(&format!("{{{axis}}}"), &plain)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Names, Test, expand};
    use crate::file::Claim;

    fn names() -> Names<'static> {
        Names { models: vec!["cnn", "mlp"], axes: vec!["images"] }
    }

    fn claim(table: serde_json::Value) -> Claim {
        serde_json::from_value(table).unwrap()
    }

    #[test]
    fn a_list_becomes_one_claim_for_each_position() {
        let claims = expand(
            &claim(json!({
                "says": "{published} at {images}", "published": ["86.67 %", "100 %"], "images": 150,
                "at": { "images": [10, 30] }, "measured": { "model": "cnn", "name": "valid-accuracy" }
            })),
            &names(),
        )
        .unwrap();
        assert_eq!(claims[1].says, "100 % at 30");
        let Test::Number { published, measured } = &claims[0].test else { panic!("a number") };
        assert!((published.value - 0.8667).abs() < 1e-12);
        assert_eq!(
            measured,
            "select seed, value from results where \"model\" = 'cnn' and \"name\" = 'valid-accuracy' and \"images\" = 10"
        );
    }

    #[test]
    fn what_does_not_fit_is_placed() {
        let fault = |table| expand(&claim(table), &names()).unwrap_err();
        let model = fault(json!({ "says": "", "published": "1", "measured": { "model": "cmn" } }));
        assert_eq!(
            (model.path, model.nearest.as_deref()),
            (vec!["measured".into(), "model".into()], Some("cnn"))
        );
        let number = fault(json!({ "says": "", "published": "many", "measured": "select 1" }));
        assert_eq!(number.path, ["published"]);
        let lists = json!({ "says": "", "published": ["1 %"], "at": { "images": [1, 2] }, "measured": "select 1" });
        assert_eq!(fault(lists).path, ["published"]);
        assert!(
            fault(json!({ "says": "", "published": "1", "more": "a" })).message.contains("either")
        );
    }
}
