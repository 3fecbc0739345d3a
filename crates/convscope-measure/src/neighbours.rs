//! The nearest other samples of each sample.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::{Prepared, Refusal, pairs};

/// What it is to be near.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Near {
    /// A large cosine of the samples as they came; shifting a unit changes it.
    #[default]
    Cosine,
    /// A small Euclidean distance.
    Euclidean,
}

/// The k nearest others of each sample, nearest first.
#[derive(Debug)]
pub(crate) struct Neighbours {
    k: usize,
    nearest: Vec<u32>,
    /// Samples whose last neighbour inside and first outside lie equally near.
    pub(crate) ties: usize,
}

/// Samples whose distances to all others one task holds.
const BLOCK: usize = 64;

impl Neighbours {
    /// Returns the neighbours of a sample, nearest first.
    pub(crate) fn of(&self, sample: usize) -> &[u32] {
        &self.nearest[sample * self.k..(sample + 1) * self.k]
    }

    /// Returns the neighbours of a sample in the order of their numbers.
    pub(crate) fn sorted(&self, sample: usize) -> Vec<u32> {
        let mut sorted = self.of(sample).to_vec();
        sorted.sort_unstable();
        sorted
    }
}

/// Returns the neighbours of a layer, kept with it.
///
/// A sample is no neighbour of itself, whatever lies at the same place; of two at the same
/// distance the earlier sample is nearer. Cost: n²p once.
pub(crate) fn neighbours(
    layer: &Prepared,
    near: Near,
    k: usize,
) -> Result<Arc<Result<Neighbours, Refusal>>, Refusal> {
    let n = layer.samples();
    if k == 0 || k >= n {
        let message = format!("wanted 1 to {} neighbours of {n} samples, got k = {k}", n - 1);
        return Err(Refusal::Setting(message));
    }
    Ok(layer.neighbours.get((near, k), || search(layer, near, k)))
}

/// Returns the neighbours, or why a layer has none.
pub(crate) fn found(kept: &Arc<Result<Neighbours, Refusal>>) -> Result<&Neighbours, Refusal> {
    kept.as_ref().as_ref().map_err(Clone::clone)
}

/// Returns the neighbours of a sample in both layers, in the order of their numbers.
pub(crate) fn shared(x: &Neighbours, y: &Neighbours, sample: usize) -> Vec<u32> {
    let theirs = y.sorted(sample);
    let mut shared = x.sorted(sample);
    shared.retain(|j| theirs.binary_search(j).is_ok());
    shared
}

fn search(layer: &Prepared, near: Near, k: usize) -> Result<Neighbours, Refusal> {
    let n = layer.samples();
    let (columns, halves) = match near {
        Near::Cosine => (pairs::unit_rows(layer)?, vec![0.0; n]),
        Near::Euclidean => {
            let halves = layer.row_norms().iter().map(|norm| norm / 2.0).collect();
            (layer.narrow().transpose().to_owned(), halves)
        }
    };
    let mut nearest = vec![0; n * k];
    let ties = nearest
        .par_chunks_mut(BLOCK * k)
        .enumerate()
        .map(|(block, nearest)| block_of(columns.as_ref(), &halves, block * BLOCK, k, nearest))
        .sum();
    Ok(Neighbours { k, nearest, ties })
}

fn block_of(
    columns: MatRef<'_, f64>,
    halves: &[f64],
    first: usize,
    k: usize,
    nearest: &mut [u32],
) -> usize {
    let n = columns.ncols();
    let count = nearest.len() / k;
    let mut products = Mat::zeros(n, count);
    let ours = columns.subcols(first, count);
    matmul(products.as_mut(), Accum::Replace, columns.transpose(), ours, 1.0, Par::Seq);
    let mut candidates: Vec<(f64, u32)> = Vec::with_capacity(n);
    let mut ties = 0;
    for (offset, nearest) in nearest.chunks_mut(k).enumerate() {
        let own = first + offset;
        candidates.clear();
        // ‖xᵢ − xⱼ‖² falls as xᵢ·xⱼ − ‖xⱼ‖²/2 rises; half-lengths are zero for cosines.
        let column = products.col(offset);
        candidates
            .extend(column.iter().zip(halves).zip(0_u32..).map(|((dot, half), j)| (half - dot, j)));
        candidates.swap_remove(own);
        let order = |a: &(f64, u32), b: &(f64, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        let (inside, last, outside) = candidates.select_nth_unstable_by(k - 1, order);
        let edge = last.0;
        ties += usize::from(outside.iter().any(|other| other.0 <= edge));
        inside.sort_unstable_by(order);
        for (slot, (_, j)) in nearest.iter_mut().zip(inside.iter().chain([&*last])) {
            *slot = *j;
        }
    }
    ties
}
