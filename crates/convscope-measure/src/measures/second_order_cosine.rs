//! Cosines of cosines to neighbours.

use convscope_core::{Entry, SettingError};
use faer::MatRef;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CONE, Laws, Measure, entry, similarity, some_neighbours};
use crate::neighbours::{self, Near};
use crate::{Caveat, Estimate, Pair, Prepared, Refusal, pairs};

pub(super) const ENTRY: Entry<dyn Measure> = entry::<SecondOrderCosine>(
    "second-order-cosine",
    "How alike two layers hold each sample to be to its neighbours: a cosine of cosines.",
    "Hamilton, Leskovec and Jurafsky 2016, arXiv:1606.02821",
);

/// The second-order cosine similarity.
///
/// ```text
/// mean over i of cos(a, b),   a_j = cos(xᵢ, xⱼ) and b_j = cos(yᵢ, yⱼ) over j in N_k(xᵢ) ∪ N_k(yᵢ)
/// ```
///
/// with neighbours by cosine of the samples as they came. High wherever all cosines are positive,
/// as after a ReLU: two unrelated such layers agree that everything is somewhat alike. A sample
/// orthogonal to all its neighbours counts 0. Cost: n²p a layer, nk(p + q) a pair.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct SecondOrderCosine {
    /// How many neighbours.
    k: usize,
}

impl Default for SecondOrderCosine {
    fn default() -> Self {
        Self { k: 10 }
    }
}

impl Measure for SecondOrderCosine {
    fn laws(&self) -> Laws {
        similarity(CONE)
    }

    fn estimator(&self) -> String {
        format!("cosines to {} nearest by cosine in either layer", self.k)
    }

    fn check(&self) -> Result<(), SettingError> {
        some_neighbours(self.k)
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        let [x, y] =
            [pair.x, pair.y].map(|layer| neighbours::neighbours(layer, Near::Cosine, self.k));
        let (x, y) = (x?, y?);
        let (x, y) = (neighbours::found(&x)?, neighbours::found(&y)?);
        let (rows_x, rows_y) = (pairs::unit_rows(pair.x)?, pairs::unit_rows(pair.y)?);
        let n = pair.samples();
        let each: Vec<f64> = (0..n)
            .into_par_iter()
            .map(|i| {
                let mut near = x.sorted(i);
                near.extend(y.of(i));
                near.sort_unstable();
                near.dedup();
                cosine(&cosines(rows_x.as_ref(), i, &near), &cosines(rows_y.as_ref(), i, &near))
            })
            .collect();
        let ties = x.ties.max(y.ties);
        let mean = each.iter().sum::<f64>() / n as f64;
        Ok(Estimate::of(mean).with(Caveat::TiedNeighbours(ties), ties > 0))
    }

    fn warm(&self, layer: &Prepared) {
        let _ = neighbours::neighbours(layer, Near::Cosine, self.k);
    }
}

fn cosines(rows: MatRef<'_, f64>, i: usize, near: &[u32]) -> Vec<f64> {
    let own = rows.col(i);
    let with = |j: &u32| own.iter().zip(rows.col(*j as usize).iter()).map(|(a, b)| a * b).sum();
    near.iter().map(with).collect()
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    if lengths > 0.0 { dot(a, b) / lengths } else { 0.0 }
}
