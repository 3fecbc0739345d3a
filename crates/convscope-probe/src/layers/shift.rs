//! How far the values of a probe moved.

use convscope_core::{Seed, stats};
use rayon::prelude::*;

use super::Dealt;

/// How far the values of a probe moved from one set of kernels to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Shift {
    /// The means of both.
    pub means: [f64; 2],
    /// The largest difference of the shares of both that lie below any one value, between 0 and 1 (Kolmogorov
    /// and Smirnov).
    ///
    /// Values nearer than 10⁻⁹ are one. Sees any change of the distribution, and not which kernel changed: values that change places are
    /// the same. Of many probes some lie beyond any chance level.
    pub distance: Dealt,
    /// How many values of either set were compared.
    pub counts: [usize; 2],
}

/// Values that are nearer to each other than this are one.
const SAME: f64 = 1e-9;

/// Compares the values of a probe over two sets of kernels; nothing where a set has none.
///
/// Cost: `deals` times the values of both sets, on all cores.
///
/// ```
/// use convscope_core::Seed;
/// use convscope_probe::shift;
///
/// let shift = shift(&[0.1, 0.2, 0.3, 0.4], &[0.3, 0.4, 0.5, 0.6], 99, Seed::root(1)).unwrap();
/// assert_eq!(shift.distance.value.number(), Some(0.5));
/// assert!(shift.distance.p > 0.2, "eight values: chance does as much");
/// ```
///
/// # Panics
/// When a value is not finite: a caller's bug.
pub fn shift(a: &[f64], b: &[f64], deals: usize, seed: Seed) -> Option<Shift> {
    let means = [stats::mean(a)?, stats::mean(b)?];
    assert!(a.iter().chain(b).all(|value| value.is_finite()), "caller's bug: values are finite");
    let counts = [a.len(), b.len()];
    let mut all: Vec<(f64, bool)> = a.iter().map(|value| (*value, true)).collect();
    all.extend(b.iter().map(|value| (*value, false)));
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    // After which places the next value is another one.
    let ends = |place: usize| {
        all.get(place + 1).is_none_or(|next| next.0 - all[place].0 > SAME * next.0.abs().max(1.0))
    };
    let ends: Vec<bool> = (0..all.len()).map(ends).collect();
    let own: Vec<bool> = all.iter().map(|(_, first)| *first).collect();
    let dealt: Vec<f64> = (0..deals as u64)
        .into_par_iter()
        .map(|deal| {
            let mut dealt = own.clone();
            seed.child("deals").nth(deal).stream().shuffle(&mut dealt);
            distance(&dealt, &ends, counts)
        })
        .collect();
    Some(Shift { means, distance: Dealt::beside(distance(&own, &ends, counts), &dealt), counts })
}

/// Returns the largest difference of shares below a value, where values rise and each is of the first set or not.
fn distance(first: &[bool], ends: &[bool], [a, b]: [usize; 2]) -> f64 {
    let (mut of_first, mut largest) = (0_usize, 0.0);
    for (place, (first, end)) in first.iter().zip(ends).enumerate() {
        of_first += usize::from(*first);
        if *end {
            let of_second = place + 1 - of_first;
            largest =
                f64::max(largest, (of_first as f64 / a as f64 - of_second as f64 / b as f64).abs());
        }
    }
    largest
}
