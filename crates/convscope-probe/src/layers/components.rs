//! Principal components of kernels.

use super::entropies::of_own;
use super::judged::{Judged, Level};
use super::nulls::Nulls;
use super::wishart::Wishart;
use crate::{Size, singular};

/// The directions in which kernels differ most, by analysis of their covariance.
#[derive(Debug, Clone, PartialEq)]
pub struct Components {
    /// How many kernels there are.
    pub count: usize,
    /// The mean kernel.
    pub mean: Vec<f64>,
    /// The directions, each of length 1 with its largest number positive, by falling variance.
    ///
    /// Where two variances are equal, any rotation of their directions would serve as well.
    pub basis: Vec<Vec<f64>>,
    /// The share of the variance that each has; empty where nothing varies.
    pub shares: Vec<f64>,
}

impl Components {
    /// Analyses kernels of a size; of none, the mean is zeros and nothing varies.
    pub(crate) fn new<'k>(kernels: impl Iterator<Item = &'k [f64]> + Clone, size: Size) -> Self {
        let width = size.count();
        let mut mean = vec![0.0; width];
        let mut count = 0;
        for kernel in kernels.clone() {
            count += 1;
            mean.iter_mut().zip(kernel).for_each(|(sum, value)| *sum += value);
        }
        for sum in &mut mean {
            *sum /= f64::max(1.0, count as f64);
        }
        let mut spread = vec![0.0; width * width];
        let mut scale: f64 = 0.0;
        for kernel in kernels {
            scale = kernel.iter().fold(scale, |most, value| most.max(value.abs()));
            let apart: Vec<f64> =
                kernel.iter().zip(&mean).map(|(value, mean)| value - mean).collect();
            for (row, a) in spread.chunks_exact_mut(width).zip(&apart) {
                row.iter_mut().zip(&apart).for_each(|(cell, b)| *cell += a * b);
            }
        }
        let (variances, basis) = eigen(&spread, width);
        let whole: f64 = variances.iter().sum();
        // Below this all that varies is rounding.
        let flat = whole <= 1e-24 * scale * scale * count as f64;
        let shares = if flat { Vec::new() } else { variances.iter().map(|v| v / whole).collect() };
        Self { count, mean, basis, shares }
    }

    /// Returns −Σ p log₁₀ p of the shares; nothing where nothing varies.
    pub fn entropy(&self) -> Option<f64> {
        (!self.shares.is_empty()).then(|| entropy(&self.shares))
    }

    /// Returns how far a kernel lies along each direction from the mean.
    pub fn coordinates(&self, kernel: &[f64]) -> Vec<f64> {
        let apart = |direction: &Vec<f64>| {
            let pairs = kernel.iter().zip(&self.mean).zip(direction);
            pairs.map(|((value, mean), along)| (value - mean) * along).sum()
        };
        self.basis.iter().map(apart).collect()
    }

    /// Sets the entropy beside chance; `numbers` are those of the kernels that were analysed.
    pub(super) fn judged_entropy(&self, numbers: &[f64], size: Size, nulls: &Nulls) -> Judged {
        let Some(value) = self.entropy() else {
            return Judged::missing("one kernel, or all alike: nothing varies");
        };
        let wishart = Wishart { width: self.mean.len(), count: self.count - 1 };
        let draws = nulls.draws("components", &[wishart.width, wishart.count], |draws| {
            vec![entropy(&wishart.shares(draws))]
        });
        let permuted = of_own(numbers, size);
        Judged {
            permuted: permuted
                .map_or_else(Level::missing, |permuted| Level::drawn(value, &permuted)),
            ..Judged::drawn(value, &draws.concat(), &[])
        }
    }
}

/// Returns −Σ p log₁₀ p.
pub(super) fn entropy(shares: &[f64]) -> f64 {
    shares.iter().filter(|p| **p > 0.0).map(|p| -p * p.log10()).sum()
}

/// Returns the eigenvalues of a symmetric, non-negative matrix, falling, and its eigenvectors.
pub(super) fn eigen(matrix: &[f64], width: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
    let parts = singular(matrix, Size::square(width));
    (parts.values.clone(), parts.into_rows())
}
