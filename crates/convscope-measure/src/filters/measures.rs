//! Cosine, Pearson and Frobenius.

use convscope_core::Value;

use crate::Sense;
use crate::chance::{mean_absolute_cosine, mean_distance};

/// A measure of two filters of one shape, as lists of weights.
#[derive(Debug, Clone, Copy)]
pub struct FilterMeasure {
    /// Its name.
    pub id: &'static str,
    /// One sentence.
    pub about: &'static str,
    /// Which way it runs.
    pub sense: Sense,
    /// Whether sign, positive scale, and a constant added to every weight go unseen.
    pub blind_to: Blindness,
    /// Compares two lists; missing where it has no value.
    pub value: fn(&[f64], &[f64]) -> Value,
    /// Returns its mean over all directions of the second list, whose length stays.
    ///
    /// For correlations, what is left after the means are taken off has a random direction.
    pub by_chance: fn(&[f64], &[f64]) -> Value,
}

/// What a filter measure does not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blindness {
    /// a → −a.
    pub sign: bool,
    /// a → c a with c > 0.
    pub scale: bool,
    /// a → a + c.
    pub offset: bool,
}

/// Every measure of two filters.
///
/// Cosines and correlations of few weights are large by chance: see [`crate::chance`].
pub static FILTER_MEASURES: &[FilterMeasure] = &[
    FilterMeasure {
        id: "cosine",
        about: "The cosine of the angle between two filters.",
        sense: Sense::Similarity,
        blind_to: Blindness { sign: false, scale: true, offset: false },
        value: cosine,
        by_chance: |_, _| Value::Number(0.0),
    },
    FilterMeasure {
        id: "absolute-cosine",
        about: "The cosine without its sign.",
        sense: Sense::Similarity,
        blind_to: Blindness { sign: true, scale: true, offset: false },
        value: |a, b| absolute(cosine(a, b)),
        by_chance: |a, _| Value::of(mean_absolute_cosine(a.len())),
    },
    FilterMeasure {
        id: "pearson",
        about: "The correlation of the weights of two filters.",
        sense: Sense::Similarity,
        blind_to: Blindness { sign: false, scale: true, offset: true },
        value: pearson,
        by_chance: |_, _| Value::Number(0.0),
    },
    FilterMeasure {
        id: "absolute-pearson",
        about: "The correlation without its sign.",
        sense: Sense::Similarity,
        blind_to: Blindness { sign: true, scale: true, offset: true },
        value: |a, b| absolute(pearson(a, b)),
        by_chance: |a, _| Value::of(mean_absolute_cosine(a.len().saturating_sub(1))),
    },
    FilterMeasure {
        id: "frobenius",
        about: "The Euclidean distance between the weights of two filters.",
        sense: Sense::Distance,
        blind_to: Blindness { sign: false, scale: false, offset: false },
        value: |a, b| Value::of(a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()),
        by_chance: |a, b| Value::of(mean_distance(a.len(), [length(a), length(b)])),
    },
];

fn cosine(a: &[f64], b: &[f64]) -> Value {
    // Scaled first, so that neither squares nor their product leave the range of numbers.
    let (Some(a), Some(b)) = (unit(a), unit(b)) else {
        return Value::missing("a filter of zeros has no direction");
    };
    Value::of(a.iter().zip(&b).map(|(a, b)| a * b).sum::<f64>().clamp(-1.0, 1.0))
}

fn pearson(a: &[f64], b: &[f64]) -> Value {
    let centred = |a: &[f64]| {
        let mean = a.iter().sum::<f64>() / a.len() as f64;
        let centred: Vec<f64> = a.iter().map(|x| x - mean).collect();
        // What is left of a constant filter is rounding.
        let largest = centred.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        (largest > 1e-14 * mean.abs()).then_some(centred)
    };
    match (centred(a), centred(b)) {
        (Some(a), Some(b)) => cosine(&a, &b),
        _ => Value::missing("a filter of equal weights has no correlation"),
    }
}

/// Returns a list scaled to length 1; `None` of zeros.
pub(super) fn unit(a: &[f64]) -> Option<Vec<f64>> {
    let largest = a.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    if largest <= 0.0 {
        return None;
    }
    let scaled: Vec<f64> = a.iter().map(|x| x / largest).collect();
    let length = scaled.iter().map(|x| x * x).sum::<f64>().sqrt();
    Some(scaled.into_iter().map(|x| x / length).collect())
}

fn length(a: &[f64]) -> f64 {
    a.iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn absolute(value: Value) -> Value {
    value.number().map_or(value, |number| Value::of(number.abs()))
}
