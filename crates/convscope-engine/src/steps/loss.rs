//! The cross-entropy of a batch.

use crate::simd::{LANES, floats, floats_mut};
use crate::tensor::Tensor;

/// What a batch scored before the step that it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BatchScore {
    /// The sum of the samples' cross-entropies.
    pub loss_sum: f64,
    /// How many samples had their largest logit at their label; of equal logits the first counts.
    pub correct: usize,
}

/// Where slopes end: smaller ones, passed down through weights below 1, would become subnormal
/// numbers, on which processors compute far more slowly. A well-trained net makes them in
/// every step; no sum of slopes can tell them from 0.
const FLOOR: f32 = 1e-20;

/// Scores rows of logits and writes the slopes of their mean cross-entropy.
pub(crate) fn score(
    logits: &Tensor,
    slope: &mut Tensor,
    labels: impl ExactSizeIterator<Item = u16>,
    smoothing: f32,
) -> BatchScore {
    let (classes, step) = (logits.features(), logits.step * LANES);
    let share = 1.0 / labels.len() as f32;
    let mut score = BatchScore::default();
    let rows = floats(&logits.values).chunks_exact(step);
    let slopes = floats_mut(&mut slope.values).chunks_exact_mut(step);
    for ((logits, slopes), label) in rows.zip(slopes).zip(labels) {
        let (logits, slopes) = (&logits[..classes], &mut slopes[..classes]);
        score_sample(logits, label, (smoothing, share), slopes, &mut score);
    }
    score
}

/// Scores the logits of one sample, adds that to `score` and writes the sample's share of slopes.
///
/// ```text
/// target = (1 − smoothing) · one-hot(label) + smoothing / classes
/// loss = ln Σ exp(logit − largest) − Σ target · (logit − largest)
/// slope = (softmax − target) · share
/// ```
///
/// A share of softmax below [`FLOOR`] counts as none.
///
/// # Panics
/// When no logit belongs to the label.
pub(crate) fn score_sample(
    logits: &[f32],
    label: u16,
    (smoothing, share): (f32, f32),
    slopes: &mut [f32],
    score: &mut BatchScore,
) {
    let (label, classes) = (usize::from(label), logits.len());
    assert!(label < classes, "caller's bug: label {label} with {classes} logits");
    let best = (1..classes).fold(0, |best, i| if logits[i] > logits[best] { i } else { best });
    let mut total = 0.0;
    for (slope, logit) in slopes.iter_mut().zip(logits) {
        *slope = libm::expf(logit - logits[best]);
        total += *slope;
    }
    let scale = share / total;
    for slope in slopes.iter_mut() {
        *slope = floored(*slope * scale);
    }
    let away = |class: usize| f64::from(logits[class] - logits[best]);
    let mut expected = away(label);
    if smoothing > 0.0 {
        let (own, even) = (1.0 - smoothing, smoothing / classes as f32);
        let mean = (0..classes).map(away).sum::<f64>() / classes as f64;
        expected = f64::from(own) * expected + f64::from(smoothing) * mean;
        for slope in slopes.iter_mut() {
            *slope -= even * share;
        }
        slopes[label] -= own * share;
    } else {
        slopes[label] -= share;
    }
    score.loss_sum += libm::log(f64::from(total)) - expected;
    score.correct += usize::from(best == label);
}

fn floored(slope: f32) -> f32 {
    if slope < FLOOR { 0.0 } else { slope }
}
