//! Different answers.

use convscope_core::Value;

use super::{OutputMeasure, OutputPair};

/// The share of samples whose most probable class differs. Two accurate networks cannot disagree
/// much: at most on the sum of their errors.
pub(super) const MEASURE: OutputMeasure = OutputMeasure {
    id: "disagreement",
    about: "The share of samples that two networks answer differently.",
    source: "Skalak 1996; Madani, Pennock and Flake 2004",
    value: |pair| Value::of(share(pair)),
};

pub(super) fn share(pair: &OutputPair) -> f64 {
    let different = pair.answers().filter(|(a, b)| a != b).count();
    different as f64 / pair.first.samples() as f64
}
