//! What a probe says of kernels without structure.

use convscope_core::stats;
use statrs::function::beta::beta_reg;

/// The distribution of a probe's values over kernels without structure.
#[derive(Debug, Clone, PartialEq)]
pub enum Chance {
    /// In closed form.
    Closed(Share),
    /// As values of drawn kernels, rising.
    Drawn(Vec<f64>),
}

/// The share of a random direction's energy that a subspace has, stretched over an interval.
///
/// ```text
/// from + (to − from) · Beta(d/2, (n − d)/2)
/// ```
///
/// Exact for independent normal numbers and all others without a preferred direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// The dimension d of the subspace; at least 1 and below n.
    pub dimension: usize,
    /// The dimension n of the whole.
    pub whole: usize,
    /// The value at no energy.
    pub from: f64,
    /// The value at all energy.
    pub to: f64,
}

/// Values that are nearer to each other than this are one.
const SAME: f64 = 1e-9;

impl Chance {
    /// Takes drawn values in any order; nothing of none.
    pub(crate) fn drawn(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        (!values.is_empty()).then_some(Self::Drawn(values))
    }

    /// Returns the mean.
    ///
    /// # Panics
    /// When it was drawn and holds no value, which the workbench never makes.
    pub fn mean(&self) -> f64 {
        match self {
            Self::Closed(share) => {
                share.from + (share.to - share.from) * share.dimension as f64 / share.whole as f64
            }
            Self::Drawn(values) => values.iter().sum::<f64>() / values.len() as f64,
        }
    }

    /// Returns the standard deviation; nothing of fewer than two draws.
    pub fn deviation(&self) -> Option<f64> {
        match self {
            Self::Closed(share) => {
                let (d, n) = (share.dimension as f64, share.whole as f64);
                Some((share.to - share.from) * (2.0 * d * (n - d) / (n + 2.0)).sqrt() / n)
            }
            Self::Drawn(values) => stats::standard_deviation(values),
        }
    }

    /// Returns the share of kernels whose value is below; a value that others have too counts half.
    ///
    /// ```
    /// use convscope_probe::Chance;
    ///
    /// assert_eq!(Chance::Drawn(vec![1.0, 2.0, 2.0, 4.0]).share_below(2.0), 0.5);
    /// ```
    pub fn share_below(&self, value: f64) -> f64 {
        match self {
            Self::Closed(share) => share.below(value),
            Self::Drawn(values) => {
                let width = SAME * value.abs().max(1.0);
                let below = values.partition_point(|drawn| *drawn < value - width);
                let to = values.partition_point(|drawn| *drawn <= value + width);
                (below as f64).midpoint(to as f64) / values.len() as f64
            }
        }
    }

    /// Returns the value that a share of kernels stay below.
    ///
    /// By bisection where there is a closed form, else by linear interpolation between draws.
    ///
    /// ```
    /// use convscope_probe::{Chance, Share};
    ///
    /// // The left-right score of 3 × 3 kernels: 0.85 is no evidence of a mirror.
    /// let mirror = Chance::Closed(Share { dimension: 6, whole: 9, from: -1.0, to: 1.0 });
    /// assert!((mirror.quantile(0.95) - 0.894).abs() < 1e-3);
    /// ```
    pub fn quantile(&self, share: f64) -> f64 {
        let share = share.clamp(0.0, 1.0);
        match self {
            Self::Closed(closed) => {
                let (mut low, mut high) = (closed.from, closed.to);
                for _ in 0..60 {
                    let middle = low.midpoint(high);
                    if closed.below(middle) < share { low = middle } else { high = middle }
                }
                low.midpoint(high)
            }
            Self::Drawn(values) => {
                let place = share * (values.len() - 1) as f64;
                let (low, rest) = (place.floor() as usize, place.fract());
                let high = (low + 1).min(values.len() - 1);
                values[low] + rest * (values[high] - values[low])
            }
        }
    }
}

impl Share {
    fn below(self, value: f64) -> f64 {
        let energy = ((value - self.from) / (self.to - self.from)).clamp(0.0, 1.0);
        let half = |dimension: usize| dimension as f64 / 2.0;
        beta_reg(half(self.dimension), half(self.whole - self.dimension), energy)
    }
}
