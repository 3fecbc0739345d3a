//! Matching of units in which a unit may be split.

use convscope_core::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Change, Laws, Measure, TUNING, distance, entry, similarity};
use crate::{Estimate, Pair, Refusal, linalg, tuning};

pub(super) const SIMILARITY: Entry<dyn Measure> = entry::<Similarity>(
    "soft-matching",
    "The mean correlation of units under the best transport plan between the two layers.",
    "Khosla and Williams 2023, arXiv:2311.09466",
);

pub(super) const DISTANCE: Entry<dyn Measure> = entry::<Distance>(
    "soft-matching-distance",
    "The Wasserstein distance between the two layers' units as points over the samples.",
    "Khosla and Williams 2023, arXiv:2311.09466",
);

/// The mean correlation of softly matched units.
///
/// ```text
/// max Σ Tᵢⱼ r(xᵢ, yⱼ),   T ≥ 0 with row sums 1/p and column sums 1/q
/// ```
///
/// Every unit of the wider layer has a share, unlike in `hard-matching`, with which it agrees for
/// p = q. Exact, by augmenting paths. Cost: npq, and about pq(p + q) for the plan.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Similarity {}

impl Measure for Similarity {
    fn laws(&self) -> Laws {
        similarity(TUNING)
    }

    fn estimator(&self) -> String {
        "mean Pearson correlation over the optimal transport plan".into()
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        let gain = tuning::correlations(pair);
        Ok(Estimate::of(tuning::best_transport(gain.as_ref(), |_, _, gain| gain)))
    }
}

/// The soft-matching distance.
///
/// ```text
/// √(min Σ Tᵢⱼ ‖xᵢ − yⱼ‖²),   T as for `soft-matching`, xᵢ and yⱼ centred units
/// ```
///
/// A metric between sets of units; grows with scale and with the number of samples. Constant units
/// are points at the origin. Cost as for `soft-matching`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Distance {}

impl Measure for Distance {
    fn laws(&self) -> Laws {
        distance(&[Change::Translation, Change::UnitOrder, Change::SampleOrder])
    }

    fn estimator(&self) -> String {
        "2-Wasserstein distance of centred units, optimal transport plan".into()
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        let (x, y) = (pair.x.centred(), pair.y.centred());
        let both = linalg::cross(x, y);
        let squared = tuning::best_transport(both.as_ref(), |i, j, _| {
            x.col(i).iter().zip(y.col(j).iter()).map(|(x, y)| (x - y).powi(2)).sum()
        });
        Ok(Estimate::of(squared.sqrt()))
    }
}
