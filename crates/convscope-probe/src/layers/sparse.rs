//! How many kernels of a layer are next to nothing beside its largest number.

use convscope_core::{Stream, Value};
use rayon::prelude::*;
use statrs::function::erf::{erf, erfc_inv};

use super::counts::Binomial;
use super::judged::{Judged, Level};
use super::{DRAWS, seed};
use crate::Layer;

/// Kernels whose largest number is below this share of the layer's are sparse.
const SPARSE: f64 = 0.01;

/// Returns whether a kernel's largest number is below a hundredth of its layer's.
pub(super) fn is_sparse(layer: &Layer, kernel: &[f64]) -> bool {
    kernel.iter().all(|value| is_small(layer, *value))
}

/// Returns the share of sparse kernels, all of them in a layer of zeros.
pub(super) fn sparsity(layer: &Layer) -> Judged {
    let (numbers, kernels, width) = (layer.numbers(), layer.count(), layer.size().count());
    let (found, small) = if layer.largest() == 0.0 {
        (kernels, numbers.len())
    } else {
        let small = numbers.iter().filter(|value| is_small(layer, **value)).count();
        (layer.kernels().filter(|kernel| is_sparse(layer, kernel)).count(), small)
    };
    let places = Places { kernels, width, small };
    let levels = [of_normal(kernels, width), places.by_chance()].map(|chance| match chance {
        Counts::Drawn(counts) => {
            let shares: Vec<f64> = counts.iter().map(|count| count / kernels as f64).collect();
            Level::drawn(found as f64 / kernels as f64, &shares)
        }
        Counts::Closed(mixed) => Level::counted(found as f64, kernels as f64, &mixed),
    });
    let [gaussian, permuted] = levels;
    Judged { value: Value::of(found as f64 / kernels as f64), gaussian, permuted }
}

fn is_small(layer: &Layer, value: f64) -> bool {
    value.abs() < SPARSE * layer.largest()
}

/// How many kernels are sparse by chance.
enum Counts {
    Drawn(Vec<f64>),
    Closed(Vec<Binomial>),
}

/// How many values of the largest number stand for all.
const LARGEST: usize = 64;

/// Returns how many kernels of normal numbers are sparse.
///
/// Below the largest number of all, which one kernel has, the others' are independent: their kernels are sparse each by
/// itself. The largest is taken at evenly spread shares of its distribution.
fn of_normal(kernels: usize, width: usize) -> Counts {
    let all = (kernels * width) as f64;
    let at = |place: usize| {
        let share = (place as f64 + 0.5) / LARGEST as f64;
        // P(|x| < √2 r) = erf r, of all numbers at once the share.
        let largest = erfc_inv(-libm::expm1(libm::log(share) / all));
        let each = erf(SPARSE * largest) / erf(largest);
        Binomial { trials: (kernels - 1) as f64, share: each.powi(width as i32) }
    };
    Counts::Closed((0..LARGEST).map(at).collect())
}

/// Small numbers in random places of a layer.
#[derive(Debug, Clone, Copy)]
struct Places {
    kernels: usize,
    width: usize,
    small: usize,
}

/// Up to so many places are drawn.
const MOST: usize = 1 << 15;

impl Places {
    fn by_chance(self) -> Counts {
        let all = self.kernels * self.width;
        if self.small.min(all - self.small) > MOST {
            return Counts::Closed(vec![self.matched()]);
        }
        let seed = seed().child("sparsity").child("permuted");
        let draws = (0..DRAWS).into_par_iter();
        Counts::Drawn(draws.map(|draw| self.draw(&mut seed.nth(draw).stream())).collect())
    }

    /// Draws places for the small numbers, or for all others, and counts kernels of small numbers alone.
    fn draw(self, draws: &mut Stream) -> f64 {
        let Self { kernels, width, small } = self;
        let all = kernels * width;
        let others = all - small < small;
        let mut taken = vec![0_u64; all.div_ceil(64)];
        let mut held = vec![0_u32; kernels];
        let mut full = 0;
        for _ in 0..small.min(all - small) {
            let place = loop {
                let place = draws.below(all as u64) as usize;
                if taken[place / 64] >> (place % 64) & 1 == 0 {
                    break place;
                }
            };
            taken[place / 64] |= 1 << (place % 64);
            held[place / width] += 1;
            full += usize::from(held[place / width] as usize == if others { 1 } else { width });
        }
        if others { (kernels - full) as f64 } else { full as f64 }
    }

    /// Returns the binomial distribution with the exact mean and variance of the count.
    ///
    /// With s of T places small, n to a kernel and K kernels: P = ∏ (s − i)/(T − i) over i < n, and P₂ over i < 2n;
    /// mean K P, variance K P + K (K − 1) P₂ − (K P)², which is below the mean, since small numbers in one kernel
    /// are missing in others.
    fn matched(self) -> Binomial {
        let Self { kernels, width, small } = self;
        let (all, kernels) = (kernels * width, kernels as f64);
        let log = |i: usize| libm::log((small - i) as f64 / (all - i) as f64);
        let one = (0..width).map(log).sum::<f64>();
        // P₂ = P² (1 − less).
        let less = -libm::expm1((width..2 * width).map(log).sum::<f64>() - one);
        let share = one.exp() * (1.0 + (kernels - 1.0) * less);
        Binomial { trials: kernels * one.exp() / share, share }
    }
}
