//! What a scan says of kernels without structure.

use std::sync::OnceLock;

use convscope_core::{Seed, draws};
use convscope_probe::{Scan, Scanner};
use rayon::prelude::*;

use super::blocks::COUNT;

/// The two kinds of chance, in the order of all that is told of them.
pub(super) const KINDS: [&str; 2] = ["gaussian", "permuted"];

/// Normal kernels, drawn once for all layers.
pub(super) struct Normals {
    seed: Seed,
    blocks: Vec<OnceLock<Vec<f32>>>,
}

/// How many kernels are drawn at a time, and how many times at most.
const EACH: usize = 1 << 12;
const MOST: u64 = 1 << 6;

/// Returns how many times kernels are drawn for a layer of so many: a quarter as many in all, at least 4,096 and at
/// most 262,144.
fn times(kernels: u64) -> u64 {
    (kernels / 4).div_ceil(EACH as u64).clamp(1, MOST)
}

impl Normals {
    /// Begins with none.
    pub(super) fn new(seed: Seed) -> Self {
        Self { seed, blocks: (0..MOST).map(|_| OnceLock::new()).collect() }
    }

    /// Scans kernels of independent normal numbers with the mean square of some numbers of a layer.
    pub(super) fn scan(&self, scanner: &Scanner, of: &Of<'_>) -> Scan {
        let squares: f64 = of.numbers.iter().map(|number| f64::from(*number).powi(2)).sum();
        let deviation = (squares / of.numbers.len() as f64).sqrt();
        merged(of.kernels, |block| {
            let scale = |number: &f32| (f64::from(*number) * deviation) as f32;
            let kernels: Vec<f32> = self.block(block).iter().map(scale).collect();
            scanner.scan(&kernels, of.largest)
        })
    }

    fn block(&self, block: u64) -> &[f32] {
        self.blocks[block as usize].get_or_init(|| {
            let mut kernels = vec![0.0; EACH * COUNT];
            draws::normals(self.seed.nth(block), &mut Vec::new(), &mut kernels);
            kernels
        })
    }
}

/// A layer, as chance sees it.
pub(super) struct Of<'l> {
    /// How many kernels were looked at.
    pub(super) kernels: u64,
    /// Its largest number without its sign.
    pub(super) largest: f32,
    /// Some of its numbers, or all; at least those of a kernel.
    pub(super) numbers: &'l [f32],
}

/// Scans kernels of a layer's own numbers in random places.
pub(super) fn permuted(scanner: &Scanner, of: &Of<'_>, seed: Seed) -> Scan {
    merged(of.kernels, |block| scanner.scan(&dealt(of.numbers, seed.nth(block)), of.largest))
}

/// Deals numbers into [`EACH`] kernels; no number twice before all that make whole kernels are dealt.
fn dealt(numbers: &[f32], seed: Seed) -> Vec<f32> {
    let (mut numbers, mut draws) = (numbers.to_vec(), seed.stream());
    let mut kernels = Vec::with_capacity(EACH * COUNT);
    while kernels.len() < EACH * COUNT {
        let taken = (numbers.len() / COUNT * COUNT).min(EACH * COUNT - kernels.len());
        for place in 0..taken {
            let other = place + draws.below((numbers.len() - place) as u64) as usize;
            numbers.swap(place, other);
        }
        kernels.extend_from_slice(&numbers[..taken]);
    }
    kernels
}

fn merged(kernels: u64, scan: impl Fn(u64) -> Scan + Send + Sync) -> Scan {
    let add = |mut all: Scan, block: Scan| {
        all.merge(&block);
        all
    };
    (0..times(kernels)).into_par_iter().map(scan).reduce(Scan::new, add)
}
