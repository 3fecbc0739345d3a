//! How far two sets of kernels lie apart.

use convscope_core::Seed;
use rayon::prelude::*;

use super::{Components, Judged};
use crate::{Layer, Size};

/// How far two sets of kernels lie apart, beside random halves of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// The divergence, and what it is when the same kernels are dealt into two sets at random.
    ///
    /// ```text
    /// Σᵢ vᵢ (KL(pᵢ‖qᵢ) + KL(qᵢ‖pᵢ))
    /// ```
    ///
    /// over principal components i of all kernels, each kernel with its largest number at 1; v are shares
    /// of variance, p and q histograms of 70 bins over the range of both, empty bins at 2⁻²³.
    /// Few kernels leave bins empty, which alone makes it large: read it beside its chance level.
    /// Gavrikov & Keuper 2022, CNN Filter DB, arXiv:2203.15331.
    pub divergence: Judged,
    /// The share of random deals that lie as far apart, the real one counted: (1 + as far) / (1 + deals).
    pub p: f64,
    /// How many kernels of either set are not zeros and were compared.
    pub counts: [usize; 2],
}

/// Sets of kernels that cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DriftError {
    /// Kernels of unlike sizes.
    #[error("kernels of {0} and of {1} cannot be compared: take sets of one size")]
    Sizes(Size, Size),
    /// A set without a kernel that is not zeros.
    #[error("the {0} set holds no kernel that is not zeros")]
    Empty(&'static str),
}

const BINS: usize = 70;
const EMPTY: f64 = f32::EPSILON as f64;

/// Compares two sets of kernels of one size.
///
/// Cost: `deals` times the kernels of both sets times the numbers of a kernel.
///
/// # Errors
/// [`DriftError`] for kernels of unlike sizes, and sets of nothing but zeros.
pub fn drift(a: &[&Layer], b: &[&Layer], deals: usize, seed: Seed) -> Result<Drift, DriftError> {
    let size = a.iter().chain(b).map(|layer| layer.size()).next();
    let size = size.ok_or(DriftError::Empty("first"))?;
    if let Some(other) = a.iter().chain(b).find(|layer| layer.size() != size) {
        return Err(DriftError::Sizes(size, other.size()));
    }
    let scaled = |layers: &[&Layer]| -> Vec<Vec<f64>> {
        layers.iter().flat_map(|layer| layer.kernels()).filter_map(at_one).collect()
    };
    let (first, second) = (scaled(a), scaled(b));
    let counts = [first.len(), second.len()];
    for (count, name) in counts.iter().zip(["first", "second"]) {
        if *count == 0 {
            return Err(DriftError::Empty(name));
        }
    }
    let all: Vec<Vec<f64>> = first.into_iter().chain(second).collect();
    let components = Components::new(all.iter().map(Vec::as_slice), size);
    if components.shares.is_empty() {
        return Ok(Drift { divergence: Judged::missing("all kernels are alike"), p: 1.0, counts });
    }
    let bins = bins(&components, &all);
    let order: Vec<usize> = (0..all.len()).collect();
    let value = divergence(&components.shares, &bins, &order, counts);
    let dealt: Vec<f64> = (0..deals as u64)
        .into_par_iter()
        .map(|deal| {
            let mut order = order.clone();
            seed.child("deals").nth(deal).stream().shuffle(&mut order);
            divergence(&components.shares, &bins, &order, counts)
        })
        .collect();
    let as_far = dealt.iter().filter(|dealt| **dealt >= value).count();
    let p = (1 + as_far) as f64 / (1 + deals) as f64;
    Ok(Drift { divergence: Judged::beside(value, &dealt), p, counts })
}

/// Returns a kernel with its largest number at 1; nothing of zeros.
fn at_one(kernel: &[f64]) -> Option<Vec<f64>> {
    let largest = kernel.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    (largest > 0.0).then(|| kernel.iter().map(|value| value / largest).collect())
}

/// Returns for each kernel the bin of each of its coordinates.
fn bins(components: &Components, kernels: &[Vec<f64>]) -> Vec<Vec<u8>> {
    let coordinates: Vec<Vec<f64>> =
        kernels.iter().map(|kernel| components.coordinates(kernel)).collect();
    let range = |of: fn(f64, f64) -> f64, from: f64| -> Vec<f64> {
        let start = vec![from; components.basis.len()];
        coordinates.iter().fold(start, |held, next| {
            held.iter().zip(next).map(|(held, next)| of(*held, *next)).collect()
        })
    };
    let (low, high) = (range(f64::min, f64::INFINITY), range(f64::max, f64::NEG_INFINITY));
    let bin = |(at, (low, high)): (&f64, (&f64, &f64))| {
        let share = if high > low { (at - low) / (high - low) } else { 0.0 };
        ((share * BINS as f64) as usize).min(BINS - 1) as u8
    };
    coordinates.iter().map(|at| at.iter().zip(low.iter().zip(&high)).map(bin).collect()).collect()
}

fn divergence(shares: &[f64], bins: &[Vec<u8>], order: &[usize], [a, b]: [usize; 2]) -> f64 {
    let mut sum = 0.0;
    for (component, weight) in shares.iter().enumerate() {
        let share = |kernels: &[usize], count: usize| {
            let mut filled = [0.0; BINS];
            for kernel in kernels {
                filled[bins[*kernel][component] as usize] += 1.0;
            }
            filled.map(|held: f64| if held > 0.0 { held / count as f64 } else { EMPTY })
        };
        let (p, q) = (share(&order[..a], a), share(&order[a..], b));
        let both = p.iter().zip(&q).map(|(p, q)| (p - q) * (p / q).ln());
        sum += weight * both.sum::<f64>();
    }
    sum
}
