//! Permutation tests of answers, and intervals over samples.

use convscope_core::{Seed, Value};

use super::{OutputMeasure, OutputPair};
use crate::bootstrap::interval;
use crate::permutation::{judged, order};
use crate::{Bootstrapped, PermutationError, PermutationTest, Sense, UnlikeSamples};

/// Compares pairs of networks, and again with the answers of each second one in random orders.
///
/// As [`crate::permutation_test`] for layers; one order is shared by all pairs, which stand in one row
/// of the result. Small values are extreme: networks that agree where chance would not. Cost: the
/// values once for each order.
///
/// # Errors
/// [`PermutationError`].
pub fn permutation_test_of_outputs(
    measure: &OutputMeasure,
    pairs: &[&OutputPair],
    orders: usize,
    seed: Seed,
) -> Result<PermutationTest, PermutationError> {
    if orders == 0 {
        return Err(PermutationError::NoOrders);
    }
    let samples = pairs.first().map_or(0, |pair| pair.samples());
    if let Some(other) = pairs.iter().find(|pair| pair.samples() != samples) {
        return Err(UnlikeSamples(samples, other.samples()).into());
    }
    let as_they_are: Vec<usize> = (0..samples).collect();
    let permuted: Vec<Vec<Option<f64>>> = (0..orders as u64)
        .map(|number| {
            let order = order(samples, seed, number);
            let value = |pair: &&OutputPair| (measure.value)(&pair.rows(&as_they_are, &order));
            pairs.iter().map(|pair| value(pair).number()).collect()
        })
        .collect();
    let scores = pairs.iter().map(|pair| measure.score(pair)).collect();
    Ok(judged(vec![scores], Sense::Distance, &permuted))
}

/// Compares two networks on samples drawn with replacement, many times over.
///
/// The interval is that of [`crate::bootstrap()`]. Samples must be independent.
pub fn bootstrap_outputs(
    measure: &OutputMeasure,
    pair: &OutputPair,
    resamples: usize,
    seed: Seed,
) -> Bootstrapped {
    let samples = pair.samples() as u64;
    let value = |number: u64| -> Value {
        let mut draws = seed.child("resample").nth(number).stream();
        let rows: Vec<usize> = (0..samples).map(|_| draws.below(samples) as usize).collect();
        (measure.value)(&pair.rows(&rows, &rows))
    };
    let values = (0..resamples as u64).map(|number| value(number).number()).collect();
    interval(measure.score(pair), values)
}
