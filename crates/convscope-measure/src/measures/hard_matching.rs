//! One-to-one matching of units.

use convscope_core::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Laws, Measure, TUNING, entry, similarity};
use crate::{Estimate, Pair, Refusal, tuning};

pub(super) const ENTRY: Entry<dyn Measure> = entry::<HardMatching>(
    "hard-matching",
    "The mean correlation of units under the best one-to-one matching.",
    "Li, Yosinski, Clune, Lipson and Hopcroft 2016, arXiv:1511.07543",
);

/// The mean correlation of best-matched units.
///
/// ```text
/// max over matchings of Σ r(xᵢ, y_π(i)) / min(p, q),   r Pearson's correlation over samples
/// ```
///
/// A negative correlation counts against a match: units are not matched modulo sign. Units without
/// a partner on the wider side do not count; constant units have correlation 0 with every other. The
/// maximum over matchings is above 0 by chance: about √(2 log p / n) for unrelated layers.
/// Cost: npq and an assignment of about p²q. Li et al. 2016 report the matches themselves.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct HardMatching {}

impl Measure for HardMatching {
    fn laws(&self) -> Laws {
        similarity(TUNING)
    }

    fn estimator(&self) -> String {
        "mean Pearson correlation over the optimal assignment".into()
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        let gain = tuning::correlations(pair);
        let (sum, matched) = tuning::best_matching(gain.as_ref());
        Ok(Estimate::of(sum / matched as f64))
    }
}
