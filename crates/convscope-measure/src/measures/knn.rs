//! Shared nearest neighbours.

use convscope_core::{Entry, SettingError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CONE, Laws, Measure, SHAPE, entry, similarity, some_neighbours};
use crate::neighbours::{self, Near, Neighbours};
use crate::{Caveat, Estimate, Moments, Pair, Prepared, Refusal, nulls};

pub(super) const MUTUAL: Entry<dyn Measure> = entry::<Mutual>(
    "mutual-knn",
    "The share of each sample's k nearest others that both layers agree on.",
    "Huh, Cheung, Wang and Isola 2024, arXiv:2405.07987",
);

pub(super) const JACCARD: Entry<dyn Measure> = entry::<Jaccard>(
    "jaccard-knn",
    "The shared neighbours of each sample over those that either layer names.",
    "Jaccard 1912; Klabunde, Schumacher, Strohmaier and Lemmerich 2023, arXiv:2305.06329",
);

/// The overlap of neighbourhoods.
///
/// ```text
/// mean over i of |N_k(xᵢ) ∩ N_k(yᵢ)| / k
/// ```
///
/// Local: two layers may share all neighbours and no far distance. A sample is excluded from its
/// own neighbours by its number, not by its place in the list, so equal samples are treated alike;
/// among equally near ones the earlier counts as nearer and a caveat says how often. The mean
/// over orders of the samples is k/(n − 1); its variance is exact as well. Cost: n²p a layer, nk a
/// pair.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Mutual {
    /// How many neighbours.
    k: usize,
    /// What it is to be near.
    near: Near,
}

impl Default for Mutual {
    fn default() -> Self {
        Self { k: 10, near: Near::Cosine }
    }
}

impl Measure for Mutual {
    fn laws(&self) -> Laws {
        similarity(unchanged_by(self.near))
    }

    fn estimator(&self) -> String {
        format!("{} nearest by {}, shared over k", self.k, words(self.near))
    }

    fn check(&self) -> Result<(), SettingError> {
        some_neighbours(self.k)
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        let k = self.k as f64;
        let null = |x: &Neighbours, y: &Neighbours| nulls::shared_neighbours(x, y, pair.samples());
        overlap(pair, self.k, self.near, |shared| shared / k, |x, y| Some(null(x, y)))
    }

    fn warm(&self, layer: &Prepared) {
        let _ = neighbours::neighbours(layer, self.near, self.k);
    }
}

/// The Jaccard similarity of neighbourhoods.
///
/// ```text
/// mean over i of |N_k(xᵢ) ∩ N_k(yᵢ)| / |N_k(xᵢ) ∪ N_k(yᵢ)|
/// ```
///
/// Rises with the overlap m/k of `mutual-knn` as m/(2k − m), sample by sample. Neighbours and cost
/// as there.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Jaccard {
    /// How many neighbours.
    k: usize,
    /// What it is to be near.
    near: Near,
}

impl Default for Jaccard {
    fn default() -> Self {
        Self { k: 10, near: Near::Cosine }
    }
}

impl Measure for Jaccard {
    fn laws(&self) -> Laws {
        similarity(unchanged_by(self.near))
    }

    fn estimator(&self) -> String {
        format!("{} nearest by {}, shared over named", self.k, words(self.near))
    }

    fn check(&self) -> Result<(), SettingError> {
        some_neighbours(self.k)
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        let both = 2.0 * self.k as f64;
        overlap(pair, self.k, self.near, |shared| shared / (both - shared), |_, _| None)
    }

    fn warm(&self, layer: &Prepared) {
        let _ = neighbours::neighbours(layer, self.near, self.k);
    }
}

/// Averages a function of the number of shared neighbours.
fn overlap(
    pair: Pair<'_>,
    k: usize,
    near: Near,
    value: impl Fn(f64) -> f64,
    null: impl Fn(&Neighbours, &Neighbours) -> Option<Moments>,
) -> Result<Estimate, Refusal> {
    let found = [pair.x, pair.y].map(|layer| neighbours::neighbours(layer, near, k));
    let [x, y] = found;
    let (x, y) = (x?, y?);
    let (x, y) = (neighbours::found(&x)?, neighbours::found(&y)?);
    let n = pair.samples();
    let sum: f64 = (0..n).map(|i| value(neighbours::shared(x, y, i).len() as f64)).sum();
    let ties = x.ties.max(y.ties);
    let mut estimate = Estimate::of(sum / n as f64).with(Caveat::TiedNeighbours(ties), ties > 0);
    estimate.null = null(x, y);
    Ok(estimate)
}

pub(super) fn unchanged_by(near: Near) -> &'static [super::Change] {
    match near {
        Near::Cosine => CONE,
        Near::Euclidean => SHAPE,
    }
}

pub(super) fn words(near: Near) -> &'static str {
    match near {
        Near::Cosine => "cosine",
        Near::Euclidean => "Euclidean distance",
    }
}
