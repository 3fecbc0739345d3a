//! Content identities: the same settings have the same name on every machine.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The first 128 bits of the SHA-256 of some content, written as 32 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Identity(String);

impl Identity {
    /// Returns the identity of bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self::of_parts([bytes])
    }

    /// Returns the identity of bytes that come in parts; where one ends and the next begins does not count.
    pub fn of_parts<Part: AsRef<[u8]>>(parts: impl IntoIterator<Item = Part>) -> Self {
        let mut hasher = Sha256::new();
        parts.into_iter().for_each(|part| hasher.update(part.as_ref()));
        let digest = hasher.finalize();
        let digits =
            |byte: u8| [byte >> 4, byte & 15].map(|half| char::from_digit(half.into(), 16));
        Self(digest.iter().take(16).flat_map(|&byte| digits(byte)).flatten().collect())
    }

    /// Returns the identity of a JSON value, whatever the order of its keys.
    pub fn of_json(value: &Value) -> Self {
        Self::of_bytes(canonical_json(value).as_bytes())
    }

    /// Returns the hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Writes JSON without spaces and with sorted keys; whole floats are written as whole numbers,
/// so that `1.0` and `1` are one setting.
pub fn canonical_json(value: &Value) -> String {
    match value {
        Value::Object(entries) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            let fields: Vec<String> = sorted
                .into_iter()
                .map(|(key, value)| {
                    format!("{}:{}", Value::from(key.as_str()), canonical_json(value))
                })
                .collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical_json).collect();
            format!("[{}]", items.join(","))
        }
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => (float as i64).to_string(),
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Identity;

    #[test]
    fn parts_do_not_matter() {
        assert_eq!(Identity::of_parts(["ab", "", "c"]), Identity::of_bytes(b"abc"));
        assert_ne!(Identity::of_parts(["ab"]), Identity::of_bytes(b"abc"));
    }

    #[test]
    fn order_of_keys_and_spelling_of_whole_numbers_do_not_matter() {
        let a = Identity::of_json(&json!({ "a": 1, "b": [1.5, "x"] }));
        assert_eq!(a, Identity::of_json(&json!({ "b": [1.5, "x"], "a": 1.0 })));
        assert_ne!(a, Identity::of_json(&json!({ "b": [1.5, "x"], "a": 2 })));
    }
}
