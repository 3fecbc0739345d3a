//! What a store keeps of the studies that were run on it.

use std::collections::BTreeMap;

use convscope_core::Identity;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A study as it was run: its text, and which jobs it consists of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudyCopy {
    /// The study's name: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// The study file, as written.
    pub toml: String,
    /// Every job of the plan and its place in the study, in the plan's order.
    pub placements: Vec<Placement>,
}

/// The place of a job in a study.
///
/// A job has one record however many places it has, in one study or several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Placement {
    /// The arm.
    pub model: String,
    /// The replicate.
    pub seed: u32,
    /// Its position on the axes that multiply this arm.
    pub axes: BTreeMap<String, Axis>,
    /// The job.
    pub job: Identity,
    /// What the job makes.
    pub kind: JobKind,
}

/// A position on an axis.
#[derive(Debug, Clone, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Axis {
    /// A finite number.
    Number(f64),
    /// A name.
    Text(String),
}

/// What a job makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobKind {
    /// One trained model.
    Train,
    /// How alike some models are.
    Measure,
    /// Some images of a data set, to look at.
    Sample,
}

impl StudyCopy {
    /// Returns the identity of text and plan together: the same file with other overrides is
    /// another copy.
    pub fn hash(&self) -> Identity {
        Identity::of_json(&json!({ "toml": self.toml, "placements": self.placements }))
    }

    /// Returns the name of the copy's folder: the study's name and the start of its hash.
    pub fn folder_name(&self) -> String {
        format!("{}-{}", self.name, &self.hash().as_str()[..12])
    }
}

impl JobKind {
    /// Returns the kind in one word, as in the column `kind`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Measure => "measure",
            Self::Sample => "sample",
        }
    }
}

impl From<f64> for Axis {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Axis {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
