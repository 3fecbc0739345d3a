//! The difference of accuracies.

use convscope_core::Value;

use super::{OutputMeasure, OutputPair, no_labels};

/// |share right of the first − share right of the second|; 0 does not mean equal answers.
pub(super) const MEASURE: OutputMeasure = OutputMeasure {
    id: "accuracy-difference",
    about: "How far apart the accuracies of two networks are.",
    source: "Klabunde, Schumacher, Strohmaier and Lemmerich 2023, arXiv:2305.06329",
    value: difference,
};

fn difference(pair: &OutputPair) -> Value {
    let first = pair.share(|a, _, label| a == label);
    let second = pair.share(|_, b, label| b == label);
    first.zip(second).map_or_else(no_labels, |(a, b)| Value::of((a - b).abs()))
}
