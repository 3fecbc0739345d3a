//! A layer, scanned in two passes.

use convscope_arrays::Source;
use convscope_core::Seed;
use convscope_probe::{Scan, Scanner};
use rayon::prelude::*;

use super::blocks::{Blocks, COUNT};
use super::chance::{self, Normals};
use super::progress::Progress;
use super::sample::{self, Sample};
use super::summary;
use super::tallied::{Expected, Tallied};
use crate::kernels::Layer;

/// What all layers are scanned with.
pub(super) struct Tools {
    scanner: Scanner,
    normals: Normals,
    /// The structure that a scan counts zeros as.
    pub(super) zero: usize,
    seed: Seed,
}

impl Tools {
    /// Makes all ready.
    pub(super) fn new(seed: Seed) -> Self {
        let scanner = Scanner::new();
        let (normals, zero) = (Normals::new(seed.child("normal")), summary::of_zeros(&scanner));
        Self { scanner, normals, zero, seed }
    }

    /// Scans the kernels of a layer, on all cores; what is drawn depends on nothing but the layer's numbers.
    ///
    /// The first pass finds the largest number and some others, the second scans. Memory holds some blocks for
    /// each core.
    ///
    /// # Errors
    /// What the file system says, in words.
    pub(super) fn scan(
        &self,
        layer: &Layer,
        source: &Source<'_>,
        progress: &Progress,
    ) -> Result<Tallied, String> {
        let blocks = Blocks::of(layer, source)?;
        let counts = layer.layout.counts(layer.array.dimensions());
        let share = layer.array.bytes() as f64 / (2 * blocks.count()) as f64;
        let sample = Sample::new(&blocks, counts, self.seed.child("places"));
        let survey = |block: usize| {
            let kernels = blocks.read(block)?;
            sample.take(blocks.first(block), &kernels);
            progress.read(share);
            Ok(Scanner::largest(&kernels))
        };
        let each = (0..blocks.count()).into_par_iter();
        let most = each.map(survey).try_reduce(|| 0.0, |a, b| Ok::<_, String>(a.max(b)))?;
        let scan = |mut scan: Scan, block: usize| {
            scan.merge(&self.scanner.scan(&blocks.read(block)?, most));
            progress.read(share);
            Ok::<_, String>(scan)
        };
        let merge = |mut scan: Scan, other: Scan| {
            scan.merge(&other);
            Ok(scan)
        };
        let each = (0..blocks.count()).into_par_iter();
        let scan = each.try_fold(Scan::new, scan).try_reduce(Scan::new, merge)?;
        // Numbers that stand for others are as uncertain as the kernels that they make.
        let numbers = sample.numbers();
        let stand_for = if blocks.kernels() * COUNT > sample::MOST {
            numbers.len() / COUNT
        } else {
            usize::MAX
        };
        Ok(self.beside_chance(scan, most, &numbers, stand_for as f64))
    }

    /// Draws what kernels of chance would be, of numbers that are as good as so many kernels.
    fn beside_chance(&self, scan: Scan, largest: f32, numbers: &[f32], as_good_as: f64) -> Tallied {
        let kernels = scan.kernels - scan.refused;
        if kernels == 0 || numbers.len() < COUNT {
            return Tallied { scan, ..Tallied::new() };
        }
        let of = chance::Of { kernels, largest, numbers };
        let gaussian = self.normals.scan(&self.scanner, &of);
        let permuted = chance::permuted(&self.scanner, &of, self.seed.child("permuted"));
        let spread = 1.0 + permuted.kernels as f64 / as_good_as;
        let chance =
            [Expected::of(&gaussian, kernels, 1.0), Expected::of(&permuted, kernels, spread)];
        Tallied { scan, chance }
    }
}
