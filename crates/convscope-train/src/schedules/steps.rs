//! Rates that fall all at once.

use convscope_core::Entry;
use convscope_core::registry::SettingError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Moment, Schedule, entry};

pub(super) const STEP: Entry<dyn Schedule> = entry::<Step>(
    "step",
    "The rate is multiplied by a factor every so many epochs.",
    "torch.optim.lr_scheduler.StepLR",
);

pub(super) const MILESTONES: Entry<dyn Schedule> = entry::<Milestones>(
    "milestones",
    "The rate is multiplied by a factor after each of the listed epochs.",
    "torch.optim.lr_scheduler.MultiStepLR",
);

/// rate = start · factor ^ ⌊epoch / every⌋, epochs counted from 0.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Step {
    /// How many epochs lie between two changes.
    every: u32,
    /// What the rate is multiplied by.
    factor: f64,
}

impl Default for Step {
    fn default() -> Self {
        Self { every: 30, factor: 0.1 }
    }
}

impl Schedule for Step {
    fn check(&self) -> Result<(), SettingError> {
        if self.every == 0 {
            return Err(SettingError::at("every", "at least 1 epoch lies between two changes"));
        }
        check_factor(self.factor)
    }

    fn rate(&self, start: f64, at: Moment) -> f64 {
        fallen(start, self.factor, at.epoch() / self.every)
    }

    fn describe(&self) -> String {
        format!("rate times {} every {} epochs", self.factor, self.every)
    }
}

/// rate = start · factor ^ (how many milestones are ≤ epoch), epochs counted from 0: with a
/// milestone at 30 the first thirty epochs are trained at the first rate.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Milestones {
    /// After how many epochs the rate changes, in rising order.
    at: Vec<u32>,
    /// What the rate is multiplied by.
    factor: f64,
}

impl Default for Milestones {
    fn default() -> Self {
        Self { at: Vec::new(), factor: 0.1 }
    }
}

impl Schedule for Milestones {
    fn check(&self) -> Result<(), SettingError> {
        if self.at.is_empty() {
            return Err(SettingError::at("at", "wanted at least one epoch, such as [60, 80]"));
        }
        if self.at.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(SettingError::at("at", "the epochs must rise"));
        }
        check_factor(self.factor)
    }

    fn rate(&self, start: f64, at: Moment) -> f64 {
        let passed = self.at.iter().filter(|&&after| after <= at.epoch()).count();
        fallen(start, self.factor, passed as u32)
    }

    fn describe(&self) -> String {
        let epochs: Vec<String> = self.at.iter().map(ToString::to_string).collect();
        format!("rate times {} after epochs {}", self.factor, epochs.join(", "))
    }
}

fn check_factor(factor: f64) -> Result<(), SettingError> {
    if factor > 0.0 && factor.is_finite() {
        return Ok(());
    }
    Err(SettingError::at("factor", format!("a factor is a finite number above 0, not {factor}")))
}

/// Multiplies one by one, because the last digit of a power differs from machine to machine.
fn fallen(start: f64, factor: f64, times: u32) -> f64 {
    (0..times).fold(start, |rate, _| rate * factor)
}
