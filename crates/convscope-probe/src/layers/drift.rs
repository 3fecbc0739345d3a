//! How far two sets of kernels lie apart.

use convscope_core::{Seed, Value};
use rayon::prelude::*;

use super::Components;
use super::judged::{Level, z};
use crate::probes::dot;
use crate::{Layer, Size};

/// How far two sets of kernels lie apart, beside random halves of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// How differently they are spread along the directions in which kernels of both differ most.
    ///
    /// ```text
    /// Σᵢ vᵢ (KL(pᵢ‖qᵢ) + KL(qᵢ‖pᵢ))
    /// ```
    ///
    /// over principal components i of all kernels, each kernel with its largest number at 1; v are shares
    /// of variance, p and q histograms of 70 bins over the range of both, empty bins at 2⁻²³.
    /// Few kernels leave bins empty, which alone makes it large: read it beside its chance level.
    /// Gavrikov & Keuper 2022, CNN Filter DB, arXiv:2203.15331.
    pub divergence: Dealt,
    /// How far their principal components, with what they weigh, have turned: from 0, the same, to 1, at right angles.
    ///
    /// ```text
    /// 1 − ⟨A, B⟩ / (‖A‖ ‖B‖),   A and B the covariances of either set about its own mean
    /// ```
    ///
    /// of the same kernels, along the first 25 components of all of them (of up to 25 numbers all there are). It sees neither the mean kernel
    /// nor how large the variance is. Escoufier 1973, Le traitement des variables vectorielles (the RV coefficient, of covariances).
    pub basis: Dealt,
    /// How many kernels of either set are not zeros and were compared.
    pub counts: [usize; 2],
}

/// A number of two sets, beside what it is when the same kernels are dealt into two sets of these sizes at random.
#[derive(Debug, Clone, PartialEq)]
pub struct Dealt {
    /// The value, or why there is none.
    pub value: Value,
    /// Its mean over deals.
    pub chance: Value,
    /// Its standard deviation over deals.
    pub deviation: Value,
    /// The share of deals with as much, the real one counted: (1 + as much) / (1 + deals); 1 where there is no value.
    pub p: f64,
}

impl Dealt {
    /// Sets a value beside those of deals.
    pub(super) fn beside(value: f64, dealt: &[f64]) -> Self {
        let Level { mean: chance, deviation, .. } = Level::drawn(value, dealt);
        let as_much = dealt.iter().filter(|dealt| **dealt >= value - SAME).count();
        let p = (1 + as_much) as f64 / (1 + dealt.len()) as f64;
        Self { value: Value::of(value), chance, deviation, p }
    }

    fn missing(reason: &str) -> Self {
        let missing = || Value::missing(reason);
        Self { value: missing(), chance: missing(), deviation: missing(), p: 1.0 }
    }

    /// Returns how many standard deviations the value lies above its mean over deals.
    pub fn z(&self) -> Option<f64> {
        z([&self.value, &self.chance, &self.deviation])
    }
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

/// Values that differ by less are the same.
const SAME: f64 = 1e-12;

/// The most components along which covariances are compared.
const TURNED: usize = 25;

/// Kernels whose largest number is 1 do not vary below this: it is rounding.
const FLAT: f64 = 1e-20;

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
        let alike = || Dealt::missing("all kernels are alike");
        return Ok(Drift { divergence: alike(), basis: alike(), counts });
    }
    let coordinates: Vec<Vec<f64>> =
        all.iter().map(|kernel| components.coordinates(kernel)).collect();
    let bins = bins(&coordinates);
    let order: Vec<usize> = (0..all.len()).collect();
    let both = |order: &[usize]| {
        let apart = divergence(&components.shares, &bins, order, counts);
        (apart, turned(&coordinates, order, counts))
    };
    let (apart, turned) = both(&order);
    let (far, other): (Vec<f64>, Vec<Option<f64>>) = (0..deals as u64)
        .into_par_iter()
        .map(|deal| {
            let mut order = order.clone();
            seed.child("deals").nth(deal).stream().shuffle(&mut order);
            both(&order)
        })
        .unzip();
    let other: Vec<f64> = other.into_iter().flatten().collect();
    let basis = match turned {
        Some(turned) => Dealt::beside(turned, &other),
        None => Dealt::missing("the kernels of a set are all alike"),
    };
    Ok(Drift { divergence: Dealt::beside(apart, &far), basis, counts })
}

/// Returns a kernel with its largest number at 1; nothing of zeros.
fn at_one(kernel: &[f64]) -> Option<Vec<f64>> {
    let largest = kernel.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    (largest > 0.0).then(|| kernel.iter().map(|value| value / largest).collect())
}

/// Returns for each kernel the bin of each of its coordinates.
fn bins(coordinates: &[Vec<f64>]) -> Vec<Vec<u8>> {
    let range = |of: fn(f64, f64) -> f64, from: f64| -> Vec<f64> {
        let start = vec![from; coordinates[0].len()];
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

/// Returns how far the covariances of both sets have turned; nothing where one does not vary.
fn turned(coordinates: &[Vec<f64>], order: &[usize], [a, _]: [usize; 2]) -> Option<f64> {
    let [first, second] = [&order[..a], &order[a..]].map(|set| covariance(coordinates, set));
    let [long, other] = [dot(&first, &first).sqrt(), dot(&second, &second).sqrt()];
    let varies = long.min(other) > FLAT;
    varies.then(|| (1.0 - dot(&first, &second) / (long * other)).max(0.0))
}

/// Returns the sum of products of coordinates about their mean.
fn covariance(coordinates: &[Vec<f64>], set: &[usize]) -> Vec<f64> {
    let width = coordinates[0].len().min(TURNED);
    let mut mean = vec![0.0; width];
    for kernel in set {
        mean.iter_mut().zip(&coordinates[*kernel]).for_each(|(sum, value)| *sum += value);
    }
    for sum in &mut mean {
        *sum /= set.len() as f64;
    }
    let mut products = vec![0.0; width * width];
    for kernel in set {
        let pairs = coordinates[*kernel].iter().zip(&mean);
        let apart: Vec<f64> = pairs.map(|(value, mean)| value - mean).collect();
        for (row, a) in products.chunks_exact_mut(width).zip(&apart) {
            row.iter_mut().zip(&apart).for_each(|(cell, b)| *cell += a * b);
        }
    }
    products
}
