//! Shared nearest neighbours in the same order.

use convscope_core::{Entry, SettingError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::knn::{unchanged_by, words};
use super::{Laws, Measure, entry, similarity, some_neighbours};
use crate::neighbours::{self, Near};
use crate::{Caveat, Estimate, Pair, Prepared, Refusal};

pub(super) const ENTRY: Entry<dyn Measure> = entry::<RankSimilarity>(
    "rank-similarity",
    "How far two layers agree on the order of the neighbours they share.",
    "Wang, Rao, Guo, Wang, Liu and Guan 2022, IEEE TKDE 34, 927; Klabunde et al. 2023, arXiv:2305.06329",
);

/// The agreement of ranks among shared neighbours.
///
/// ```text
/// mean over i of  1/v Σ_j 2 / ((1 + |r(j) − s(j)|) (r(j) + s(j))),   v = Σ_{m=1}^{|shared|} 1/m
/// ```
///
/// over the shared neighbours j of sample i, with ranks r and s from 1 in either layer. 1 if the
/// shared ones stand first and in the same order. A sample without shared neighbours counts 0.
/// Among few shared neighbours the value is high even by chance: read it beside `mutual-knn`.
/// Neighbours, ties and cost as there.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct RankSimilarity {
    /// How many neighbours.
    k: usize,
    /// What it is to be near.
    near: Near,
}

impl Default for RankSimilarity {
    fn default() -> Self {
        Self { k: 10, near: Near::Cosine }
    }
}

impl Measure for RankSimilarity {
    fn laws(&self) -> Laws {
        similarity(unchanged_by(self.near))
    }

    fn estimator(&self) -> String {
        format!("ranks among {} nearest by {}", self.k, words(self.near))
    }

    fn check(&self) -> Result<(), SettingError> {
        some_neighbours(self.k)
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        let [x, y] = [pair.x, pair.y].map(|layer| neighbours::neighbours(layer, self.near, self.k));
        let (x, y) = (x?, y?);
        let (x, y) = (neighbours::found(&x)?, neighbours::found(&y)?);
        let n = pair.samples();
        let mut sum = 0.0;
        for i in 0..n {
            let rank =
                |list: &[u32], j: u32| list.iter().position(|k| *k == j).map(|r| r as f64 + 1.0);
            let (mut agreed, mut most) = (0.0, 0.0);
            for (shared, j) in neighbours::shared(x, y, i).into_iter().enumerate() {
                let (Some(r), Some(s)) = (rank(x.of(i), j), rank(y.of(i), j)) else { continue };
                agreed += 2.0 / ((1.0 + (r - s).abs()) * (r + s));
                most += 1.0 / (shared + 1) as f64;
            }
            if most > 0.0 {
                sum += agreed / most;
            }
        }
        let ties = x.ties.max(y.ties);
        Ok(Estimate::of(sum / n as f64).with(Caveat::TiedNeighbours(ties), ties > 0))
    }

    fn warm(&self, layer: &Prepared) {
        let _ = neighbours::neighbours(layer, self.near, self.k);
    }
}
