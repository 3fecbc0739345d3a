//! Waves under bells, several at once: one in each lane.

use std::f64::consts::PI;

use crate::Size;

/// Direction, and logarithms of wavelength, deviation and aspect.
pub(super) type Numbers = [f64; 4];

/// For each place a number in each lane.
///
/// Sums go from place to place, so that what a lane holds is the same bits among any others.
pub(super) type Lanes<const L: usize> = Vec<[f64; L]>;

/// The places of the kernels of a size.
pub(super) struct Plane {
    count: usize,
    /// How far right and down the first half of the places, the middle with it, lie from the middle.
    ///
    /// As far on the other side of it lie the others, where a bell is the same, a cosine too, and a sine negated.
    half: Vec<[f64; 2]>,
}

/// The heights of a bell at half the places.
pub(super) type Bell = Vec<f64>;

/// The cosines and sines of a wave at half the places.
pub(super) type Phases = Vec<[f64; 2]>;

impl Plane {
    pub(super) fn new(size: Size) -> Self {
        let places = size.offsets().map(|[down, right]| [right, down]);
        Self { count: size.count(), half: places.take(size.count().div_ceil(2)).collect() }
    }

    /// Returns the bell of given numbers; their wavelength says nothing of it.
    pub(super) fn bell(&self, [direction, _, deviation, aspect]: Numbers) -> Bell {
        let (sin, cos) = direction.sin_cos();
        let (width, aspect) = (deviation.exp(), aspect.exp());
        let height = |[right, down]: &[f64; 2]| {
            let along = right * cos + down * sin;
            let across = (down * cos - right * sin) * aspect;
            (-(along * along + across * across) / (2.0 * width * width)).exp()
        };
        self.half.iter().map(height).collect()
    }

    /// Returns the wave of given numbers; their deviation and aspect say nothing of it.
    pub(super) fn phases(&self, [direction, wavelength, ..]: Numbers) -> Phases {
        let (sin, cos) = direction.sin_cos();
        let rate = 2.0 * PI / wavelength.exp();
        let phase = |[right, down]: &[f64; 2]| {
            let (odd, even) = (rate * (right * cos + down * sin)).sin_cos();
            [even, odd]
        };
        self.half.iter().map(phase).collect()
    }

    /// Returns the even and the odd wave under each of some bells, without their means.
    pub(super) fn raw_waves<const L: usize>(
        &self,
        bells: [&Bell; L],
        phases: [&Phases; L],
    ) -> [Lanes<L>; 2] {
        let mut waves = [0, 1].map(|_| vec![[0.0; L]; self.count]);
        for place in 0..self.half.len() {
            let at = |odd: usize| {
                std::array::from_fn(|lane| bells[lane][place] * phases[lane][place][odd])
            };
            let (even, odd): ([f64; L], [f64; L]) = (at(0), at(1));
            let opposite = self.count - 1 - place;
            // Before its own place, which the middle is opposite to. Not negated: a sine of 0 is +0 on both sides.
            (waves[0][opposite], waves[1][opposite]) = (even, odd.map(|odd| 0.0 - odd));
            (waves[0][place], waves[1][place]) = (even, odd);
        }
        for wave in &mut waves {
            let mut mean = wave.iter().fold([-0.0; L], |sum, at| each(|l| sum[l] + at[l]));
            mean = mean.map(|sum| sum / self.count as f64);
            for at in wave.iter_mut() {
                *at = each(|l| at[l] - mean[l]);
            }
        }
        waves
    }

    /// Returns the same, orthonormal in each lane; zeros where there is no wave left.
    pub(super) fn waves<const L: usize>(
        &self,
        bells: [&Bell; L],
        phases: [&Phases; L],
    ) -> [Lanes<L>; 2] {
        let [mut even, mut odd] = self.raw_waves(bells, phases);
        normalise(&mut even);
        let along = dots(&even, &odd);
        for (odd, even) in odd.iter_mut().zip(&even) {
            *odd = each(|l| odd[l] - along[l] * even[l]);
        }
        normalise(&mut odd);
        [even, odd]
    }
}

/// Returns what orthonormal waves leave of a kernel.
pub(super) fn left<const L: usize>(kernel: &[f64], waves: &[Lanes<L>; 2]) -> Lanes<L> {
    let mut left: Lanes<L> = kernel.iter().map(|value| [*value; L]).collect();
    for wave in waves {
        let along = along(wave, kernel);
        for (left, wave) in left.iter_mut().zip(wave) {
            *left = each(|l| left[l] - along[l] * wave[l]);
        }
    }
    left
}

/// Returns the product of each wave with a kernel.
pub(super) fn along<const L: usize>(wave: &[[f64; L]], kernel: &[f64]) -> [f64; L] {
    let mut sums = [-0.0; L];
    for (wave, value) in wave.iter().zip(kernel) {
        sums = each(|l| sums[l] + wave[l] * value);
    }
    sums
}

/// Returns the product of two lists in each lane.
pub(super) fn dots<const L: usize>(a: &[[f64; L]], b: &[[f64; L]]) -> [f64; L] {
    let mut sums = [-0.0; L];
    for (a, b) in a.iter().zip(b) {
        sums = each(|l| sums[l] + a[l] * b[l]);
    }
    sums
}

fn normalise<const L: usize>(wave: &mut [[f64; L]]) {
    let length = dots(wave, wave).map(f64::sqrt);
    for at in wave {
        *at = each(|l| if length[l] > 1e-9 { at[l] / length[l] } else { 0.0 });
    }
}

fn each<const L: usize>(of: impl FnMut(usize) -> f64) -> [f64; L] {
    std::array::from_fn(of)
}
