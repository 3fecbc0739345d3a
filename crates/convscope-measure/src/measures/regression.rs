//! How much of one layer another predicts linearly.

use convscope_core::{Entry, SettingError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Laws, Measure, SHAPE, Sense, entry, wanted};
use crate::{Caveat, Estimate, Pair, Prepared, Refusal, linalg, nulls};

pub(super) const PLAIN: Entry<dyn Measure> = entry::<Plain>(
    "regression-r2",
    "The share of the first layer's variance that a linear map of the second explains.",
    "Kornblith, Norouzi, Lee and Hinton 2019, arXiv:1905.00414",
);

pub(super) const RIDGE: Entry<dyn Measure> = entry::<Ridge>(
    "ridge-r2",
    "The share of the first layer's variance that a ridge regression on the second explains.",
    "Hoerl and Kennard 1970, doi:10.1080/00401706.1970.10488634",
);

/// R² of the least-squares regression of the first layer on the second, in sample.
///
/// ```text
/// ‖VᵀX‖² / ‖X‖²,   V an orthonormal basis of centred Y
/// ```
///
/// Asymmetric: what is predicted comes first. In sample: with s independent predictors and n
/// samples unrelated layers have s/(n−1), the null mean. A second layer that spans everything
/// explains everything and is refused. Cost: one decomposition of Y, and nps.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Plain {}

impl Measure for Plain {
    fn laws(&self) -> Laws {
        Laws { sense: Sense::Similarity, of_self: Some(1.0), symmetric: false, unchanged_by: SHAPE }
    }

    fn estimator(&self) -> String {
        "R² of the first layer from the second, in sample".into()
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        let rank = pair.y.directions()?.rank();
        if rank + 1 >= pair.samples() {
            return Err(Refusal::TooWide { samples: pair.samples(), directions: rank });
        }
        let ranks = [pair.x.rank()?, rank];
        let units = [pair.x.units(), pair.y.units()];
        let caveat = Caveat::RankBelowUnits { ranks, units };
        Ok(explained(pair, &vec![1.0; rank])?.with(caveat, rank < units[1]))
    }

    fn warm(&self, layer: &Prepared) {
        let _ = layer.directions();
    }
}

/// R² of a ridge regression of the first layer on the second, in sample.
///
/// ```text
/// 1 − ‖X − YB‖² / ‖X‖²,   B = (YᵀY + λI)⁻¹ YᵀX,   λ = ridge · ‖Y‖² / q
/// ```
///
/// The ridge is in units of the mean squared size of a unit of Y, so that scale goes unseen; it
/// equals scikit-learn's `alpha` = λ on centred data. Has a value for every width, and with a small
/// ridge one near 1 for wide layers: the null mean says how near by chance. A layer does not explain
/// itself fully. Cost: one decomposition of Y, and nps.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Ridge {
    /// The ridge, in units of the mean squared size of a predicting unit; above 0.
    ridge: f64,
}

impl Default for Ridge {
    fn default() -> Self {
        Self { ridge: 0.1 }
    }
}

impl Measure for Ridge {
    fn laws(&self) -> Laws {
        Laws { sense: Sense::Similarity, of_self: None, symmetric: false, unchanged_by: SHAPE }
    }

    fn estimator(&self) -> String {
        format!("R² of the first layer from the second, in sample, ridge {} ‖Y‖²/q", self.ridge)
    }

    fn check(&self) -> Result<(), SettingError> {
        let holds = self.ridge > 0.0 && self.ridge.is_finite();
        wanted(holds, "ridge", "a ridge above 0", self.ridge)
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        let lambda = self.ridge * pair.y.squared_size() / pair.y.units() as f64;
        let shrunk = |s: &f64| {
            let kept = s * s / (s * s + lambda);
            kept * (2.0 - kept)
        };
        let weights: Vec<f64> = pair.y.directions()?.s.iter().map(shrunk).collect();
        explained(pair, &weights)
    }

    fn warm(&self, layer: &Prepared) {
        let _ = layer.directions();
    }
}

/// Returns Σ wⱼ ‖vⱼᵀX‖² / ‖X‖² with its null.
fn explained(pair: Pair<'_>, weights: &[f64]) -> Result<Estimate, Refusal> {
    let y = pair.y.directions()?;
    let shares = linalg::cross(pair.x.narrow(), y.u.as_ref());
    let held = shares.col_iter().zip(weights);
    let sum: f64 = held.map(|(column, w)| w * column.iter().map(|x| x * x).sum::<f64>()).sum();
    let whole = pair.x.squared_size();
    let null = nulls::bilinear(pair.samples(), pair.x.shape(), y.shape(weights));
    Ok(Estimate::of(sum / whole).with_null(null.scaled(1.0 / whole)))
}
