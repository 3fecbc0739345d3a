//! How a kernel depends on the distance from its middle, and on the direction there.

use std::f64::consts::PI;

use convscope_core::Subspace;

use super::energies::{seen_but, share_of};
use super::{Probe, Ready};
use crate::catalogue::curved::smooth_radial;
use crate::chance::Share;
use crate::{Flips, Size};

/// What is asked for: waves of 0 to 3 periods around a ring.
const WAVES: usize = 4;

pub(super) fn probes() -> Vec<Probe> {
    let radial = Probe {
        id: "smooth-radial".to_owned(),
        group: "rings",
        about: "How well a smooth function of the distance from the middle fits, beside the mean."
            .to_owned(),
        formula: "1 − (1 − R²)(n − 1)/(n − J − 1), R² of K ≈ Σ a_j r^(2j), j = 0 … J; J = 1 below five \
                  rows or columns, else 2",
        source: "adjusted R² (Theil 1961) of least squares in even powers of the distance",
        range: [f64::NEG_INFINITY, 1.0],
        null: "1 − (1 − Beta(J/2, (n − 1 − J)/2))(n − 1)/(n − J − 1), mean 0",
        unseen: seen_but(Flips::All, true),
        make: Box::new(radial),
    };
    std::iter::once(radial).chain((0..WAVES).map(of_wave)).collect()
}

fn radial(size: Size) -> Option<Ready> {
    let subspace = Subspace::spanned_by(size.count(), &without_means(smooth_radial(size)));
    let (dimension, whole) = (subspace.dimension(), size.count() - 1);
    (1..whole).contains(&dimension).then(|| {
        let stretch = whole as f64 / (whole - dimension) as f64;
        let closed = Share { dimension, whole, from: 1.0 - stretch, to: 1.0 };
        Ready::new(Some(closed), move |seen| {
            let fits = subspace.energy(&seen.centred()?).unwrap_or(0.0).min(1.0);
            Ok(1.0 - (1.0 - fits) * stretch)
        })
    })
}

fn of_wave(wave: usize) -> Probe {
    let periods = match wave {
        0 => "the same everywhere on a ring".to_owned(),
        _ => format!("a wave of {wave} periods around each ring"),
    };
    Probe {
        id: format!("wave-{wave}"),
        group: "rings",
        about: format!("The share of the energy that is {periods}."),
        formula: "‖PK‖² / ‖K‖², P the projection on cos mθ and sin mθ on each ring of equal distance",
        source: "Freeman & Adelson 1991, The design and use of steerable filters: circular harmonics",
        range: [0.0, 1.0],
        null: "Beta(d/2, (n − d)/2), mean d/n; waves share places where a ring has few",
        unseen: seen_but(Flips::All, false),
        make: Box::new(move |size: Size| {
            share_of(Subspace::spanned_by(size.count(), &waves(size, wave)))
        }),
    }
}

fn waves(size: Size, wave: usize) -> Vec<Vec<f64>> {
    let offsets: Vec<[f64; 2]> = size.offsets().collect();
    let distance = |[down, right]: [f64; 2]| down * down + right * right;
    // Squares of halves: exact, and a quarter or more apart.
    let mut rings: Vec<f64> = offsets.iter().map(|at| distance(*at)).collect();
    rings.sort_by(f64::total_cmp);
    rings.dedup();
    let mut vectors = Vec::new();
    for ring in rings.into_iter().filter(|ring| wave == 0 || *ring > 0.0) {
        for phase in [0.0, PI / 2.0] {
            let height = |at: &[f64; 2]| {
                let turns = wave as f64 * at[0].atan2(at[1]) - phase;
                if (distance(*at) - ring).abs() < 0.1 { turns.cos() } else { 0.0 }
            };
            vectors.push(offsets.iter().map(height).map(round_off).collect());
        }
    }
    vectors
}

/// Makes cosines of right angles 0, so that they span nothing.
fn round_off(value: f64) -> f64 {
    if value.abs() < 1e-12 { 0.0 } else { value }
}

/// Takes the mean off each vector.
pub(super) fn without_means(mut vectors: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    for vector in &mut vectors {
        let largest = vector.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        let mean = vector.iter().sum::<f64>() / vector.len() as f64;
        for value in vector.iter_mut() {
            *value -= mean;
        }
        if vector.iter().all(|value| value.abs() <= 1e-12 * largest) {
            vector.fill(0.0);
        }
    }
    vectors
}
