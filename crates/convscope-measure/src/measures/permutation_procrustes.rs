//! Distances after the best order of units.

use convscope_core::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Change, Laws, Measure, distance, entry};
use crate::{Estimate, Pair, Refusal, linalg, tuning};

pub(super) const ENTRY: Entry<dyn Measure> = entry::<PermutationProcrustes>(
    "permutation-procrustes",
    "The distance between layers after the best order of units.",
    "Williams, Kunz, Kornblith and Linderman 2021, arXiv:2110.14739",
);

/// The Procrustes distance over permutations of units.
///
/// ```text
/// √(min_P ‖X − Y P‖²),   P a permutation, X and Y centred, the narrower padded with units of zeros
/// ```
///
/// A metric, never below the root of `squared-procrustes`: the axes of units count. Grows with
/// scale and the number of samples. Cost: npq and an assignment of about p²q.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct PermutationProcrustes {}

impl Measure for PermutationProcrustes {
    fn laws(&self) -> Laws {
        distance(&[Change::Translation, Change::UnitOrder, Change::SampleOrder])
    }

    fn estimator(&self) -> String {
        "root of the squared distance, size and shape, optimal assignment".into()
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        let (x, y) = (pair.x.centred(), pair.y.centred());
        let partners = tuning::partners(linalg::cross(x, y).as_ref());
        let mut left = pair.x.squared_size() + pair.y.squared_size();
        let mut apart = 0.0;
        for (i, j) in partners {
            // What pairs of units differ by is summed itself: sizes less products would cancel.
            for (x, y) in x.col(i).iter().zip(y.col(j).iter()) {
                apart += (x - y).powi(2);
                left -= x * x + y * y;
            }
        }
        let unmatched = if pair.x.units() == pair.y.units() { 0.0 } else { left.max(0.0) };
        Ok(Estimate::of((apart + unmatched).sqrt()))
    }
}
