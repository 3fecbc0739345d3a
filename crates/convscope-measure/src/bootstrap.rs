//! Intervals over samples.

use convscope_core::stats::CONFIDENCE;
use convscope_core::{Seed, Value};

use crate::{Caveat, Measure, Pair, Score};

/// A score and the range in which it would fall for other samples of the same kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Bootstrapped {
    /// The score of all samples.
    pub score: Score,
    /// The lower end of the 95 % interval.
    pub low: Value,
    /// The upper end.
    pub high: Value,
    /// The mean over resamples less the score: what drawing with replacement adds.
    pub bias: Value,
}

/// Compares two layers on samples drawn with replacement, many times over.
///
/// ```text
/// [2θ − q₀.₉₇₅, 2θ − q₀.₀₂₅],   q the quantiles over resamples, θ the score itself
/// ```
///
/// The reflected, or basic, interval (Davison and Hinkley 1997, equation 5.6). Drawing with replacement puts
/// equal samples into both layers, which raises every similarity of samples, debiased ones
/// included: `bias` shows by how much, and reflection takes it off to first order. For neighbours and
/// other measures of single points the bias is large and the interval not to be used. It may pass
/// 1. Samples must be independent. Both ends are missing if any resample has no value.
///
/// Cost: both layers factorised and compared once for each resample.
pub fn bootstrap(
    measure: &dyn Measure,
    pair: Pair<'_>,
    resamples: usize,
    seed: Seed,
) -> Bootstrapped {
    let mut score = measure.score(pair);
    score.caveats.push(Caveat::Resampled);
    let values: Option<Vec<f64>> = (0..resamples as u64)
        .map(|number| resampled(measure, pair, seed.child("resample").nth(number)))
        .collect();
    interval(score, values)
}

/// Puts the interval that values of resamples make beside a score.
pub(crate) fn interval(score: Score, values: Option<Vec<f64>>) -> Bootstrapped {
    let why = || Value::missing("the score, or that of some resample, has no value");
    let (Some(mut values), Some(theta)) = (values, score.value.number()) else {
        return Bootstrapped { score, low: why(), high: why(), bias: why() };
    };
    if values.is_empty() {
        return Bootstrapped { score, low: why(), high: why(), bias: why() };
    }
    values.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - CONFIDENCE) / 2.0;
    let low = Value::of(2.0 * theta - quantile(&values, 1.0 - tail));
    let high = Value::of(2.0 * theta - quantile(&values, tail));
    let bias = Value::of(values.iter().sum::<f64>() / values.len() as f64 - theta);
    Bootstrapped { score, low, high, bias }
}

fn resampled(measure: &dyn Measure, pair: Pair<'_>, seed: Seed) -> Option<f64> {
    let n = pair.samples();
    let mut draws = seed.stream();
    let rows: Vec<usize> = (0..n).map(|_| draws.below(n as u64) as usize).collect();
    let (x, y) = (pair.x.resampled(&rows).ok()?, pair.y.resampled(&rows).ok()?);
    measure.score(Pair { x: &x, y: &y }).value.number()
}

/// Returns a quantile of sorted values, between neighbours in proportion.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    low + (high - low) * place.fract()
}
