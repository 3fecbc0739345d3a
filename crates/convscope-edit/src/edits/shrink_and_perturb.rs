//! Shrunk weights with new noise.

use convscope_core::registry::{Entry, SettingError};
use convscope_model::Net;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Checked, Edit, EditError, Edited, Subject, entry};

pub(super) const ENTRY: Entry<dyn Edit> = entry::<ShrinkAndPerturb>(
    "shrink-and-perturb",
    "all trained weights made smaller, and a little of a freshly begun model added",
    "Ash, Adams 2020, On warm-starting neural network training, arXiv:1910.08475",
);

/// w ← shrink · w + perturb · w₀, with w₀ the weights of a freshly begun model, so that the noise of every
/// layer has the layer's own scale. Running statistics stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct ShrinkAndPerturb {
    /// What trained weights are multiplied by.
    shrink: f64,
    /// What fresh weights are multiplied by.
    perturb: f64,
}

impl Default for ShrinkAndPerturb {
    fn default() -> Self {
        Self { shrink: 0.4, perturb: 0.1 }
    }
}

impl Checked for ShrinkAndPerturb {
    fn check(&self) -> Result<(), SettingError> {
        for (key, factor) in [("shrink", self.shrink), ("perturb", self.perturb)] {
            if !(factor as f32).is_finite() || factor < 0.0 {
                let message = format!("a factor is 0 or a finite number above, not {factor}");
                return Err(SettingError::at(key, message));
            }
        }
        Ok(())
    }
}

impl Edit for ShrinkAndPerturb {
    fn reads_fresh(&self) -> bool {
        true
    }

    fn fits(&self, _: &Net, _: usize) -> Result<(), SettingError> {
        Ok(())
    }

    fn apply(&self, subject: &Subject<'_>, mut weights: Vec<f32>) -> Result<Edited, EditError> {
        let (shrink, perturb) = (self.shrink as f32, self.perturb as f32);
        let trained = 0..subject.net.parameter_count();
        for (weight, fresh) in weights[trained.clone()].iter_mut().zip(&subject.fresh[trained]) {
            *weight = shrink * *weight + perturb * fresh;
        }
        Ok(Edited { weights, ..Edited::default() })
    }

    fn describe(&self) -> String {
        format!("shrink to {} and perturb by {}", self.shrink, self.perturb)
    }
}
