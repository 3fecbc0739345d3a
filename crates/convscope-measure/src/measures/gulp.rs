//! How differently two layers can predict after ridge regression.

use convscope_core::{Entry, SettingError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Laws, Measure, SHAPE, SPAN, distance, entry};
use crate::{Estimate, Pair, Prepared, Refusal, linalg};

pub(super) const ENTRY: Entry<dyn Measure> = entry::<Gulp>(
    "gulp",
    "The squared distance between predictions by ridge regression from either layer, over all tasks.",
    "Boix-Adserà, Lawrence, Stepaniants and Rigollet 2022, arXiv:2210.06545",
);

/// The squared GULP distance.
///
/// ```text
/// tr (Σx^λ Σx)² + tr (Σy^λ Σy)² − 2 tr Σx^λ Σxy Σy^λ Σyx,   A^λ = (A + λI)⁻¹
/// Σx = XᵀX/n, X centred and scaled to ‖X‖² = n
/// ```
///
/// The mean squared difference of the two layers' ridge predictions, over all regression targets of
/// unit size. λ sets which directions matter: those of variance above λ. At λ = 0 all do, and it
/// is r + s − 2 Σ ρ² of canonical correlations; layers that span everything are refused there. The
/// value is the square; its root is a metric. Cost: one decomposition a layer, nrs a pair.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Gulp {
    /// The ridge λ, in units of the layer's whole variance; at least 0.
    ridge: f64,
}

impl Default for Gulp {
    fn default() -> Self {
        Self { ridge: 0.01 }
    }
}

impl Measure for Gulp {
    fn laws(&self) -> Laws {
        distance(if self.ridge <= 0.0 { SPAN } else { SHAPE })
    }

    fn estimator(&self) -> String {
        format!("squared, λ = {}", self.ridge)
    }

    fn check(&self) -> Result<(), SettingError> {
        super::cca::ridge(self.ridge)
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        if self.ridge <= 0.0 {
            super::cca::room(pair)?;
        }
        let (x, y) = (self.projected(pair.x)?, self.projected(pair.y)?);
        let both = linalg::squared_norm(linalg::cross(x.u.as_ref(), y.u.as_ref()).as_ref());
        Ok(Estimate::of((x.own + y.own - 2.0 * both).max(0.0)))
    }

    fn warm(&self, layer: &Prepared) {
        let _ = layer.directions();
    }
}

/// Directions scaled by the root of what the ridge leaves of them.
struct Projected {
    u: faer::Mat<f64>,
    own: f64,
}

impl Gulp {
    fn projected(&self, layer: &Prepared) -> Result<Projected, Refusal> {
        let found = layer.directions()?;
        let left: Vec<f64> = found
            .s
            .iter()
            .map(|s| {
                let share = s * s / layer.squared_size();
                share / (share + self.ridge)
            })
            .collect();
        let roots: Vec<f64> = left.iter().map(|w| w.sqrt()).collect();
        let own = left.iter().map(|w| w * w).sum();
        Ok(Projected { u: linalg::scaled_columns(found.u.as_ref(), &roots), own })
    }
}
