//! Histograms and sums over blocks.
#![allow(
    clippy::inline_always,
    reason = "what is not inlined is compiled for the oldest processor"
)]

use pulp::Simd;

use super::block::Block;
use super::lanes::{LANES, Lanes};
use super::tables::Tables;
use super::{BINS, Scan};

/// Histograms and sums since the last time they were added to a scan.
pub(super) struct Sums<S: Simd, const W: usize> {
    /// Of each row of the tables, and of the structures.
    bins: Vec<Bins>,
    totals: Vec<Lanes<S, W>>,
    /// The factor and the summand that make a shifted place of a value of each row.
    steps: Vec<[f64; 2]>,
    /// The lanes' places in each histogram, as bytes of numbers.
    places: Vec<[[u8; 8]; LANES]>,
    /// How many kernels are there and finite; are not zeros; vary.
    counts: [Lanes<S, W>; 3],
    /// How many kernels came.
    pub(super) kernels: u64,
}

/// After how many kernels sums are due to be added to a scan: before any place can be full.
pub(super) const MANY: u64 = 1 << 15;

/// As many places as a byte tells apart: the steps of a histogram, its end, and one for what is not counted.
const PLACES: usize = 256;
const NOWHERE: usize = PLACES - 1;
/// Counts at places, and some unused: equal places of histograms that follow each other by a round number of bytes
/// would crowd one corner of the cache.
type Bins = [u16; PLACES + 32];
/// With this added, a number from 0 below 256 has its whole part in one byte.
///
/// What lies less than 2⁻⁴¹ below a whole number becomes it, so that rounding does not decide on which side of a
/// border values lie that are equal to it.
const SHIFT: f64 = 6144.0;
/// The byte, from the least on.
const WHOLE: usize = 5;

impl<S: Simd, const W: usize> Sums<S, W> {
    pub(super) fn new(simd: S, tables: &Tables) -> Self {
        let zeros = Lanes::splat(simd, 0.0);
        let step = |[low, high]: [f64; 2]| {
            let scale = BINS as f64 / (high - low);
            [scale, SHIFT - low * scale]
        };
        Self {
            steps: tables.rows.iter().map(|row| step(row.range)).collect(),
            bins: vec![[0; PLACES + 32]; tables.rows.len() + 1],
            totals: vec![zeros; tables.rows.len()],
            places: vec![[[0; 8]; LANES]; tables.rows.len() + 1],
            counts: [zeros; 3],
            kernels: 0,
        }
    }

    #[inline(always)]
    pub(super) fn add(&mut self, block: &Block<S, W>, tables: &Tables) {
        let [there, some, uneven] = block.weights;
        let least = [bottom(there), bottom(some), bottom(uneven)];
        let rows = tables.rows.iter().zip(&self.steps).zip(&block.values);
        for ((sum, places), ((row, [scale, shift]), values)) in
            self.totals.iter_mut().zip(&mut self.places).zip(rows)
        {
            let place = values.mul_add(values.all(*scale), values.all(*shift));
            *places = bytes(place, least[row.needs]);
            *sum = values.mul_add(block.weights[row.needs], *sum);
        }
        if let Some(places) = self.places.last_mut() {
            *places = bytes(block.structures + SHIFT, least[0]);
        }
        // By themselves: what was written is read byte by byte, not taken out of vectors.
        for (bins, places) in self.bins.iter_mut().zip(&self.places) {
            for place in places {
                bins[usize::from(place[WHOLE])] += 1;
            }
        }
        for (count, weight) in self.counts.iter_mut().zip(block.weights) {
            *count = *count + weight;
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
        let rows = self.totals.len();
        for (structure, count) in scan.structures.iter_mut().zip(self.bins[rows]) {
            *structure += u64::from(count);
        }
        for (tally, row) in scan.tallies.iter_mut().zip(&tables.row_of) {
            let mut counts = [0; BINS];
            for (place, bin) in self.bins[*row][..NOWHERE].iter().enumerate() {
                // The last step holds its end.
                counts[place.min(BINS - 1)] += u64::from(*bin);
            }
            tally.add(&counts, total(self.totals[*row]));
        }
        let zeros = self.counts[0].all(0.0);
        self.bins.fill([0; PLACES + 32]);
        self.totals.fill(zeros);
        (self.counts, self.kernels) = ([zeros; 3], 0);
    }
}

/// Returns the least place of each kernel: nowhere for what does not count.
#[inline(always)]
fn bottom<S: Simd, const W: usize>(weight: Lanes<S, W>) -> Lanes<S, W> {
    weight.all(SHIFT + NOWHERE as f64).less_product(weight, weight.all(NOWHERE as f64))
}

/// Returns the bytes of shifted places.
#[inline(always)]
fn bytes<S: Simd, const W: usize>(places: Lanes<S, W>, least: Lanes<S, W>) -> [[u8; 8]; LANES] {
    let (mut bytes, places) = ([[0; 8]; LANES], places.most(least).store());
    for (bytes, place) in bytes.iter_mut().zip(places) {
        *bytes = place.to_le_bytes();
    }
    bytes
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
