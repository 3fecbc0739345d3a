//! How near a kernel is to a wave under a bell.

use std::f64::consts::PI;

use super::energies::seen_but;
use super::{Absent, Probe, Ready, Seen, dot};
use crate::solve::solve;
use crate::{Flips, Size};

pub(super) fn probes() -> Vec<Probe> {
    vec![Probe {
        id: "gabor".to_owned(),
        group: "operator",
        about: "How well a wave under a bell fits, beside the mean, for what its six numbers fit by chance."
            .to_owned(),
        formula: "1 − (1 − R²)(n − 1)/(n − 7) of K ≈ c + h exp(−(x'² + γ²y'²)/2σ²) cos(2πx'/λ + ψ) about \
                  the middle; from five rows and columns on",
        source: "Daugman 1985, Uncertainty relation for resolution in space, spatial frequency, and orientation",
        range: [f64::NEG_INFINITY, 1.0],
        null: "drawn",
        unseen: seen_but(Flips::All, true),
        make: Box::new(|size: Size| {
            let fits = Fits::new(size)?;
            Some(Ready::new(None, move |seen| Ok(fits.best(seen)?.fit)))
        }),
    }]
}

/// The wave under a bell that is nearest to a kernel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gabor {
    /// The adjusted R².
    pub fit: f64,
    /// The direction in which the wave runs, in degrees from 0 to 180; 0 is to the right, 90 down.
    pub direction: f64,
    /// The length λ of a period, in places.
    pub wavelength: f64,
    /// The deviation σ of the bell along the wave, in places.
    pub deviation: f64,
    /// How much narrower, γ, the bell is across.
    pub aspect: f64,
    /// The phase ψ in the middle, in degrees: 0 a crest, ±90 a slope, 180 a trough.
    pub phase: f64,
}

/// Direction, and logarithms of wavelength, deviation and aspect.
type Numbers = [f64; 4];

/// The fits of kernels of one size.
pub(crate) struct Fits {
    /// How far right and down each place lies from the middle.
    places: Vec<[f64; 2]>,
    /// Between what the numbers may lie; the direction may be any.
    bounds: [[f64; 2]; 4],
    /// What is tried first, with the two waves of it.
    starts: Vec<(Numbers, [Vec<f64>; 2])>,
}

const DIRECTIONS: usize = 8;
/// How many of the starts are led to the nearest best.
const LED: usize = 3;
const STEPS: usize = 40;

impl Fits {
    pub(crate) fn new(size: Size) -> Option<Self> {
        let least = size.rows.min(size.columns) as f64;
        if least < 5.0 {
            return None;
        }
        let places: Vec<[f64; 2]> = size.offsets().map(|[down, right]| [right, down]).collect();
        let most = size.rows.max(size.columns) as f64;
        let bounds = [
            [f64::NEG_INFINITY, f64::INFINITY],
            [2.0_f64.ln(), (4.0 * most).ln()],
            [(least / 8.0).ln(), most.ln()],
            [-(4.0_f64.ln()), 4.0_f64.ln()],
        ];
        let mut starts = Vec::new();
        for turn in 0..DIRECTIONS {
            for wavelength in [2.5, 0.5 * most, 0.8 * most, 1.6 * most] {
                for deviation in [least / 5.0, least / 3.0] {
                    let direction = PI * turn as f64 / DIRECTIONS as f64;
                    let numbers = [direction, wavelength.ln(), deviation.ln(), 0.0];
                    starts.push((numbers, waves(&places, numbers)));
                }
            }
        }
        Some(Self { places, bounds, starts })
    }

    /// Fits by a grid of starts, then by damped steps (Levenberg 1944, Marquardt 1963) from the best of
    /// them; height and phase are solved for exactly at each.
    pub(crate) fn best(&self, seen: &Seen) -> Result<Gabor, Absent> {
        let kernel = seen.centred()?;
        let gain = |waves: &[Vec<f64>; 2]| -> f64 {
            waves.iter().map(|wave| dot(wave, &kernel).powi(2)).sum()
        };
        let mut order: Vec<(f64, Numbers)> =
            self.starts.iter().map(|(numbers, waves)| (gain(waves), *numbers)).collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0));
        let led = order.iter().take(LED).map(|(_, start)| self.lead(&kernel, *start));
        let (left, numbers) = led.min_by(|a, b| a.0.total_cmp(&b.0)).ok_or(Absent::Size)?;
        let n = kernel.len() as f64;
        let fit = 1.0 - left * (n - 1.0) / (n - 7.0);
        Ok(self.named(&kernel, numbers, fit))
    }

    /// Returns what is left of the kernel's energy at the best near a start, and where that is.
    fn lead(&self, kernel: &[f64], start: Numbers) -> (f64, Numbers) {
        let mut at = start;
        let mut left = self.left(kernel, at);
        let mut energy = dot(&left, &left);
        let mut damping = 1e-3;
        for _ in 0..STEPS {
            let next = self.step(kernel, at, &left, damping);
            let new = self.left(kernel, next);
            let better = dot(&new, &new);
            if better < energy {
                let gained = energy - better;
                (at, left, energy) = (next, new, better);
                damping = f64::max(damping / 9.0, 1e-12);
                if gained < 1e-14 {
                    break;
                }
            } else if damping > 1e6 {
                break;
            } else {
                damping *= 8.0;
            }
        }
        (energy, at)
    }

    fn step(&self, kernel: &[f64], at: Numbers, left: &[f64], damping: f64) -> Numbers {
        const WIDTH: f64 = 1e-6;
        let slopes: [Vec<f64>; 4] = std::array::from_fn(|number| {
            let mut near = at;
            near[number] += WIDTH;
            let moved = self.left(kernel, near);
            moved.iter().zip(left).map(|(moved, left)| (moved - left) / WIDTH).collect()
        });
        let mut table: [[f64; 4]; 4] =
            std::array::from_fn(|i| std::array::from_fn(|j| dot(&slopes[i], &slopes[j])));
        for (i, row) in table.iter_mut().enumerate() {
            row[i] += damping * row[i].max(1e-9);
        }
        let step = solve(table, std::array::from_fn(|i| -dot(&slopes[i], left)));
        std::array::from_fn(|i| (at[i] + step[i]).clamp(self.bounds[i][0], self.bounds[i][1]))
    }

    /// Returns what the best wave of given numbers leaves of a kernel.
    fn left(&self, kernel: &[f64], numbers: Numbers) -> Vec<f64> {
        let mut left = kernel.to_vec();
        for wave in &waves(&self.places, numbers) {
            let along = dot(wave, kernel);
            left.iter_mut().zip(wave).for_each(|(left, wave)| *left -= along * wave);
        }
        left
    }

    fn named(&self, kernel: &[f64], numbers: Numbers, fit: f64) -> Gabor {
        let [even, odd] = raw_waves(&self.places, numbers);
        let products = [[dot(&even, &even), dot(&even, &odd)], [dot(&odd, &even), dot(&odd, &odd)]];
        let [cos, sin] = solve(products, [dot(&even, kernel), dot(&odd, kernel)]);
        // h cos(a + ψ) = h cos ψ cos a − h sin ψ sin a.
        let phase = (-sin).atan2(cos).to_degrees();
        let [turn, wavelength, deviation, aspect] = numbers;
        let turned = turn.to_degrees().rem_euclid(360.0);
        Gabor {
            fit,
            direction: turned.rem_euclid(180.0),
            wavelength: wavelength.exp(),
            deviation: deviation.exp(),
            aspect: aspect.exp(),
            phase: if turned >= 180.0 { -phase } else { phase },
        }
    }
}

/// Returns the even and the odd wave of given numbers, without their means.
fn raw_waves(
    places: &[[f64; 2]],
    [direction, wavelength, deviation, aspect]: Numbers,
) -> [Vec<f64>; 2] {
    let (sin, cos) = direction.sin_cos();
    let (rate, width, aspect) = (2.0 * PI / wavelength.exp(), deviation.exp(), aspect.exp());
    let mut waves = [Vec::with_capacity(places.len()), Vec::with_capacity(places.len())];
    for [right, down] in places {
        let along = right * cos + down * sin;
        let across = (down * cos - right * sin) * aspect;
        let bell = (-(along * along + across * across) / (2.0 * width * width)).exp();
        let (odd, even) = (rate * along).sin_cos();
        waves[0].push(bell * even);
        waves[1].push(bell * odd);
    }
    for wave in &mut waves {
        let mean = wave.iter().sum::<f64>() / wave.len() as f64;
        for value in wave.iter_mut() {
            *value -= mean;
        }
    }
    waves
}

/// Returns the same, orthonormal; zeros where there is no wave left.
fn waves(places: &[[f64; 2]], numbers: Numbers) -> [Vec<f64>; 2] {
    let [mut even, mut odd] = raw_waves(places, numbers);
    let normalise = |wave: &mut Vec<f64>| {
        let length = dot(wave, wave).sqrt();
        if length > 1e-9 {
            for value in wave.iter_mut() {
                *value /= length;
            }
        } else {
            wave.fill(0.0);
        }
    };
    normalise(&mut even);
    let along = dot(&even, &odd);
    odd.iter_mut().zip(&even).for_each(|(odd, even)| *odd -= along * even);
    normalise(&mut odd);
    [even, odd]
}
