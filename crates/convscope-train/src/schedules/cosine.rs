//! Rates that fall along half a cosine.

use convscope_core::Entry;
use convscope_core::registry::SettingError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Moment, Schedule, along_a_cosine, entry};

pub(super) const ENTRY: Entry<dyn Schedule> = entry::<Cosine>(
    "cosine",
    "The rate falls along half a cosine over the whole training.",
    "Loshchilov and Hutter 2016, arXiv:1608.03983, as torch.optim.lr_scheduler.CosineAnnealingLR",
);

/// rate = to + (start − to) · (1 + cos(π · epoch / epochs)) / 2, epochs counted from 0.
///
/// `to` is where epoch number `epochs` would be, which is not trained any more.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Cosine {
    /// The rate at the end.
    to: f64,
}

impl Schedule for Cosine {
    fn check(&self) -> Result<(), SettingError> {
        if self.to >= 0.0 && self.to.is_finite() {
            return Ok(());
        }
        let message = format!("the last rate is 0 or a finite number above, not {}", self.to);
        Err(SettingError::at("to", message))
    }

    fn rate(&self, start: f64, at: Moment) -> f64 {
        // Multiplied before it is divided: the other order gives other last digits.
        let turn = std::f64::consts::PI * f64::from(at.epoch()) / at.epochs();
        along_a_cosine(start, self.to, turn)
    }

    fn describe(&self) -> String {
        format!("rate falls to {} along a cosine", self.to)
    }
}
