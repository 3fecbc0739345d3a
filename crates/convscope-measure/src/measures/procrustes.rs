//! Distances after the best rotation.

use convscope_core::{Entry, SettingError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Laws, Measure, SHAPE, SIZE_AND_SHAPE, SPAN, distance, entry, wanted};
use crate::align::{self, Body};
use crate::{Estimate, Pair, Prepared, Refusal, linalg};

pub(super) const SQUARED: Entry<dyn Measure> = entry::<Squared>(
    "squared-procrustes",
    "The squared distance between layers after the best rotation, size and shape.",
    "Schönemann 1966, doi:10.1007/BF02289451; Ding, Denain and Steinhardt 2021, arXiv:2108.01661",
);

pub(super) const ANGULAR: Entry<dyn Measure> = entry::<Angular>(
    "angular-shape",
    "The angle between two layers after the best rotation, with partial whitening.",
    "Williams, Kunz, Kornblith and Linderman 2021, arXiv:2110.14739",
);

/// The squared Procrustes distance.
///
/// ```text
/// min_Q ‖X − Y Q‖² = ‖X‖² + ‖Y‖² − 2 ‖XᵀY‖_*,   Q orthogonal, X and Y centred
/// ```
///
/// Layers of unequal width are compared as if the narrower had units of zeros. Its root is a
/// metric; other programs report the root, a half, or the distance of layers scaled to length 1. It
/// grows with scale and the number of samples: compare it only within one data set.
///
/// Cost: npq, and the singular values of the smaller of p × q and n × n, as for `nbs`; where the
/// layers nearly agree, a product more, which keeps the small difference exact.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Squared {}

impl Measure for Squared {
    fn laws(&self) -> Laws {
        distance(SIZE_AND_SHAPE)
    }

    fn estimator(&self) -> String {
        "squared, size and shape, no whitening".into()
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        align::squared_distance(Body::of(pair.x), Body::of(pair.y)).map(Estimate::of)
    }

    fn warm(&self, layer: &Prepared) {
        layer.narrow();
    }
}

/// The angular Procrustes distance between partly whitened layers.
///
/// ```text
/// θ = arccos(‖X'ᵀY'‖_* / (‖X'‖ ‖Y'‖))
/// X' = U diag(α s + (1 − α) s̄) Vᵀ,   X = U diag(s) Vᵀ centred,   s̄² = Σ s² / r
/// ```
///
/// A metric on shapes, in radians from 0 to π/2. α = 1, the default, leaves the layer as it is: then
/// cos θ is `nbs`. α = 0 whitens it fully, after which any change of basis goes unseen, and layers
/// that span everything are refused. Whitening is relative to the mean size s̄ of a direction, so
/// that scale goes unseen for every α; an absolute unit, which others use, agrees where s̄ = 1.
/// Directions of rounding noise have no part in it.
///
/// Cost as for `squared-procrustes`; α < 1 needs a decomposition of each layer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Angular {
    /// How much of the layer's own covariance is kept, from 0 (whitened) to 1 (as it is).
    alpha: f64,
}

impl Default for Angular {
    fn default() -> Self {
        Self { alpha: 1.0 }
    }
}

impl Measure for Angular {
    fn laws(&self) -> Laws {
        distance(if self.alpha <= 0.0 { SPAN } else { SHAPE })
    }

    fn estimator(&self) -> String {
        format!("angle in radians, whitening α = {}", self.alpha)
    }

    fn check(&self) -> Result<(), SettingError> {
        wanted((0.0..=1.0).contains(&self.alpha), "alpha", "α from 0 to 1", self.alpha)
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        if self.alpha >= 1.0 {
            return align::angle(Body::of(pair.x), Body::of(pair.y)).map(Estimate::of);
        }
        if self.alpha <= 0.0 {
            super::cca::room(pair)?;
        }
        let (x, y) = (self.whitened(pair.x)?, self.whitened(pair.y)?);
        align::angle(Body::new(x.as_ref()), Body::new(y.as_ref())).map(Estimate::of)
    }

    fn warm(&self, layer: &Prepared) {
        layer.narrow();
        if self.alpha < 1.0 {
            let _ = layer.directions();
        }
    }
}

impl Angular {
    fn whitened(&self, layer: &Prepared) -> Result<faer::Mat<f64>, Refusal> {
        let found = layer.directions()?;
        let mean = (found.s.iter().map(|s| s * s).sum::<f64>() / found.rank() as f64).sqrt();
        let sizes: Vec<f64> =
            found.s.iter().map(|s| self.alpha * s + (1.0 - self.alpha) * mean).collect();
        Ok(linalg::scaled_columns(found.u.as_ref(), &sizes))
    }
}
