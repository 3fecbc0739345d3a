//! Products of all samples of a layer with each other, in register tiles.
//!
//! A few hundred units at a time, samples are packed in strips that fill some vectors. What is packed
//! once serves as rows and as columns, stays in the caches, and its products are added up where they
//! are kept.
#![allow(clippy::needless_range_loop, reason = "a tile is one column of many rows at a time")]
#![allow(
    clippy::inline_always,
    reason = "what is not inlined is compiled for the oldest processor"
)]

use faer::MatRef;
use pulp::Simd;
use rayon::prelude::*;

use crate::linalg::balanced;

/// Units that are packed and multiplied at once.
const DEPTH: usize = 256;
/// Columns of products that one task computes, a multiple of what any tile has.
const PANEL: usize = 120;
/// Rows that meet all columns of a panel while both stay in a near cache, a multiple of any strip.
const ROWS: usize = 96;
/// Strips that one task packs.
const GROUP: usize = 32;
/// Numbers of a line of the cache; as far strips are apart, so that they do not crowd one corner of it.
const LINE: usize = 8;

/// The products of every two samples, and memory to compute those of as many other samples.
#[derive(Debug, Clone)]
pub(crate) struct Gram {
    /// The lower triangle without its diagonal, column after column.
    pub(crate) below: Vec<f64>,
    pub(crate) diagonal: Vec<f64>,
    strips: Strips,
}

impl Gram {
    /// Takes room for so many samples of so many units.
    pub(crate) fn new(samples: usize, units: usize) -> Self {
        let height = pulp::Arch::new().dispatch(Height);
        Self {
            below: vec![0.0; samples * samples.saturating_sub(1) / 2],
            diagonal: vec![0.0; samples],
            strips: Strips::new(samples, height, DEPTH.min(units)),
        }
    }

    /// Computes a · aᵀ; each product is added up in the order of units, [`DEPTH`] of them in one go.
    pub(crate) fn fill(&mut self, a: MatRef<'_, f64>) {
        assert_eq!(
            a.nrows(),
            self.diagonal.len(),
            "caller's bug: as many samples as there is room for"
        );
        let arch = pulp::Arch::new();
        for first in (0..a.ncols()).step_by(DEPTH) {
            self.strips.pack(arch, a.subcols(first, DEPTH.min(a.ncols() - first)));
            let panels = balanced(Panel::cut(&mut self.below, &mut self.diagonal).into_iter());
            panels.into_par_iter().for_each_init(Vec::new, |columns, panel| {
                arch.dispatch(Products { strips: &self.strips, panel, add: first > 0, columns });
            });
        }
    }
}

/// Returns the lower triangle of a · aᵀ without its diagonal, column after column, and the diagonal.
pub(crate) fn packed_gram(a: MatRef<'_, f64>) -> (Vec<f64>, Vec<f64>) {
    let mut gram = Gram::new(a.nrows(), a.ncols());
    gram.fill(a);
    (gram.below, gram.diagonal)
}

/// Samples in strips: of each strip unit after unit, of each unit sample after sample.
#[derive(Debug, Clone)]
struct Strips {
    samples: usize,
    /// Samples of a strip.
    height: usize,
    /// Units that are packed now.
    depth: usize,
    values: Vec<f64>,
}

impl Strips {
    fn new(samples: usize, height: usize, depth: usize) -> Self {
        let room = samples.div_ceil(height) * (height * depth + LINE) + LINE;
        Self { samples, height, depth, values: vec![0.0; room] }
    }

    fn count(&self) -> usize {
        self.samples.div_ceil(self.height)
    }

    /// From one strip to the next.
    fn apart(&self) -> usize {
        self.height * self.depth + LINE
    }

    /// Where a line of the cache begins.
    fn start(&self) -> usize {
        self.values.as_ptr().align_offset(LINE * size_of::<f64>()).min(LINE)
    }

    fn strip(&self, strip: usize) -> &[f64] {
        &self.values[self.start() + strip * self.apart()..][..self.height * self.depth]
    }

    /// Takes other units; samples that are missing in the last strip are 0.
    fn pack(&mut self, arch: pulp::Arch, units: MatRef<'_, f64>) {
        self.depth = units.ncols();
        let (height, apart) = (self.height, self.apart());
        let (start, size) = (self.start(), self.count() * apart);
        let packed = &mut self.values[start..][..size];
        packed.par_chunks_mut(GROUP * apart).enumerate().for_each(|(group, strips)| {
            let first = group * GROUP * height;
            let count = (strips.len() / apart * height).min(units.nrows() - first);
            arch.dispatch(Pack { units: units.subrows(first, count), strips, height, apart });
        });
    }

    /// Puts some samples side by side, N at a time: of each N unit after unit.
    fn columns<const N: usize>(&self, first: usize, count: usize, to: &mut Vec<f64>) {
        // What stands behind the last sample is multiplied too, and not kept.
        to.resize(count.next_multiple_of(N) * self.depth, 0.0);
        for (group, to) in to.chunks_exact_mut(N * self.depth).enumerate() {
            let (units, _) = to.as_chunks_mut::<N>();
            for column in 0..N.min(count - group * N) {
                let sample = first + group * N + column;
                let strip = self.strip(sample / self.height).chunks_exact(self.height);
                for (to, from) in units.iter_mut().zip(strip) {
                    to[column] = from[sample % self.height];
                }
            }
        }
    }
}

/// Puts some samples in strips.
struct Pack<'a> {
    units: MatRef<'a, f64>,
    strips: &'a mut [f64],
    height: usize,
    apart: usize,
}

impl pulp::WithSimd for Pack<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::F64_LANES >= 8 {
            self.pack::<S, { WIDE.0 }>(simd);
        } else {
            self.pack::<S, { NARROW.0 }>(simd);
        }
    }
}

impl Pack<'_> {
    #[inline(always)]
    fn pack<S: Simd, const V: usize>(self, _: S) {
        let Self { units, strips, height, apart } = self;
        for (unit, values) in units.col_iter().enumerate() {
            let gathered: Vec<f64>;
            let values = if let Some(values) = values.try_as_col_major() {
                values.as_slice()
            } else {
                gathered = values.iter().copied().collect();
                &gathered
            };
            let mut slots =
                strips.chunks_exact_mut(apart).map(|strip| &mut strip[unit * height..][..height]);
            let (vectors, _) = S::as_simd_f64s(values);
            let (whole, _) = vectors.as_chunks::<V>();
            for (values, slot) in whole.iter().zip(&mut slots) {
                S::as_mut_simd_f64s(slot).0.copy_from_slice(values);
            }
            let rest = &values[whole.len() * height..];
            if let (false, Some(slot)) = (rest.is_empty(), slots.next()) {
                slot[..rest.len()].copy_from_slice(rest);
                slot[rest.len()..].fill(0.0);
            }
        }
    }
}

/// Some columns of the triangle, and their places on the diagonal.
struct Panel<'a> {
    samples: usize,
    first: usize,
    below: &'a mut [f64],
    diagonal: &'a mut [f64],
}

impl<'a> Panel<'a> {
    fn cut(below: &'a mut [f64], diagonal: &'a mut [f64]) -> Vec<Self> {
        let samples = diagonal.len();
        let mut rest = below;
        let cut = |(first, diagonal): (usize, &'a mut [f64])| {
            let count = (first..first + diagonal.len()).map(|column| samples - column - 1).sum();
            let (below, after) = std::mem::take(&mut rest).split_at_mut(count);
            rest = after;
            Self { samples, first, below, diagonal }
        };
        (0..).step_by(PANEL).zip(diagonal.chunks_mut(PANEL)).map(cut).collect()
    }

    /// Returns the products of a column with the samples from one behind it on.
    #[inline(always)]
    fn column(&mut self, column: usize, from: usize) -> &mut [f64] {
        let before = column - self.first;
        let start = before * (2 * self.samples - self.first - column - 1) / 2;
        &mut self.below[start..][from - column - 1..self.samples - column - 1]
    }
}

/// Says how many samples a strip has.
struct Height;

impl pulp::WithSimd for Height {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        if S::F64_LANES >= 8 { WIDE.0 * S::F64_LANES } else { NARROW.0 * S::F64_LANES }
    }
}

/// Vectors of rows and columns of a tile that 32 registers hold, and 16.
const WIDE: (usize, usize) = (3, 8);
const NARROW: (usize, usize) = (2, 6);

/// The products of all samples with those of a panel, below the diagonal and on it.
struct Products<'a> {
    strips: &'a Strips,
    panel: Panel<'a>,
    /// Whether they are added to what stands there.
    add: bool,
    /// Room for the panel's samples.
    columns: &'a mut Vec<f64>,
}

impl pulp::WithSimd for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::F64_LANES >= 8 {
            self.add_up::<S, { WIDE.0 }, { WIDE.1 }>(simd);
        } else {
            self.add_up::<S, { NARROW.0 }, { NARROW.1 }>(simd);
        }
    }
}

impl Products<'_> {
    #[inline(always)]
    fn add_up<S: Simd, const V: usize, const N: usize>(mut self, simd: S) {
        let (first, count) = (self.panel.first, self.panel.diagonal.len());
        let height = self.strips.height;
        self.strips.columns::<N>(first, count, self.columns);
        for top in (first / height..self.strips.count()).step_by(ROWS / height) {
            let end = (top + ROWS / height).min(self.strips.count());
            for start in (0..count).step_by(N) {
                for strip in top.max((first + start) / height)..end {
                    self.tile::<S, V, N>(simd, strip, start);
                }
            }
        }
    }

    /// Computes the products of a strip with N columns of the panel.
    #[inline(always)]
    fn tile<S: Simd, const V: usize, const N: usize>(
        &mut self,
        simd: S,
        strip: usize,
        start: usize,
    ) {
        let Strips { samples, height, depth, .. } = *self.strips;
        let (rows, _) = S::as_simd_f64s(self.strips.strip(strip));
        let (columns, _) = self.columns[start * depth..][..N * depth].as_chunks::<N>();
        let mut sums = [[simd.splat_f64s(0.0); V]; N];
        for (row, column) in rows.as_chunks::<V>().0.iter().zip(columns) {
            for c in 0..N {
                let one = simd.splat_f64s(column[c]);
                for v in 0..V {
                    sums[c][v] = simd.mul_add_e_f64s(row[v], one, sums[c][v]);
                }
            }
        }
        let (row, column) = (strip * height, self.panel.first + start);
        let wanted = N.min(self.panel.diagonal.len() - start);
        let whole = row >= column + N && row + height <= samples;
        for c in 0..wanted {
            if whole {
                let kept = &mut self.panel.column(column + c, row)[..height];
                for (kept, sum) in S::as_mut_simd_f64s(kept).0.iter_mut().zip(sums[c]) {
                    *kept = if self.add { simd.add_f64s(*kept, sum) } else { sum };
                }
            } else {
                let mut values = [0.0; ROWS];
                S::as_mut_simd_f64s(&mut values[..height]).0.copy_from_slice(&sums[c]);
                self.keep_some(column + c, row, &values[..height]);
            }
        }
    }

    /// Keeps what of a strip's products with one column is not above the diagonal or behind the last sample.
    fn keep_some(&mut self, column: usize, row: usize, values: &[f64]) {
        for (sample, value) in (row..self.strips.samples).zip(values) {
            let kept = match sample.checked_sub(column) {
                None => continue,
                Some(0) => &mut self.panel.diagonal[column - self.panel.first],
                Some(_) => &mut self.panel.column(column, sample)[0],
            };
            *kept = if self.add { *kept + value } else { *value };
        }
    }
}

#[cfg(test)]
mod tests {
    use convscope_core::Seed;
    use faer::Mat;

    use super::{DEPTH, PANEL, ROWS, packed_gram};

    fn normal(samples: usize, units: usize) -> Mat<f64> {
        let mut draws = Seed::root(3).stream();
        Mat::from_fn(samples, units, |_, _| draws.normal())
    }

    #[test]
    fn every_product_stands_in_its_place() {
        let sizes = [1, 2, 7, 24, ROWS, PANEL + 1, 2 * PANEL + 25];
        for (samples, units) in
            sizes.into_iter().zip([3, 0, DEPTH, DEPTH + 1, 5, 2 * DEPTH + 9, 40])
        {
            let layer = normal(samples, units);
            let expected = &layer * layer.transpose();
            let turned = layer.transpose().to_owned();
            for a in [layer.as_ref(), turned.transpose()] {
                let (below, diagonal) = packed_gram(a);
                let mut below = below.into_iter();
                let close = |found: f64, i, j| {
                    (found - expected[(i, j)]).abs() < 1e-12 * (1.0 + units as f64)
                };
                for j in 0..samples {
                    assert!(close(diagonal[j], j, j), "{samples} × {units}: sample {j}");
                    for i in j + 1..samples {
                        let found = below.next().expect("a product of each two samples");
                        assert!(close(found, i, j), "{samples} × {units}: samples {i} and {j}");
                    }
                }
                assert_eq!(below.next(), None, "no more products than that");
            }
        }
    }

    #[test]
    fn no_bit_depends_on_threads_or_on_how_units_lie() {
        let layer = normal(2 * PANEL + 25, DEPTH + 40);
        let turned = layer.transpose().to_owned();
        let bits = |threads: usize, a: faer::MatRef<'_, f64>| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let (below, diagonal) = pool.expect("threads can be had").install(|| packed_gram(a));
            below.into_iter().chain(diagonal).map(f64::to_bits).collect::<Vec<_>>()
        };
        let expected = bits(1, layer.as_ref());
        assert_eq!(bits(3, layer.as_ref()), expected);
        assert_eq!(bits(2, turned.transpose()), expected);
    }
}
