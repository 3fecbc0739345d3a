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

/// Samples whose neighbours one task finds.
const BLOCK: usize = 128;
/// Other samples that it looks at together, so that their products stay near.
const CHUNK: usize = 1024;
/// Candidates beyond twice k that are gathered before all but the nearest are forgotten.
const SIFT: usize = 64;

impl Neighbours {
    /// Returns the neighbours of a sample, nearest first.
    pub(crate) fn of(&self, sample: usize) -> &[u32] {
        &self.nearest[sample * self.k..(sample + 1) * self.k]
    }

    /// Returns the same neighbours of samples in another order: i is what was `order[i]`.
    pub(crate) fn reordered(&self, order: &[usize]) -> Self {
        let mut new = vec![0; order.len()];
        for (place, &sample) in (0..).zip(order) {
            new[sample] = place;
        }
        let names = order.iter().flat_map(|sample| self.of(*sample));
        let nearest = names.map(|name| new[*name as usize]).collect();
        Self { k: self.k, nearest, ties: self.ties }
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
    if k >= n {
        let message = format!("wanted 1 to {} neighbours of {n} samples, got k = {k}", n - 1);
        return Err(Refusal::Setting(message));
    }
    Ok(layer.factors.neighbours((near, k), || search(layer, near, k)))
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
    let ours = columns.subcols(first, count);
    let mut found: Vec<Nearest> = (0..count).map(|_| Nearest::new(k)).collect();
    for from in (0..n).step_by(CHUNK) {
        let len = CHUNK.min(n - from);
        let mut products = Mat::zeros(len, count);
        let others = columns.subcols(from, len).transpose();
        matmul(products.as_mut(), Accum::Replace, others, ours, 1.0, Par::Seq);
        for (offset, found) in found.iter_mut().enumerate() {
            found.look(
                products.col_as_slice(offset),
                &halves[from..from + len],
                from,
                first + offset,
            );
        }
    }
    let mut ties = 0;
    for (found, nearest) in found.iter_mut().zip(nearest.chunks_mut(k)) {
        ties += usize::from(found.finish(nearest));
    }
    ties
}

/// The k + 1 nearest of the samples seen so far, by distance and then by number.
struct Nearest {
    k: usize,
    /// The nearest, and those that came since they were last sifted.
    kept: Vec<(f64, u32)>,
    /// Nothing farther than this is among the k + 1 nearest.
    bound: f64,
}

impl Nearest {
    fn new(k: usize) -> Self {
        Self { k, kept: Vec::with_capacity(2 * k + SIFT), bound: f64::INFINITY }
    }

    /// Looks at samples from number `from` on, of which one may be the sample itself.
    fn look(&mut self, products: &[f64], halves: &[f64], from: usize, own: usize) {
        const LANES: usize = 16;
        let (whole, rest) = products.as_chunks::<LANES>();
        let (whole_halves, rest_halves) = halves.as_chunks::<LANES>();
        for (run, (products, halves)) in whole.iter().zip(whole_halves).enumerate() {
            let mut near = 0_u8;
            for lane in 0..LANES {
                near |= u8::from(halves[lane] - products[lane] < self.bound);
            }
            if near != 0 {
                self.gather(products, halves, from + run * LANES, own);
            }
        }
        self.gather(rest, rest_halves, from + whole.len() * LANES, own);
    }

    fn gather(&mut self, products: &[f64], halves: &[f64], from: usize, own: usize) {
        for (j, (dot, half)) in (from..).zip(products.iter().zip(halves)) {
            // ‖xᵢ − xⱼ‖² falls as xᵢ·xⱼ − ‖xⱼ‖²/2 rises; half-lengths are zero for cosines.
            let distance = half - dot;
            if distance < self.bound && j != own {
                self.kept.push((distance, j as u32));
            }
        }
        if self.kept.len() > 2 * self.k + SIFT / 2 {
            self.sift();
        }
    }

    /// Forgets all but the k + 1 nearest. Samples come in order, so a later one at the bound stays out.
    fn sift(&mut self) {
        if self.kept.len() > self.k + 1 {
            self.kept.select_nth_unstable_by(self.k, order);
            self.kept.truncate(self.k + 1);
            self.bound = self.kept[self.k].0;
        }
    }

    /// Writes the k nearest and returns whether the next one is as near as the last of them.
    fn finish(&mut self, nearest: &mut [u32]) -> bool {
        self.kept.sort_unstable_by(order);
        for (slot, (_, j)) in nearest.iter_mut().zip(&self.kept) {
            *slot = *j;
        }
        self.kept.get(self.k).is_some_and(|next| next.0 <= self.kept[self.k - 1].0)
    }
}

fn order(a: &(f64, u32), b: &(f64, u32)) -> std::cmp::Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}
