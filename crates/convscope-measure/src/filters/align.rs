//! Filters of two layers beside their best partners.

use convscope_core::Value;
use faer::Mat;
use rayon::prelude::*;

use super::{FilterMeasure, Filters, Modulo, Twin, twin};
use crate::{Refusal, Sense, tuning};

/// The one-to-one matching of two layers' filters that is best in sum.
#[derive(Debug, Clone, PartialEq)]
pub struct Alignment {
    /// Partners in the order of the first layer, or of the second where that has fewer filters.
    pub partners: Vec<Partners>,
    /// The mean value over partners that have one.
    pub mean: Value,
    /// ‖A − moved and reordered B‖, filters without a partner beside zeros; of both layers with every
    /// filter at length 1 where scale does not count.
    pub distance: f64,
}

/// Two filters that were matched.
#[derive(Debug, Clone, PartialEq)]
pub struct Partners {
    /// The filter of the first layer.
    pub first: usize,
    /// The filter of the second layer.
    pub second: usize,
    /// How alike they are, and under which motion of the second.
    pub twin: Twin,
}

/// Matches the filters of two layers one to one, by the best value of every pair.
///
/// ```text
/// max over matchings of Σ value(aᵢ, b_π(i)), for a distance min
/// ```
///
/// Optimal, by shortest augmenting paths. The next layer's input channels must be reordered by the
/// same matching for the networks to compute the same; this looks at one layer alone, and a motion
/// other than none is a description, not a symmetry of the network. The mean over a best matching
/// is above that of random partners by chance; match layers of untrained networks to see how far.
/// Pairs without a value, where a filter is zero, are matched last. Cost: pq twins and an
/// assignment of about p²q.
///
/// # Errors
/// [`Refusal::Setting`] if the filters of the two layers have unlike shapes.
pub fn align_layers(
    measure: &FilterMeasure,
    modulo: Modulo,
    a: &Filters,
    b: &Filters,
) -> Result<Alignment, Refusal> {
    if a.channels() != b.channels() || a.side() != b.side() {
        let shape = |f: &Filters| format!("{} × {side} × {side}", f.channels(), side = f.side());
        let message = format!("filters of {} and of {} cannot be matched", shape(a), shape(b));
        return Err(Refusal::Setting(message));
    }
    let (p, q) = (a.count(), b.count());
    let twins: Vec<Twin> = (0..p * q)
        .into_par_iter()
        .map(|pair| twin(measure, modulo, a, pair / q, b, pair % q))
        .collect();
    let sign = match measure.sense {
        Sense::Similarity => 1.0,
        Sense::Distance => -1.0,
    };
    let gain = |twin: &Twin| twin.value.number().map(|value| sign * value);
    let worst = twins.iter().filter_map(gain).fold(0.0, f64::min) - 1.0;
    let gains = Mat::from_fn(p, q, |i, j| gain(&twins[i * q + j]).unwrap_or(worst));
    let partners: Vec<Partners> = tuning::partners(gains.as_ref())
        .into_iter()
        .map(|(first, second)| Partners { first, second, twin: twins[first * q + second].clone() })
        .collect();
    let values: Vec<f64> = partners.iter().filter_map(|pair| pair.twin.value.number()).collect();
    let mean = if values.is_empty() {
        Value::missing("no pair of filters has a value")
    } else {
        Value::of(values.iter().sum::<f64>() / values.len() as f64)
    };
    let distance = distance(modulo, a, b, &partners);
    Ok(Alignment { partners, mean, distance })
}

fn distance(modulo: Modulo, a: &Filters, b: &Filters, partners: &[Partners]) -> f64 {
    let filter = |layer: &Filters, index: usize| -> Vec<f64> {
        let weights = layer.filter(index).to_vec();
        if modulo.scale { super::measures::unit(&weights).unwrap_or(weights) } else { weights }
    };
    let square = |weights: &[f64]| weights.iter().map(|w| w * w).sum::<f64>();
    let mut alone_a = vec![true; a.count()];
    let mut alone_b = vec![true; b.count()];
    let mut sum = 0.0;
    for Partners { first, second, twin } in partners {
        alone_a[*first] = false;
        alone_b[*second] = false;
        let moved = twin.motion.apply(&filter(b, *second), b.side());
        sum += filter(a, *first).iter().zip(&moved).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
    }
    let left = |layer: &Filters, alone: &[bool]| -> f64 {
        (0..layer.count()).filter(|i| alone[*i]).map(|i| square(&filter(layer, i))).sum()
    };
    (sum + left(a, &alone_a) + left(b, &alone_b)).sqrt()
}
