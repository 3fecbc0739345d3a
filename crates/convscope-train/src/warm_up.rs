//! Learning rates that rise before a schedule begins.

use convscope_core::registry::{self, SettingError};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A line from a share of the rate to the whole of it, as `torch.optim.lr_scheduler.LinearLR`
/// draws it.
///
/// ```text
/// rate = lr · (from + (1 − from) · n / length)      n = 0, 1, … length − 1
/// ```
///
/// The schedule begins when the warm-up has ended and has what is left of the training to itself,
/// as `torch.optim.lr_scheduler.SequentialLR` does it: a cosine ends with the training, a
/// milestone at 30 comes 30 epochs after the warm-up. A warm-up of epochs changes the rate from
/// epoch to epoch, one of steps from step to step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct WarmUp {
    /// How many epochs it takes.
    epochs: u32,
    /// How many steps it takes, in the place of epochs.
    steps: u32,
    /// The share of the rate that it starts from.
    from: f64,
}

impl Default for WarmUp {
    fn default() -> Self {
        Self { epochs: 0, steps: 0, from: 1.0 / 3.0 }
    }
}

impl WarmUp {
    /// Reads a count of epochs, or a table, for a training of so many epochs.
    pub(crate) fn read(written: &Value, epochs: u32) -> Result<Self, SettingError> {
        let short = written.is_number();
        let warm_up: Self = if short {
            Self { epochs: registry::read(written.clone())?, ..Self::default() }
        } else {
            registry::read(written.clone())?
        };
        let wrong = |key: &str, message: String| {
            Err(SettingError::at(if short { "" } else { key }, message))
        };
        if warm_up.epochs > 0 && warm_up.steps > 0 {
            return wrong("steps", "a warm-up takes `epochs` or `steps`, not both".into());
        }
        if warm_up.epochs > epochs {
            let own = warm_up.epochs;
            return wrong("epochs", format!("{own} epochs of warm-up, but {epochs} to train"));
        }
        if !(warm_up.from > 0.0 && warm_up.from <= 1.0) {
            let from = warm_up.from;
            return wrong("from", format!("a share of the rate lies above 0, up to 1, not {from}"));
        }
        Ok(warm_up)
    }

    /// Returns how many steps it takes.
    pub(crate) fn length(&self, steps_per_epoch: u64) -> u64 {
        u64::from(self.steps) + u64::from(self.epochs) * steps_per_epoch
    }

    /// Returns the share of the rate at a step of the warm-up.
    pub(crate) fn share(&self, step: u64, steps_per_epoch: u64) -> f64 {
        let (done, whole) = if self.epochs > 0 {
            (step / steps_per_epoch, self.epochs)
        } else {
            (step, self.steps)
        };
        self.from + (1.0 - self.from) * done as f64 / f64::from(whole)
    }

    /// Describes it, unless there is none.
    pub(crate) fn describe(&self) -> Option<String> {
        let Self { epochs, steps, from } = self;
        let length = match (epochs, steps) {
            (0, 0) => return None,
            (0, steps) => format!("{steps} steps"),
            (epochs, _) => format!("{epochs} epochs"),
        };
        Some(format!("{length} of warm-up from {} %", (from * 1000.0).round() / 10.0))
    }

    /// Describes what [`read`](Self::read) takes, for editors.
    pub(crate) fn schema(generator: &mut SchemaGenerator) -> Schema {
        let table = Self::json_schema(generator);
        json_schema!({ "anyOf": [{ "type": "integer", "minimum": 0 }, table] })
    }
}
