//! Some numbers of a layer, from evenly spread places, taken as its blocks pass by.

use std::sync::atomic::{AtomicU32, Ordering};

use convscope_core::Seed;

use super::blocks::{Blocks, COUNT};

/// Numbers of a layer: all, or [`MOST`] from as many equal stretches, one place of each drawn by chance.
///
/// Which places these are depends neither on how the array is laid out nor on blocks and threads.
pub(super) struct Sample {
    /// Places among all numbers as they are read, rising, and where in the sample each goes.
    places: Vec<(usize, u32)>,
    /// Bits of the numbers; [`NONE`] where there is none.
    numbers: Vec<AtomicU32>,
}

/// So many numbers at most.
pub(super) const MOST: usize = 1 << 18;
const NONE: u32 = f32::NAN.to_bits();

impl Sample {
    /// Draws the places.
    pub(super) fn new(blocks: &Blocks<'_>, counts: [usize; 2], seed: Seed) -> Self {
        let all = blocks.kernels() * COUNT;
        let (taken, mut draws) = (all.min(MOST), seed.stream());
        let end = |part: usize| (part as u128 * all as u128 / taken as u128) as usize;
        let place = |part: usize| {
            let [start, end] = [end(part), end(part + 1)];
            let at = if taken == all {
                start
            } else {
                start + draws.below((end - start) as u64) as usize
            };
            (blocks.place(at / COUNT, counts) * COUNT + at % COUNT, part as u32)
        };
        let mut places: Vec<(usize, u32)> = (0..taken).map(place).collect();
        places.sort_unstable();
        Self { places, numbers: (0..taken).map(|_| AtomicU32::new(NONE)).collect() }
    }

    /// Takes what lies among the kernels of a block; nothing of kernels that are not finite.
    pub(super) fn take(&self, first: usize, kernels: &[f32]) {
        let start = first * COUNT;
        let from = self.places.partition_point(|(place, _)| *place < start);
        let here =
            self.places[from..].iter().take_while(|(place, _)| *place < start + kernels.len());
        let mut last = (usize::MAX, false);
        for (place, slot) in here {
            let at = place - start;
            let kernel = at / COUNT * COUNT;
            if last.0 != kernel {
                last = (kernel, kernels[kernel..kernel + COUNT].iter().all(|n| n.is_finite()));
            }
            if last.1 {
                self.numbers[*slot as usize].store(kernels[at].to_bits(), Ordering::Relaxed);
            }
        }
    }

    /// Returns the numbers, in an order that depends on nothing but the kernels.
    pub(super) fn numbers(self) -> Vec<f32> {
        let numbers = self.numbers.into_iter().map(|bits| f32::from_bits(bits.into_inner()));
        numbers.filter(|number| !number.is_nan()).collect()
    }
}
