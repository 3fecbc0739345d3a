//! Which of some kernels repeat others.

use super::filters::unit;
use super::sketches::Sketches;
use crate::probes::dot;
use crate::{Flip, Size};

/// Kernels are alike from this |cosine| on.
pub(super) const ALIKE: f64 = 0.99;

/// How many of some kernels repeat others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Repeats {
    /// How many are left out when of each set of alike kernels one stays.
    pub(super) alike: usize,
    /// The same of kernels that are as large, too.
    pub(super) equal: usize,
    /// How many pairs are alike.
    pub(super) pairs: usize,
}

/// About how many steps it took to search them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Searched(pub(super) usize);

impl Repeats {
    /// Searches kernels of a size, none of zeros.
    pub(super) fn among<'k>(
        kernels: impl Iterator<Item = &'k [f64]>,
        size: Size,
    ) -> (Self, Searched) {
        let moves: Vec<Vec<usize>> =
            Flip::ALL.iter().filter_map(|flip| flip.places(size)).collect();
        let mut kernels: Vec<Kernel> = kernels.filter_map(Kernel::new).collect();
        let sketches = Sketches::new(&mut kernels, &moves);
        let (mut pairs, mut equal) = (Vec::new(), Vec::new());
        let mut steps = kernels.len() * size.count() * PREPARED;
        let mut near = Vec::new();
        for (i, kernel) in kernels.iter().enumerate() {
            steps += sketches.near(i, &mut near);
            if near.is_empty() {
                continue;
            }
            steps += near.len() * moves.len() * size.count();
            let flipped: Vec<Vec<f64>> = moves
                .iter()
                .map(|places| places.iter().map(|place| kernel.unit[*place]).collect())
                .collect();
            for &j in &near {
                let cosines = flipped.iter().map(|flipped| dot(flipped, &kernels[j].unit).abs());
                let cosine = cosines.fold(0.0, f64::max);
                if cosine >= ALIKE {
                    pairs.push((i, j));
                    if is_equal([kernel, &kernels[j]], cosine) {
                        equal.push((i, j));
                    }
                }
            }
        }
        let [alike, equal] = [&pairs, &equal].map(|pairs| joined(kernels.len(), pairs));
        (Self { alike, equal, pairs: pairs.len() }, Searched(steps))
    }
}

/// How many steps each number takes before kernels are searched.
const PREPARED: usize = 64;

/// A kernel at length 1.
pub(super) struct Kernel {
    pub(super) unit: Vec<f64>,
    /// Its own largest number and its length in that.
    largest: f64,
    length: f64,
}

impl Kernel {
    fn new(kernel: &[f64]) -> Option<Self> {
        let unit = unit(kernel)?;
        let largest = kernel.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        // Lengths themselves may be too small or too large to be squared.
        let length = kernel.iter().map(|value| (value / largest).powi(2)).sum::<f64>().sqrt();
        Some(Self { unit, largest, length })
    }
}

/// Returns whether two kernels of a cosine differ by no more than alike ones of one length do.
fn is_equal([a, b]: [&Kernel; 2], cosine: f64) -> bool {
    let scale = f64::max(a.largest, b.largest);
    let [a, b] = [a, b].map(|kernel| kernel.largest / scale * kernel.length);
    let apart = a * a + b * b - 2.0 * a * b * cosine;
    apart <= 2.0 * (1.0 - ALIKE) * f64::max(a, b).powi(2)
}

/// Returns how many of some things are left out when of each set that pairs join one stays.
fn joined(count: usize, pairs: &[(usize, usize)]) -> usize {
    let mut above: Vec<usize> = (0..count).collect();
    let mut left_out = 0;
    for (i, j) in pairs {
        let [i, j] = [*i, *j].map(|mut at| {
            while above[at] != at {
                above[at] = above[above[at]];
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
