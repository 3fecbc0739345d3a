//! Gaussian filters in 64 bits, summed as `scipy` sums: some corruptions cut the result at thresholds.

use crate::transforms::pad::Mode;

/// Filters a plane down its columns by one σ and along its rows by another; a σ of 0 does nothing.
///
/// As `scipy.ndimage.gaussian_filter` with `truncate=4`: taps reach to ⌊4σ + ½⌋ pixels.
pub(super) fn smooth(
    plane: &mut [f64],
    width: usize,
    [down, along]: [f64; 2],
    beyond: Mode,
    held: &mut Vec<f64>,
) {
    let height = plane.len() / width;
    for (sigma, length, step, across) in [(down, height, width, 1), (along, width, 1, width)] {
        if sigma == 0.0 {
            continue;
        }
        let taps = Taps::gaussian(sigma);
        for line in 0..plane.len() / length {
            let first = line * across;
            held.clear();
            held.extend((0..length).map(|at| plane[first + at * step]));
            let pixel = |place: isize| beyond.folded(place, length).map_or(0.0, |at| held[at]);
            for at in 0..length {
                plane[first + at * step] = taps.at(at as isize, pixel);
            }
        }
    }
}

/// Half of a symmetric filter: the weight at its middle, then outwards.
struct Taps {
    weights: [f64; MOST],
    reach: usize,
}

/// Enough for a σ of 4.
const MOST: usize = 17;

impl Taps {
    fn gaussian(sigma: f64) -> Self {
        let reach = (4.0 * sigma + 0.5) as usize;
        assert!(reach < MOST, "own bug: σ of {sigma} reaches too far");
        let mut weights = [0.0; MOST];
        for (distance, weight) in weights.iter_mut().enumerate().take(reach + 1) {
            *weight = libm::exp(-0.5 / (sigma * sigma) * (distance * distance) as f64);
        }
        let sum = weights[0] + 2.0 * weights[1..].iter().sum::<f64>();
        Self { weights: weights.map(|weight| weight / sum), reach }
    }

    fn at(&self, place: isize, pixel: impl Fn(isize) -> f64) -> f64 {
        let middle = pixel(place) * self.weights[0];
        (1..=self.reach).rev().fold(middle, |sum, distance| {
            let step = distance as isize;
            sum + (pixel(place - step) + pixel(place + step)) * self.weights[distance]
        })
    }
}
