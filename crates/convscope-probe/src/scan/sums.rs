//! Histograms and sums over blocks.
#![allow(
    clippy::inline_always,
    reason = "what is not inlined is compiled for the oldest processor"
)]

use pulp::Simd;

use super::block::Block;
use super::lanes::{LANES, Lanes, Mask};
use super::tables::Tables;
use super::{BINS, Scan};

/// Histograms and sums since the last time they were added to a scan.
pub(super) struct Sums<S: Simd, const W: usize> {
    rows: Vec<Sum<S, W>>,
    structures: [u32; PLACES],
    /// How many kernels are there and finite; are not zeros; vary.
    counts: [Lanes<S, W>; 3],
    /// How many kernels came.
    pub(super) kernels: u64,
}

struct Sum<S: Simd, const W: usize> {
    bins: [u32; PLACES],
    sum: Lanes<S, W>,
}

/// Places for the steps of a histogram, its end, and what is not counted.
const PLACES: usize = 128;
/// Where kernels are counted of which a probe says nothing.
const NOWHERE: f64 = 127.0;
/// With this added, a number from 0 below 128 has its whole part in the bits from [`WHOLE`] on.
///
/// What lies less than 2⁻⁴¹ below a whole number becomes it, so that rounding does not decide on which side of a
/// border values lie that are equal to it.
const SHIFT: f64 = 6144.0;
const WHOLE: u32 = 40;

impl<S: Simd, const W: usize> Sums<S, W> {
    pub(super) fn new(simd: S, tables: &Tables) -> Self {
        let zeros = Lanes::splat(simd, 0.0);
        let nothing = || Sum { bins: [0; PLACES], sum: zeros };
        Self {
            rows: tables.rows.iter().map(|_| nothing()).collect(),
            structures: [0; PLACES],
            counts: [zeros; 3],
            kernels: 0,
        }
    }

    #[inline(always)]
    pub(super) fn add(&mut self, block: &Block<S, W>, tables: &Tables) {
        let zero = block.structures.all(0.0);
        for ((sum, row), values) in self.rows.iter_mut().zip(&tables.rows).zip(&block.values) {
            let [low, high] = row.range;
            let mask = block.masks[row.needs];
            count(&mut sum.bins, (*values - low) * (BINS as f64 / (high - low)), mask);
            sum.sum = sum.sum + mask.select(*values, zero);
        }
        count(&mut self.structures, block.structures, block.masks[0]);
        for (count, mask) in self.counts.iter_mut().zip(block.masks) {
            *count = *count + mask.select(zero.all(1.0), zero);
        }
        self.kernels += block.filled as u64;
    }

    /// Adds all to a scan, and starts again.
    pub(super) fn flush(&mut self, scan: &mut Scan, tables: &Tables) {
        let [finite, some, uneven] = self.counts.map(|count| total(count) as u64);
        scan.kernels += self.kernels;
        scan.refused += self.kernels - finite;
        scan.zeros += finite - some;
        scan.constant += finite - uneven;
        for (structure, count) in scan.structures.iter_mut().zip(self.structures) {
            *structure += u64::from(count);
        }
        for (tally, row) in scan.tallies.iter_mut().zip(&tables.row_of) {
            let Sum { bins, sum } = &self.rows[*row];
            let mut counts = [0; BINS];
            for (place, bin) in bins.iter().enumerate().take(BINS + 1) {
                // The last step holds its end.
                counts[place.min(BINS - 1)] += u64::from(*bin);
            }
            tally.add(counts, total(*sum));
        }
        let zeros = self.counts[0].all(0.0);
        for row in &mut self.rows {
            *row = Sum { bins: [0; PLACES], sum: zeros };
        }
        (self.structures, self.counts, self.kernels) = ([0; PLACES], [zeros; 3], 0);
    }
}

/// Counts whole parts; none of what is masked.
#[inline(always)]
fn count<S: Simd, const W: usize>(bins: &mut [u32; PLACES], steps: Lanes<S, W>, mask: Mask<S, W>) {
    let places = mask.select(steps, steps.all(NOWHERE)) + SHIFT;
    for place in places.store() {
        bins[(place.to_bits() >> WHOLE) as usize % PLACES] += 1;
    }
}

/// Adds the lanes, half onto half.
fn total<S: Simd, const W: usize>(lanes: Lanes<S, W>) -> f64 {
    let mut sums = lanes.store();
    let mut half = LANES;
    while half > 1 {
        half /= 2;
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
    }
    sums[0]
}
