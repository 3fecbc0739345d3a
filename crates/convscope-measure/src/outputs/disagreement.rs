//! Different answers.

use convscope_core::Value;

use super::{OutputMeasure, OutputPair};
use crate::nulls;

/// The share of samples whose most probable class differs. Two accurate networks cannot disagree
/// much: at most on the sum of their errors. By chance 1 − Σ fₖ gₖ, where the networks name class k for shares
/// fₖ and gₖ of the samples.
pub(super) const MEASURE: OutputMeasure = OutputMeasure {
    id: "disagreement",
    about: "The share of samples that two networks answer differently.",
    source: "Skalak 1996; Madani, Pennock and Flake 2004",
    value: |pair| Value::of(share(pair)),
    null: |pair| {
        let (first, second): (Vec<usize>, Vec<usize>) = pair.answers().unzip();
        Some(nulls::differing(&first, &second, pair.first.classes))
    },
};

fn share(pair: &OutputPair) -> f64 {
    let different = pair.answers().filter(|(a, b)| a != b).count();
    different as f64 / pair.first.samples() as f64
}
