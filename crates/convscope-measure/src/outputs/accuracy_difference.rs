//! The difference of accuracies.

use convscope_core::Value;

use super::{OutputMeasure, OutputPair, no_labels};
use crate::Moments;

/// |share right of the first − share right of the second|; 0 does not mean equal answers.
///
/// Every order of the samples gives the same: its uncertainty is that of an interval over samples.
pub(super) const MEASURE: OutputMeasure = OutputMeasure {
    id: "accuracy-difference",
    about: "How far apart the accuracies of two networks are.",
    source: "Klabunde, Schumacher, Strohmaier and Lemmerich 2023, arXiv:2305.06329",
    value: |pair| difference(pair).map_or_else(no_labels, Value::of),
    null: |pair| difference(pair).map(|mean| Moments { mean, variance: 0.0 }),
};

fn difference(pair: &OutputPair) -> Option<f64> {
    let (first, second) = (pair.share(|a, _| a)?, pair.share(|_, b| b)?);
    Some((first - second).abs())
}
