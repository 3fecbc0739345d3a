//! How near a kernel is to a wave under a bell.

mod waves;

use std::f64::consts::PI;

use self::waves::{Bell, Lanes, Numbers, Phases, Plane, along, dots, left};
use super::energies::seen_but;
use super::{Absent, Probe, Ready, Seen};
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

/// The fits of kernels of one size.
pub(crate) struct Fits {
    plane: Plane,
    /// Between what the numbers may lie; the direction may be any.
    bounds: [[f64; 2]; 4],
    /// What is tried first, with the two waves of each.
    starts: [Numbers; STARTS],
    waves: [Lanes<STARTS>; 2],
}

const DIRECTIONS: usize = 8;
const STARTS: usize = DIRECTIONS * 4 * 2;
/// How many of the starts are led to the nearest best.
const LED: usize = 3;
const STEPS: usize = 40;

/// Where a fit stands.
struct Point {
    at: Numbers,
    bell: Bell,
    phases: Phases,
    /// What the best wave of these numbers leaves of the kernel, and the energy of that.
    left: Lanes<1>,
    energy: f64,
}

/// The slopes of what is left: their products with each other, and with what is left.
#[derive(Clone, Copy)]
struct Slopes {
    table: [[f64; 4]; 4],
    left: [f64; 4],
}

impl Fits {
    pub(crate) fn new(size: Size) -> Option<Self> {
        let least = size.rows.min(size.columns) as f64;
        if least < 5.0 {
            return None;
        }
        let plane = Plane::new(size);
        let most = size.rows.max(size.columns) as f64;
        let bounds = [
            [f64::NEG_INFINITY, f64::INFINITY],
            [2.0_f64.ln(), (4.0 * most).ln()],
            [(least / 8.0).ln(), most.ln()],
            [-(4.0_f64.ln()), 4.0_f64.ln()],
        ];
        let starts: [Numbers; STARTS] = std::array::from_fn(|start| {
            let wavelength = [2.5, 0.5 * most, 0.8 * most, 1.6 * most][start / 2 % 4];
            let deviation = [least / 5.0, least / 3.0][start % 2];
            let direction = PI * (start / 8) as f64 / DIRECTIONS as f64;
            [direction, wavelength.ln(), deviation.ln(), 0.0]
        });
        let (bells, phases) = (starts.map(|at| plane.bell(at)), starts.map(|at| plane.phases(at)));
        let waves = plane.waves(bells.each_ref(), phases.each_ref());
        Some(Self { plane, bounds, starts, waves })
    }

    /// Returns the nearest wave.
    pub(crate) fn best(&self, seen: &Seen) -> Result<Gabor, Absent> {
        *seen.wave.get_or_init(|| self.fit(seen))
    }

    /// Fits by a grid of starts, then by damped steps (Levenberg 1944, Marquardt 1963) from the best of
    /// them; height and phase are solved for exactly at each.
    fn fit(&self, seen: &Seen) -> Result<Gabor, Absent> {
        let kernel = seen.centred()?;
        let [even, odd] = self.waves.each_ref().map(|waves| along(waves, &kernel));
        let gain = |start: usize| even[start].powi(2) + odd[start].powi(2);
        let mut order: [(f64, usize); STARTS] = std::array::from_fn(|start| (gain(start), start));
        order.sort_by(|a, b| b.0.total_cmp(&a.0));
        let led = order.iter().take(LED).map(|(_, start)| self.lead(&kernel, self.starts[*start]));
        let best = led.min_by(|a, b| a.energy.total_cmp(&b.energy)).ok_or(Absent::Size)?;
        let n = kernel.len() as f64;
        let fit = 1.0 - best.energy * (n - 1.0) / (n - 7.0);
        Ok(self.named(&kernel, &best, fit))
    }

    /// Returns the best near a start.
    fn lead(&self, kernel: &[f64], start: Numbers) -> Point {
        let mut here = self.point(kernel, start);
        let mut slopes = None;
        let mut damping = 1e-3;
        for _ in 0..STEPS {
            // A step that led nowhere leaves them as they were.
            let slopes_here = *slopes.get_or_insert_with(|| self.slopes(kernel, &here));
            let next = self.point(kernel, self.step(here.at, slopes_here, damping));
            if next.energy < here.energy {
                let gained = here.energy - next.energy;
                (here, slopes) = (next, None);
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
        here
    }

    fn point(&self, kernel: &[f64], at: Numbers) -> Point {
        let (bell, phases) = (self.plane.bell(at), self.plane.phases(at));
        let left = left(kernel, &self.plane.waves([&bell], [&phases]));
        let [energy] = dots(&left, &left);
        Point { at, bell, phases, left, energy }
    }

    /// Takes the slopes by small steps along each of the numbers.
    fn slopes(&self, kernel: &[f64], here: &Point) -> Slopes {
        const WIDTH: f64 = 1e-6;
        let near = |number: usize| {
            let mut near = here.at;
            near[number] += WIDTH;
            near
        };
        let bells = [0, 2, 3].map(|number| self.plane.bell(near(number)));
        let phases = [0, 1].map(|number| self.plane.phases(near(number)));
        let waves = self.plane.waves(
            [&bells[0], &here.bell, &bells[1], &bells[2]],
            [&phases[0], &phases[1], &here.phases, &here.phases],
        );
        let (mut table, mut along) = ([[-0.0; 4]; 4], [-0.0; 4]);
        for (moved, [left]) in left(kernel, &waves).iter().zip(&here.left) {
            let slopes = moved.map(|moved| (moved - left) / WIDTH);
            for (i, row) in table.iter_mut().enumerate() {
                row.iter_mut().zip(slopes).for_each(|(cell, slope)| *cell += slopes[i] * slope);
                along[i] += slopes[i] * left;
            }
        }
        Slopes { table, left: along }
    }

    fn step(&self, at: Numbers, Slopes { mut table, left }: Slopes, damping: f64) -> Numbers {
        for (i, row) in table.iter_mut().enumerate() {
            row[i] += damping * row[i].max(1e-9);
        }
        let step = solve(table, left.map(|along| -along));
        std::array::from_fn(|i| (at[i] + step[i]).clamp(self.bounds[i][0], self.bounds[i][1]))
    }

    fn named(&self, kernel: &[f64], best: &Point, fit: f64) -> Gabor {
        let [even, odd] = self.plane.raw_waves([&best.bell], [&best.phases]);
        let dot = |a: &Lanes<1>, b: &Lanes<1>| dots(a, b)[0];
        let products = [[dot(&even, &even), dot(&even, &odd)], [dot(&odd, &even), dot(&odd, &odd)]];
        let [cos, sin] = solve(products, [along(&even, kernel)[0], along(&odd, kernel)[0]]);
        // h cos(a + ψ) = h cos ψ cos a − h sin ψ sin a.
        let phase = (-sin).atan2(cos).to_degrees();
        let [turn, wavelength, deviation, aspect] = best.at;
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
