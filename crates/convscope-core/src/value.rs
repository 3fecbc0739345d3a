//! Numbers that are finite, or absent with a reason.

use serde::{Deserialize, Serialize};

/// A finite number, or the reason why there is none.
///
/// ```
/// use convscope_core::Value;
///
/// assert_eq!(Value::of(0.5), Value::Number(0.5));
/// assert_eq!(Value::of(f64::NAN).number(), None);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A finite number.
    Number(f64),
    /// No number, and why.
    Missing(Missing),
}

/// Why a number is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The reason, in words that fit a table cell.
    pub missing: String,
}

impl Value {
    /// Keeps a finite number; anything else becomes missing.
    pub fn of(number: f64) -> Self {
        if number.is_finite() {
            Self::Number(number)
        } else {
            Self::missing(format!("not a finite number ({number})"))
        }
    }

    /// States why there is no number.
    pub fn missing(reason: impl Into<String>) -> Self {
        Self::Missing(Missing { missing: reason.into() })
    }

    /// Returns the number, if there is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Missing(_) => None,
        }
    }

    /// Returns the reason for which there is no number.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Number(_) => None,
            Self::Missing(missing) => Some(&missing.missing),
        }
    }
}
