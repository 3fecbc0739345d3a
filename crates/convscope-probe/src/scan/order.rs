//! What the sorted numbers of kernels tell.
#![allow(clippy::needless_range_loop, reason = "numbers are compared with those at other places")]
#![allow(
    clippy::inline_always,
    reason = "what is not inlined is compiled for the oldest processor"
)]

use pulp::Simd;

use super::COUNT;
use super::lanes::{Lanes, Mask};
use crate::probes::information::{STEPS, TOLERANCE};

/// Counts the gaps of sorted kernels, by their layer's largest number: those above the tolerance, and all smoothly.
#[inline(always)]
pub(super) fn gaps<S: Simd, const W: usize>(
    sorted: &[Lanes<S, W>; COUNT],
    most: Lanes<S, W>,
) -> [Lanes<S, W>; 2] {
    let (zero, one) = (most.all(0.0), most.all(1.0));
    let inverse = one.over(most);
    let (mut unique, mut smooth) = (one, one.all(COUNT as f64));
    let mut before = sorted[0].divided(most, inverse);
    for value in &sorted[1..] {
        let value = value.divided(most, inverse);
        let gap = value - before;
        unique = unique + zero.all(TOLERANCE).below(gap).select(one, zero);
        let root = (gap * gap * (STEPS * STEPS * std::f64::consts::LOG2_E)).root_of_half_to();
        smooth = smooth.less_product(root, root);
        before = value;
    }
    [unique, smooth]
}

/// Returns the quantised entropy and Rényi's of sorted kernels, by their own largest numbers.
#[inline(always)]
pub(super) fn entropies<S: Simd, const W: usize>(
    sorted: &[Lanes<S, W>; COUNT],
    largest: Lanes<S, W>,
    inverse: Lanes<S, W>,
) -> [Lanes<S, W>; 2] {
    let zero = largest.all(0.0);
    let mut steps = *sorted;
    for value in &mut steps {
        *value = value.divided(largest, inverse) * STEPS;
    }
    let count = COUNT as f64;
    let logarithm = repetitions(&steps).log2();
    let quantised = logarithm.mul_add(zero.all(-1.0 / count), zero.all(count.log2()));
    let mean = neighbours(&steps).mul_add(zero.all(2.0), zero.all(count)) * (1.0 / (count * count));
    [quantised.most(zero), (zero - mean.log2()).most(zero)]
}

/// Returns the product over a kernel's numbers of how many lie on the same step: at most 9⁹, which is exact.
#[inline(always)]
fn repetitions<S: Simd, const W: usize>(sorted: &[Lanes<S, W>; COUNT]) -> Lanes<S, W> {
    let (zero, one) = (sorted[0].all(0.0), sorted[0].all(1.0));
    let mut steps = *sorted;
    for step in &mut steps {
        *step = rounded(*step);
    }
    // How many before each number are on its step, itself among them.
    let mut before = [one; COUNT];
    let mut alike: [Mask<S, W>; COUNT] = [zero.below(zero); COUNT];
    for at in 1..COUNT {
        alike[at] = steps[at].equal(steps[at - 1]);
        before[at] = one + alike[at].select(before[at - 1], zero);
    }
    let (mut after, mut product) = (zero, before[COUNT - 1]);
    for at in (0..COUNT - 1).rev() {
        after = alike[at + 1].select(after + 1.0, zero);
        product = product * (before[at] + after);
    }
    product
}

/// Rounds small numbers, halves away from 0, as `f64::round` does.
#[inline(always)]
fn rounded<S: Simd, const W: usize>(value: Lanes<S, W>) -> Lanes<S, W> {
    /// A number so large that sums with it are whole.
    const WHOLE: f64 = (1_u64 << 52) as f64;
    let (zero, one) = (value.all(0.0), value.all(1.0));
    let size = value.abs();
    let even = (size + WHOLE) - WHOLE;
    let size = even + (size - even).below(zero.all(0.5)).select(zero, one);
    value.below(zero).select(zero - size, size)
}

/// Returns the sum over pairs of exp(−(a − b)² / 2).
#[inline(always)]
fn neighbours<S: Simd, const W: usize>(steps: &[Lanes<S, W>; COUNT]) -> Lanes<S, W> {
    let to_powers = (std::f64::consts::LOG2_E / 2.0).sqrt();
    let mut places = *steps;
    for place in &mut places {
        *place = *place * to_powers;
    }
    let mut sum = steps[0].all(0.0);
    for i in 1..COUNT {
        for j in 0..i {
            let apart = places[i] - places[j];
            let root = (apart * apart).root_of_half_to();
            sum = root.mul_add(root, sum);
        }
    }
    sum
}
