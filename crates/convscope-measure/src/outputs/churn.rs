//! What changes for those who replace one network by another.

use convscope_core::Value;

use super::{OutputMeasure, OutputPair, no_labels};
use crate::nulls;

/// The share of samples right in exactly one of the two networks: answers whose worth changes.
///
/// By chance a(1 − b) + b(1 − a) for accuracies a and b: less where the same samples are hard for both.
pub(super) const MEASURE: OutputMeasure = OutputMeasure {
    id: "churn",
    about: "The share of samples that one network gets right and the other wrong.",
    source: "Milani Fard, Cormier, Canini and Gupta 2016, NeurIPS",
    value: |pair| {
        churn(pair).map_or_else(no_labels, |churn| Value::of(churn.newly_wrong + churn.newly_right))
    },
    null: |pair| {
        let right =
            pair.right()?.map(|right| right.into_iter().map(usize::from).collect::<Vec<_>>());
        Some(nulls::differing(&right[0], &right[1], 2))
    },
};

/// Where two networks answer differently, by which of them is right, as shares of all samples.
///
/// The three add up to the disagreement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Churn {
    /// Right in the first network only: what a user loses by changing to the second.
    pub newly_wrong: f64,
    /// Right in the second network only.
    pub newly_right: f64,
    /// Wrong in both, differently.
    pub wrong_otherwise: f64,
}

/// Splits the disagreement of two networks by which of them is right; `None` without labels.
pub fn churn(pair: &OutputPair) -> Option<Churn> {
    let [first, second] = pair.right()?;
    let wrong = first.iter().zip(&second).map(|(a, b)| !a && !b);
    let otherwise = pair.answers().zip(wrong).filter(|((a, b), wrong)| *wrong && a != b).count();
    Some(Churn {
        newly_wrong: pair.share(|a, b| a && !b)?,
        newly_right: pair.share(|a, b| !a && b)?,
        wrong_otherwise: otherwise as f64 / pair.samples() as f64,
    })
}
