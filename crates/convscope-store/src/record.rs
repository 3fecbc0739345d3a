//! What is kept of a finished job.

use std::fmt;

use convscope_core::{Identity, Value};
use serde::{Deserialize, Serialize};

/// A finished job: everything about it that depends on its settings alone.
///
/// Two records of one job, made anywhere by the same binary and instruction level, are equal bit
/// for bit. What differs from run to run is kept apart in a [`Provenance`](crate::Provenance).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The job.
    pub job: Identity,
    /// The job's full canonical settings.
    pub settings: serde_json::Value,
    /// How it ended.
    pub outcome: Outcome,
    /// Final values.
    pub values: Vec<Named>,
    /// Values at successive epochs.
    pub curves: Vec<Curve>,
    /// Counts by row and column.
    pub tables: Vec<Table>,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// As planned.
    Done,
    /// The loss left the finite numbers.
    Diverged {
        /// In which epoch, counted from 1.
        epoch: u32,
    },
    /// It could not be carried out.
    Failed {
        /// Why, in words.
        reason: String,
    },
}

/// A final value.
///
/// ```
/// use convscope_core::Value;
/// use convscope_store::Named;
///
/// let named = Named::new("similarity", Value::Number(0.4)).in_layer("conv1");
/// assert_eq!(named.layer.as_deref(), Some("conv1"));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Named {
    /// Its name ("valid-accuracy").
    pub name: String,
    /// The layer that it is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// The number, or why there is none.
    pub value: Value,
}

/// A value at successive epochs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Its name ("valid-loss").
    pub name: String,
    /// The layer that it is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// The epoch of the first value; 0 is before training.
    pub first_epoch: u32,
    /// One value for each epoch from there on.
    pub values: Vec<Value>,
}

/// Counts by row and column, such as a confusion matrix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Its name ("valid-confusion").
    pub name: String,
    /// The layer that it is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// The rows' names (the true classes).
    pub rows: Vec<String>,
    /// The columns' names (the predicted classes).
    pub columns: Vec<String>,
    /// `rows × columns` finite numbers, row-major.
    pub counts: Vec<f64>,
}

impl Named {
    /// Names a value.
    pub fn new(name: impl Into<String>, value: Value) -> Self {
        Self { name: name.into(), layer: None, value }
    }

    /// States the layer that it is about.
    #[must_use]
    pub fn in_layer(mut self, layer: impl Into<String>) -> Self {
        self.layer = Some(layer.into());
        self
    }
}

impl Curve {
    /// Names a sequence of values, one for each epoch from `first_epoch` on.
    pub fn new(name: impl Into<String>, first_epoch: u32, values: Vec<Value>) -> Self {
        Self { name: name.into(), layer: None, first_epoch, values }
    }

    /// States the layer that it is about.
    #[must_use]
    pub fn in_layer(mut self, layer: impl Into<String>) -> Self {
        self.layer = Some(layer.into());
        self
    }
}

impl Table {
    /// Names `rows × columns` counts, row-major.
    pub fn new(
        name: impl Into<String>,
        rows: Vec<String>,
        columns: Vec<String>,
        counts: Vec<f64>,
    ) -> Self {
        Self { name: name.into(), layer: None, rows, columns, counts }
    }

    /// States the layer that it is about.
    #[must_use]
    pub fn in_layer(mut self, layer: impl Into<String>) -> Self {
        self.layer = Some(layer.into());
        self
    }
}

impl Outcome {
    /// Returns the outcome in one word, as in the column `outcome`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Diverged { .. } => "diverged",
            Self::Failed { .. } => "failed",
        }
    }

    /// Returns why there is no result as planned.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Done => None,
            Self::Diverged { epoch } => Some(format!("diverged in epoch {epoch}")),
            Self::Failed { reason } => Some(reason.clone()),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Diverged { epoch } => write!(f, "diverged in epoch {epoch}"),
            Self::Failed { reason } => write!(f, "failed: {reason}"),
        }
    }
}
