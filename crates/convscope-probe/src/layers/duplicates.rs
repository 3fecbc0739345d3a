//! Kernels that others repeat, flipped, negated or scaled.

use rayon::prelude::*;
use statrs::function::beta::beta_reg;

use super::filters::unit;
use crate::probes::dot;
use crate::{Flip, Layer};

/// Kernels that others repeat.
#[derive(Debug, Clone, PartialEq)]
pub struct Duplicates {
    /// How many kernels were compared: all that are not zeros, or of more than [`MOST`](Self::MOST)
    /// so many, evenly spread over the layer.
    pub compared: usize,
    /// How many of them are left out when of each set of kernels with |cosine| ≥ 0.99, under the best
    /// flip, one stays.
    ///
    /// A kernel belongs to a set when it is like one of its members.
    pub alike: usize,
    /// The same for kernels whose difference under the best flip and sign is no longer than √0.02 of
    /// the longer one.
    pub equal: usize,
    /// How many pairs have such a cosine.
    pub pairs: usize,
    /// At most how many pairs would by chance, of independent normal numbers.
    ///
    /// ```text
    /// pairs · flips · P(|cos| ≥ 0.99),   each flip counted as if alone
    /// ```
    ///
    /// Kernels of four numbers are often alike by chance, of nine hardly ever.
    pub pairs_by_chance: f64,
}

/// Kernels are alike from this |cosine| on.
const ALIKE: f64 = 0.99;

impl Duplicates {
    /// The most kernels that are compared with each other.
    pub const MOST: usize = 2048;

    pub(super) fn new(layer: &Layer) -> Self {
        let all: Vec<(&[f64], Vec<f64>)> =
            layer.kernels().filter_map(|kernel| Some((kernel, unit(kernel)?))).collect();
        let compared = all.len().min(Self::MOST);
        let chosen: Vec<&(&[f64], Vec<f64>)> =
            (0..compared).map(|place| &all[place * all.len() / compared]).collect();
        let lengths: Vec<f64> =
            chosen.iter().map(|(kernel, _)| length(kernel, layer.largest())).collect();
        let places: Vec<Vec<usize>> =
            Flip::ALL.iter().filter_map(|flip| flip.places(layer.size())).collect();
        let found: Vec<Vec<(usize, bool)>> = (0..compared)
            .into_par_iter()
            .map(|i| {
                let flipped: Vec<Vec<f64>> = places
                    .iter()
                    .map(|places| places.iter().map(|place| chosen[i].1[*place]).collect())
                    .collect();
                let best = |j: usize| {
                    let cosines = flipped.iter().map(|kernel| dot(kernel, &chosen[j].1).abs());
                    cosines.fold(0.0, f64::max)
                };
                let near = (0..i).map(|j| (j, best(j))).filter(|(_, cosine)| *cosine >= ALIKE);
                near.map(|(j, cosine)| (j, is_equal([lengths[i], lengths[j]], cosine))).collect()
            })
            .collect();
        let pairs = |which: fn(bool) -> bool| {
            let those = found.iter().enumerate();
            those.flat_map(move |(i, near)| {
                near.iter().filter(move |(_, equal)| which(*equal)).map(move |(j, _)| (i, *j))
            })
        };
        let d = layer.size().count() as f64;
        let beyond =
            if d > 1.0 { 1.0 - beta_reg(0.5, (d - 1.0) / 2.0, ALIKE * ALIKE) } else { 1.0 };
        let all_pairs = (compared * compared.saturating_sub(1)) as f64 / 2.0;
        Self {
            compared,
            alike: joined(compared, pairs(|_| true)),
            equal: joined(compared, pairs(|equal| equal)),
            pairs: pairs(|_| true).count(),
            pairs_by_chance: all_pairs * (places.len() as f64 * beyond).min(1.0),
        }
    }
}

/// Returns whether two kernels of given lengths and cosine differ by no more than alike ones of one
/// length do.
fn is_equal([a, b]: [f64; 2], cosine: f64) -> bool {
    let apart = a * a + b * b - 2.0 * a * b * cosine;
    apart <= 2.0 * (1.0 - ALIKE) * f64::max(a, b).powi(2)
}

fn length(kernel: &[f64], largest: f64) -> f64 {
    kernel.iter().map(|value| (value / largest).powi(2)).sum::<f64>().sqrt()
}

/// Returns how many of some things are left out when of each set that pairs join one stays.
fn joined(count: usize, pairs: impl Iterator<Item = (usize, usize)>) -> usize {
    let mut above: Vec<usize> = (0..count).collect();
    let mut left_out = 0;
    for (i, j) in pairs {
        let [i, j] = [i, j].map(|mut at| {
            while above[at] != at {
                at = above[at];
            }
            at
        });
        if i != j {
            above[i.max(j)] = i.min(j);
            left_out += 1;
        }
    }
    left_out
}
