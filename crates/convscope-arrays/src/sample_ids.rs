//! Which samples an array was computed from.

use std::collections::BTreeMap;
use std::fmt;

use sha2::{Digest, Sha256};

/// Under this name a file says which samples its rows are.
pub const SAMPLE_IDS: &str = "sample_ids";

/// What a file says of the samples that its rows stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SampleIds {
    /// A name for each row.
    Names(Vec<String>),
    /// One text for all of them in their order, such as a hash.
    Hash(String),
}

/// How the rows of a second file are to be read so that they are those of a first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// As they are.
    Same,
    /// Row i of the first is row `order[i]` of the second.
    Shuffled(Vec<usize>),
}

/// Samples of two files that are not the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unmatched {
    /// Some rows have no counterpart.
    Missing {
        /// Names in the first file only.
        only_first: Vec<String>,
        /// Names in the second file only.
        only_second: Vec<String>,
    },
    /// One name for several rows, in another order.
    Ambiguous(String),
    /// Hashes that differ, from which no order can be told.
    Hash([String; 2]),
}

impl SampleIds {
    /// Reads what a file's metadata say: a list `["a", 7]`, or else a hash.
    pub(crate) fn written(text: &str) -> Self {
        let names = |value: serde_json::Value| -> Option<Vec<String>> {
            let name = |value: &serde_json::Value| match value {
                serde_json::Value::String(name) => Some(name.clone()),
                serde_json::Value::Number(name) => Some(name.to_string()),
                _ => None,
            };
            value.as_array()?.iter().map(name).collect()
        };
        let list = serde_json::from_str(text).ok().and_then(names);
        list.map_or_else(|| Self::Hash(text.trim().to_owned()), Self::Names)
    }

    /// Writes names as safetensors keep them in their metadata, a JSON list; `None` for a hash.
    pub fn listed(&self) -> Option<String> {
        match self {
            Self::Names(names) => Some(serde_json::json!(names).to_string()),
            Self::Hash(_) => None,
        }
    }

    /// Returns how many samples there are, if they are named.
    pub fn count(&self) -> Option<usize> {
        match self {
            Self::Names(names) => Some(names.len()),
            Self::Hash(_) => None,
        }
    }

    /// Returns the hash that stands for the samples in their order: SHA-256 in hexadecimal digits
    /// of all names, each followed by a line feed; a hash stands for itself.
    pub fn hash(&self) -> String {
        let names = match self {
            Self::Names(names) => names,
            Self::Hash(hash) => return hash.clone(),
        };
        let mut hasher = Sha256::new();
        for name in names {
            hasher.update(name.as_bytes());
            hasher.update(b"\n");
        }
        let digit = |four: u8| char::from_digit(four.into(), 16).unwrap_or_default();
        hasher.finalize().iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
    }

    /// Finds the rows of `other` that are the rows of `self`.
    ///
    /// # Errors
    /// [`Unmatched`] where there is no such order, or more than one.
    pub fn order_of(&self, other: &Self) -> Result<Order, Unmatched> {
        if self == other || self.hash() == other.hash() {
            return Ok(Order::Same);
        }
        let (Self::Names(first), Self::Names(second)) = (self, other) else {
            return Err(Unmatched::Hash([self.hash(), other.hash()]));
        };
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let mut twice = None;
        for (place, name) in second.iter().enumerate() {
            if places.insert(name, place).is_some() {
                twice = twice.or(Some(name));
            }
        }
        let own: BTreeMap<&str, usize> =
            first.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
        let absent = |names: &[String], from: &BTreeMap<&str, usize>| -> Vec<String> {
            names.iter().filter(|name| !from.contains_key(name.as_str())).cloned().collect()
        };
        let (only_first, only_second) = (absent(first, &places), absent(second, &own));
        if !(only_first.is_empty() && only_second.is_empty()) {
            return Err(Unmatched::Missing { only_first, only_second });
        }
        if own.len() < first.len() {
            let again = |(place, name): &(usize, &String)| own[name.as_str()] != *place;
            twice = twice.or(first.iter().enumerate().find(again).map(|(_, name)| name));
        }
        if let Some(name) = twice {
            return Err(Unmatched::Ambiguous(name.clone()));
        }
        Ok(Order::Shuffled(first.iter().map(|name| places[name.as_str()]).collect()))
    }
}

/// How many names a message gives.
const NAMED: usize = 5;

impl fmt::Display for Unmatched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: &[String]| {
            let shown: Vec<String> =
                names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
            let more = names.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("{}{more}", shown.join(", "))
        };
        match self {
            Self::Missing { only_first, only_second } => {
                let sides = [("first", only_first), ("second", only_second)];
                let told = sides.into_iter().filter(|(_, names)| !names.is_empty());
                let told: Vec<String> = told
                    .map(|(side, names)| format!("{} stand in the {side} file only", list(names)))
                    .collect();
                write!(f, "the files hold other samples: {}", told.join("; "))
            }
            Self::Ambiguous(name) => write!(
                f,
                "the samples stand in another order and `{name}` names more than one of them, so \
                 that rows cannot be matched"
            ),
            Self::Hash([first, second]) => write!(
                f,
                "the hashes of the sample ids differ ({first} and {second}): other samples, or \
                 another order, which a hash cannot tell; store the ids themselves"
            ),
        }
    }
}
