//! Rates that rise once and fall once.

use std::f64::consts::PI;

use convscope_core::Entry;
use convscope_core::registry::SettingError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Moment, Schedule, along_a_cosine, entry};

pub(super) const ENTRY: Entry<dyn Schedule> = entry::<OneCycle>(
    "one-cycle",
    "The rate rises to the optimiser's and falls far below its start, changing in every step.",
    "Smith and Topin 2017, arXiv:1708.07120, as torch.optim.lr_scheduler.OneCycleLR",
);

/// Half a cosine up, half a cosine down; the optimiser's rate is the peak.
///
/// ```text
/// first = peak / div-factor          last = first / final-div-factor
/// top   = pct-start · steps − 1
/// step ≤ top:  first → peak, step / top of the way
/// after it:    peak → last, (step − top) / (steps − 1 − top) of the way
/// ```
///
/// Steps are counted from 0 through the whole training, not from epoch to epoch. With `momentum`
/// the optimiser's momentum (Adam's β₁) goes the other way, from the larger number to the smaller
/// and back, whatever the optimiser itself is set to; `PyTorch` does so unless told otherwise,
/// with 0.85 and 0.95.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct OneCycle {
    /// The share of all steps in which the rate rises.
    pct_start: f64,
    /// How many times the first rate goes into the peak.
    div_factor: f64,
    /// How many times the last rate goes into the first.
    final_div_factor: f64,
    /// The momentum at the peak and that at both ends.
    momentum: Option<[f64; 2]>,
}

impl Default for OneCycle {
    fn default() -> Self {
        Self { pct_start: 0.3, div_factor: 25.0, final_div_factor: 1e4, momentum: None }
    }
}

impl OneCycle {
    /// Goes from `first` over `peak` to `last`.
    fn cycle(&self, at: Moment, first: f64, peak: f64, last: f64) -> f64 {
        let step = at.step as f64;
        let top = self.pct_start * at.steps as f64 - 1.0;
        if step <= top && top > 0.0 {
            return along_a_cosine(first, peak, PI * step / top);
        }
        let left = at.steps as f64 - 1.0 - top;
        let share = if left > 0.0 { (step - top) / left } else { 0.0 };
        along_a_cosine(peak, last, PI * share)
    }
}

impl Schedule for OneCycle {
    fn check(&self) -> Result<(), SettingError> {
        if !(0.0..=1.0).contains(&self.pct_start) {
            let message = format!("pct-start is a share from 0 to 1, not {}", self.pct_start);
            return Err(SettingError::at("pct-start", message));
        }
        for (key, factor) in
            [("div-factor", self.div_factor), ("final-div-factor", self.final_div_factor)]
        {
            if !(factor > 0.0 && factor.is_finite()) {
                let message = format!("a divisor is a finite number above 0, not {factor}");
                return Err(SettingError::at(key, message));
            }
        }
        match self.momentum {
            Some(pair) if !pair.iter().all(|momentum| (0.0..1.0).contains(momentum)) => {
                let [at_peak, at_ends] = pair;
                let message =
                    format!("momentum is at least 0 and below 1, not {at_peak} or {at_ends}");
                Err(SettingError::at("momentum", message))
            }
            _ => Ok(()),
        }
    }

    fn rate(&self, start: f64, at: Moment) -> f64 {
        let first = start / self.div_factor;
        self.cycle(at, first, start, first / self.final_div_factor)
    }

    fn momentum(&self, at: Moment) -> Option<f64> {
        self.momentum.map(|[at_peak, at_ends]| self.cycle(at, at_ends, at_peak, at_ends))
    }

    fn warms_up(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        let Self { pct_start, div_factor, final_div_factor, momentum } = self;
        let momentum = momentum
            .map(|[at_peak, at_ends]| format!(", momentum from {at_ends} to {at_peak} and back"));
        format!(
            "one cycle of the rate, from 1/{div_factor} of it over {} % of all steps, to \
             1/{final_div_factor} of that{}",
            pct_start * 100.0,
            momentum.unwrap_or_default()
        )
    }
}
