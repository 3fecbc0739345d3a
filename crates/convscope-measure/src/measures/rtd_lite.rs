//! How differently samples cluster in two layers, at all scales.

use convscope_core::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Laws, Measure, SHAPE, distance, entry};
use crate::{Estimate, Pair, Prepared, Refusal, pairs};

pub(super) const ENTRY: Entry<dyn Measure> = entry::<RtdLite>(
    "rtd-lite",
    "How much longer the clusters of each layer stay apart than where either layer joins them.",
    "Tulchinskii, Voronkova, Trofimov, Burnaev and Barannikov 2025, arXiv:2503.11910",
);

/// RTD-Lite, the sum of its two barcodes' lengths, halved.
///
/// ```text
/// (T(A) + T(B)) / 2 − T(min(A, B)),   T the weight of a minimum spanning tree
/// ```
///
/// with A and B the Euclidean distances of either layer over their 0.9-quantile, min taken pair by
/// pair. 0 if the layers join the same clusters at the same scales; it sees connectivity only, no
/// loops. Grows with the number of samples. The quantile is over pairs of different samples with
/// linear interpolation; code that also counts the n zeros of the diagonal scales a little
/// differently. Cost: n²p and n² a layer, n² a pair (Prim 1957).
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct RtdLite {}

impl Measure for RtdLite {
    fn laws(&self) -> Laws {
        distance(SHAPE)
    }

    fn estimator(&self) -> String {
        "Euclidean distances over their 0.9-quantile, both ways, halved".into()
    }

    fn keeps_pairs(&self) -> bool {
        true
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        let n = pair.samples();
        let (a, b) = (scaled(pair.x)?, scaled(pair.y)?);
        let nearer: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a.min(*b)).collect();
        let own = f64::midpoint(tree_weight(&a, n), tree_weight(&b, n));
        Ok(Estimate::of((own - tree_weight(&nearer, n)).max(0.0)))
    }

    fn warm(&self, layer: &Prepared) {
        layer.distance();
    }
}

/// Returns distances over their 0.9-quantile.
fn scaled(layer: &Prepared) -> Result<Vec<f64>, Refusal> {
    let (off, mean) = layer.distance().off();
    let mut distances: Vec<f64> = off.iter().map(|d| d + mean).collect();
    let unit = quantile(&distances, 0.9);
    if unit <= 1e-12 * mean {
        return Err(Refusal::FlatDistances);
    }
    for d in &mut distances {
        *d /= unit;
    }
    Ok(distances)
}

fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    let place = share * (values.len() - 1) as f64;
    let low = pairs::nth(&mut sorted, place.floor() as usize);
    let high = pairs::nth(&mut sorted, place.ceil() as usize);
    low + (high - low) * place.fract()
}

/// Returns the weight of a minimum spanning tree of n points with packed distances.
fn tree_weight(distances: &[f64], n: usize) -> f64 {
    let between = |i: usize, j: usize| {
        let (low, high) = (i.min(j), i.max(j));
        distances[low * (2 * n - low - 1) / 2 + high - low - 1]
    };
    let mut left: Vec<(usize, f64)> = (1..n).map(|i| (i, between(0, i))).collect();
    let mut weight = 0.0;
    while !left.is_empty() {
        let mut nearest = 0;
        for place in 1..left.len() {
            if left[place].1 < left[nearest].1 {
                nearest = place;
            }
        }
        let (joined, distance) = left.swap_remove(nearest);
        weight += distance;
        for (point, reach) in &mut left {
            *reach = reach.min(between(joined, *point));
        }
    }
    weight
}
