//! Canonical correlations of leading directions.

use convscope_core::{Entry, SettingError};
use faer::Mat;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cca::with_forced;
use super::{Laws, Measure, SHAPE, entry, similarity, wanted};
use crate::{Caveat, Estimate, Pair, Prepared, Refusal, linalg, whitening};

pub(super) const ENTRY: Entry<dyn Measure> = entry::<Svcca>(
    "svcca",
    "The mean canonical correlation of the directions that hold most of the variance.",
    "Raghu, Gilmer, Yosinski and Sohl-Dickstein 2017, arXiv:1706.05806",
);

/// Singular vector canonical correlation analysis.
///
/// ```text
/// centre; keep the fewest directions with Σ σᵢ² ≥ variance · Σ σ²; mean canonical correlation
/// ```
///
/// The share is of variance, σ², and is taken after centring: a share of Σ σ or of uncentred
/// activations keeps other directions. The number kept depends on the scale of single units.
/// Refuses layers of which n − 1 directions are kept. Cost: one decomposition a layer, nkl and a
/// decomposition of k × l a pair.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Svcca {
    /// The share of the variance to keep, above 0 and at most 1.
    variance: f64,
}

impl Default for Svcca {
    fn default() -> Self {
        Self { variance: 0.99 }
    }
}

impl Measure for Svcca {
    fn laws(&self) -> Laws {
        similarity(SHAPE)
    }

    fn estimator(&self) -> String {
        format!("mean canonical correlation of {} % of the variance", 100.0 * self.variance)
    }

    fn check(&self) -> Result<(), SettingError> {
        let holds = self.variance > 0.0 && self.variance <= 1.0;
        wanted(holds, "variance", "a share of variance above 0 and up to 1", self.variance)
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        let cosines = if let (Some(f), Some(g)) = (self.leading(pair.x), self.leading(pair.y)) {
            whitening::cosines(pair, f.as_ref(), g.as_ref())
        } else {
            let (k, l) = (self.kept(pair.x)?, self.kept(pair.y)?);
            let (u, v) = (&pair.x.directions()?.u, &pair.y.directions()?.u);
            linalg::cross(u.subcols(0, k), v.subcols(0, l))
        };
        let (samples, (k, l)) = (pair.samples(), cosines.shape());
        if k.max(l) + 1 >= samples {
            return Err(Refusal::TooWide { samples, directions: k.max(l) });
        }
        let rho = linalg::singular_values(cosines.as_ref())?;
        let mean = rho.iter().map(|rho| rho.min(1.0)).sum::<f64>() / rho.len() as f64;
        let units = [pair.x.units(), pair.y.units()];
        let kept = Caveat::KeptForVariance { kept: [k, l], units };
        Ok(with_forced(Estimate::of(mean).with(kept, [k, l] != units), pair, [k, l]))
    }

    fn warm(&self, layer: &Prepared) {
        if self.leading(layer).is_none() {
            let _ = layer.directions();
        }
    }
}

impl Svcca {
    /// Returns Σ σ² that the kept directions must hold.
    fn wanted(&self, layer: &Prepared) -> f64 {
        // A share that is met exactly must not be missed by rounding.
        self.variance * layer.squared_size() * (1.0 - 1e-13)
    }

    /// Returns what makes the leading directions orthonormal, where products of units are exact enough.
    fn leading(&self, layer: &Prepared) -> Option<Mat<f64>> {
        layer.principal()?.leading(self.wanted(layer))
    }

    fn kept(&self, layer: &Prepared) -> Result<usize, Refusal> {
        let s = &layer.directions()?.s;
        let wanted = self.wanted(layer);
        let mut held = 0.0;
        let short = s.iter().take_while(|s| {
            let before = held;
            held += **s * **s;
            before < wanted
        });
        Ok(short.count().max(1))
    }
}
