//! Symmetric similarities between samples, and the dependence between two of them.

use rayon::prelude::*;

use crate::linalg::{self, dot};
use crate::{Moments, nulls};

/// A symmetric n × n matrix K, kept so that dependence on another is one long dot product.
///
/// The constant m, the mean off the diagonal, is taken off every entry: no estimator sees it, and
/// without it large numbers do not cancel.
#[derive(Debug)]
pub(crate) struct Kernel {
    /// K − m below the diagonal, column after column.
    off: Vec<f64>,
    mean: f64,
    /// Sums of K − m off the diagonal, row by row; they add up to zero.
    rows: Vec<f64>,
    /// Kᵢᵢ − m.
    diagonal: Vec<f64>,
    own_biased: f64,
    own_debiased: f64,
}

impl Kernel {
    /// Takes the strict lower triangle, column after column, and the diagonal.
    pub(crate) fn new(mut off: Vec<f64>, mut diagonal: Vec<f64>) -> Self {
        let mean = crate::pairs::sum(&off) / off.len() as f64;
        for x in &mut diagonal {
            *x -= mean;
        }
        let (rows, overlap) = lowered(&mut off, mean, diagonal.len());
        let mut kernel = Self { off, mean, rows, diagonal, own_biased: 0.0, own_debiased: 0.0 };
        kernel.own_biased = kernel.biased_with(&kernel, overlap);
        kernel.own_debiased = kernel.debiased_with(&kernel, overlap);
        kernel
    }

    /// Returns the kernel of samples in another order: i is what was `order[i]`.
    pub(crate) fn reordered(&self, order: &[usize]) -> Self {
        let each = |list: &[f64]| order.iter().map(|sample| list[*sample]).collect();
        Self {
            off: linalg::reordered_pairs(&self.off, order),
            rows: each(&self.rows),
            diagonal: each(&self.diagonal),
            ..*self
        }
    }

    /// Returns K − m below the diagonal, and m.
    pub(crate) fn off(&self) -> (&[f64], f64) {
        (&self.off, self.mean)
    }

    /// Returns Σ K L below the diagonal: all that a pair costs.
    pub(crate) fn overlap(&self, other: &Self) -> f64 {
        dot(&self.off, &other.off)
    }

    /// Returns ⟨HKH, HLH⟩, from the overlap.
    pub(crate) fn biased_with(&self, other: &Self, overlap: f64) -> f64 {
        let n = self.rows.len() as f64;
        let (mut diagonal, mut rows, mut own, mut others) = (0.0, 0.0, 0.0, 0.0);
        for i in 0..self.rows.len() {
            let (k, l) = (self.diagonal[i], other.diagonal[i]);
            diagonal += k * l;
            rows += (self.rows[i] + k) * (other.rows[i] + l);
            own += self.rows[i] + k;
            others += other.rows[i] + l;
        }
        2.0 * overlap + diagonal - 2.0 / n * rows + own * others / (n * n)
    }

    /// Returns n(n − 3) times the unbiased HSIC, from the overlap.
    pub(crate) fn debiased_with(&self, other: &Self, overlap: f64) -> f64 {
        let n = self.rows.len() as f64;
        let (mut rows, mut own, mut others) = (0.0, 0.0, 0.0);
        for (k, l) in self.rows.iter().zip(&other.rows) {
            rows += k * l;
            own += k;
            others += l;
        }
        2.0 * overlap - 2.0 / (n - 2.0) * rows + own * others / ((n - 1.0) * (n - 2.0))
    }

    /// Returns ‖HKH‖².
    pub(crate) fn own_biased(&self) -> f64 {
        self.own_biased
    }

    /// Returns what the null of biased dependence needs to know of HKH.
    pub(crate) fn shape(&self) -> nulls::Shape {
        let n = self.rows.len() as f64;
        let sums: Vec<f64> = self.rows.iter().zip(&self.diagonal).map(|(r, d)| r + d).collect();
        let total: f64 = sums.iter().sum();
        let centred =
            sums.iter().zip(&self.diagonal).map(|(r, d)| d - 2.0 * r / n + total / (n * n));
        let (trace, squares) = centred.fold((0.0, 0.0), |(t, s), d| (t + d, s + d * d));
        nulls::Shape { trace, squared_norm: self.own_biased, squared_diagonal: squares }
    }
}

/// Which estimator of dependence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Estimator {
    /// Plug-in: dependence of the samples themselves.
    Biased,
    /// U-statistic: unbiased for the population the samples come from.
    Debiased,
}

/// Returns the normalised dependence of two kernels from their overlap, with its null.
pub(crate) fn alignment(
    estimator: Estimator,
    [x, y]: [&Kernel; 2],
    overlap: f64,
) -> Result<(f64, Moments), crate::Refusal> {
    let n = x.rows.len();
    match estimator {
        Estimator::Biased => {
            let scale = (x.own_biased * y.own_biased).sqrt();
            let null = nulls::bilinear(n, x.shape(), y.shape()).scaled(1.0 / scale);
            Ok((x.biased_with(y, overlap) / scale, null))
        }
        Estimator::Debiased => {
            let own = [x.own_debiased, y.own_debiased];
            let value =
                x.debiased_with(y, overlap) / debiased_scale(own, [x.own_biased, y.own_biased])?;
            Ok((value, nulls::debiased(n)))
        }
    }
}

/// Returns the normalised dependence of all pairs of kernels, from one matrix product.
pub(crate) fn alignments(
    estimator: Estimator,
    k: &[&Kernel],
    l: &[&Kernel],
) -> Vec<Vec<Result<(f64, Moments), crate::Refusal>>> {
    let overlaps = linalg::all_dots(&off_diagonals(k), &off_diagonals(l));
    let one = |i: usize, j: usize| alignment(estimator, [k[i], l[j]], overlaps[(i, j)]);
    (0..k.len()).map(|i| (0..l.len()).map(|j| one(i, j)).collect()).collect()
}

/// Returns the root of the product of two unbiased self-terms, each above rounding of its biased one.
pub(crate) fn debiased_scale(own: [f64; 2], biased: [f64; 2]) -> Result<f64, crate::Refusal> {
    for (layer, (own, biased)) in ["first", "second"].into_iter().zip(own.into_iter().zip(biased)) {
        if own <= 1e-13 * biased {
            return Err(crate::Refusal::SelfTerm { layer });
        }
    }
    Ok((own[0] * own[1]).sqrt())
}

fn off_diagonals<'a>(kernels: &[&'a Kernel]) -> Vec<&'a [f64]> {
    kernels.iter().map(|kernel| kernel.off.as_slice()).collect()
}

/// Takes the mean off every entry, and returns the sums of rows and the sum of squares that are left.
///
/// A column is still at hand while all three are done to it.
fn lowered(off: &mut [f64], mean: f64, n: usize) -> (Vec<f64>, f64) {
    let pieces = linalg::packed_columns(off, n).into_par_iter();
    let parts: Vec<(Vec<f64>, f64)> = pieces
        .map(|(first, count, columns)| {
            let (mut sums, mut squares, mut rest) = (vec![0.0; n], 0.0, columns);
            for j in first..first + count {
                let (column, after) = rest.split_at_mut(n - j - 1);
                for (value, sum) in column.iter_mut().zip(&mut sums[j + 1..]) {
                    *value -= mean;
                    *sum += *value;
                }
                sums[j] += linalg::total(column);
                squares += linalg::squares(column);
                rest = after;
            }
            (sums, squares)
        })
        .collect();
    let (mut sums, mut squares) = (vec![0.0; n], 0.0);
    for (part, own) in parts {
        sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        squares += own;
    }
    (sums, squares)
}
