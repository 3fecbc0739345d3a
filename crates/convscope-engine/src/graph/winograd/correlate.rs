//! Outputs, and slopes by inputs, which are outputs of a convolution back.

use std::marker::PhantomData;
use std::ops::Range;

use super::form::Form;
use super::tiles::{Elements, Inputs, Kernels, Outputs, Tiling};
use crate::crew::each;
use crate::graph::jobs::{Cuts, Job, jobs};
use crate::graph::scratch::Crew;
use crate::simd::{LANES, Lanes, Outer, Simd, Span, cut, floats};
use crate::tensor::{Grid, Tensor};

/// Channels whose products are summed at a time, so that the tiles they meet stay near.
const PANEL: usize = 64;

/// How many bytes of factors and products a chunk of tiles may have, to stay in a core's second
/// cache.
const NEAR: usize = 1280 << 10;

/// One correlation of images with kernels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Correlate<'a, F> {
    pub(super) form: PhantomData<F>,
    pub(super) tiling: Tiling,
    pub(super) blocks: usize,
    /// Channels before and after.
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) kernels: &'a [f32],
    pub(super) bias: Option<&'a [f32]>,
    /// Whether the kernels are those of the way back.
    pub(super) back: bool,
}

impl<F: Form> Correlate<'_, F> {
    const COUNT: usize = F::SIDE * F::SIDE;

    /// Returns the way back.
    pub(super) fn turned(self) -> Self {
        Self { from: self.to, to: self.from, back: true, ..self }
    }

    /// Writes all outputs.
    pub(super) fn run<S: Simd>(self, crew: &mut Crew<'_, S>, input: &Tensor, output: &mut Tensor) {
        let (simd, threads) = (crew.simd, crew.threads);
        let (parts, channels) = self.shares(threads);
        let cuts = self.cuts::<S>(parts[0].len * self.tiling.count(), channels);
        let room = self.room(cuts, channels);
        let count = parts.len() * self.to.div_ceil(channels);
        let panels = cut(self.from, PANEL).map(|panel| panel.start..panel.start + panel.len);
        let size = |panel: &Range<usize>| Self::COUNT * self.to * panel.len().div_ceil(LANES);
        let factors: usize = panels.clone().map(|panel| size(&panel)).sum();
        let mut rest = crew.scratch.take(factors + count * room);
        let mut factors = Vec::new();
        for panel in panels {
            let (to, after) = rest.split_at_mut(size(&panel));
            factors.push((panel, to));
            rest = after;
        }
        each(threads, factors.iter_mut().collect(), |(panel, to)| {
            simd.run(Kernels {
                form: self.form,
                values: self.kernels,
                size: (self.to, self.from),
                back: self.back,
                span: panel.clone(),
                to,
            });
        });
        let factors: Vec<_> = factors.into_iter().map(|(panel, to)| (panel, &*to)).collect();
        let grid = output.grid;
        let mut rooms = rest.chunks_mut(room);
        let work = jobs(&parts, channels, output, || rooms.next().unwrap_or_default());
        each(threads, work, |job| self.work(simd, cuts, &factors, input, (grid, job)));
    }

    /// Returns the blocks of each part, and the most channels of one.
    ///
    /// Where kernels take more room than tiles, threads share the tiles and not the kernels, each
    /// making the factors of all tiles for itself.
    fn shares(&self, threads: usize) -> (Vec<Span>, usize) {
        let threads = threads.max(1);
        let few = self.to > LANES * self.tiling.count() * self.blocks;
        let by_blocks = if few { 1 } else { threads.min(self.blocks) };
        let parts = cut(self.blocks, self.blocks.div_ceil(by_blocks)).collect();
        (parts, self.to.div_ceil(threads / by_blocks))
    }

    fn cuts<S: Simd>(&self, tiles: usize, channels: usize) -> Cuts {
        let tile = Outer::tiles::<S>(channels, tiles);
        let group = tile.1.div_ceil(LANES / S::WIDTH);
        let bytes = Self::COUNT * (self.from + channels) * group * size_of::<Lanes>();
        Cuts { tile, group, chunk: (NEAR / bytes).max(1) * group }
    }

    /// Returns the lanes that a job needs.
    fn room(&self, cuts: Cuts, channels: usize) -> usize {
        let groups = cuts.chunk.div_ceil(cuts.group);
        Self::COUNT * (cuts.chunk * (self.from + channels) + 2 * groups)
    }

    fn work<S: Simd>(
        &self,
        simd: S,
        cuts: Cuts,
        factors: &[(Range<usize>, &[Lanes])],
        input: &Tensor,
        (grid, job): (Grid, Job<'_>),
    ) {
        let Job { first: first_block, channels, mut images, scratch } = job;
        let spots = self.tiling.spots(first_block..first_block + images.len());
        let inputs = Self::COUNT * (cuts.chunk * self.from + cuts.chunk.div_ceil(cuts.group));
        let (inputs, products) = scratch.split_at_mut(inputs);
        let bias = self.bias.map(|bias| &bias[channels.clone()]);
        for spots in spots.chunks(cuts.chunk) {
            let groups = cut(spots.len(), cuts.group);
            for span in groups.clone() {
                let (start, elements) = places::<F>(self.from, span, cuts);
                simd.run(Inputs {
                    form: self.form,
                    images: input,
                    channels: 0..self.from,
                    spots: &spots[span.start..span.start + span.len],
                    to: &mut inputs[start..],
                    elements,
                });
            }
            for element in 0..Self::COUNT {
                for factors in factors {
                    for span in groups.clone() {
                        let place = (element, span, channels.clone());
                        self.multiply(simd, cuts, factors, place, (inputs, products));
                    }
                }
            }
            for span in groups {
                let (start, elements) = places::<F>(channels.len(), span, cuts);
                simd.run(Outputs {
                    form: self.form,
                    from: &products[start..],
                    elements,
                    bias,
                    grid,
                    channels: 0..channels.len(),
                    images: &mut images,
                    first_block,
                    spots: &spots[span.start..span.start + span.len],
                });
            }
        }
    }

    /// Adds the products of some channels to those of an element, some tiles and some filters.
    fn multiply<S: Simd>(
        &self,
        simd: S,
        cuts: Cuts,
        (panel, factors): &(Range<usize>, &[Lanes]),
        (element, span, channels): (usize, Span, Range<usize>),
        (inputs, products): (&[Lanes], &mut [Lanes]),
    ) {
        let step = panel.len().div_ceil(LANES) * LANES;
        let (start, from) = places::<F>(self.from, span, cuts);
        let right = &inputs[start + element * from.element + panel.start * from.channel..];
        let (start, to) = places::<F>(channels.len(), span, cuts);
        let sums = &mut products[start + element * to.element..];
        let starts: [u32; PANEL / LANES] =
            std::array::from_fn(|index| (index * LANES * from.channel) as u32);
        let outer = Outer {
            left: &floats(factors)[(element * self.to + channels.start) * step..],
            left_step: step,
            rows: channels.len(),
            depth: panel.len(),
            right,
            right_step: from.channel,
            places: &starts[..step / LANES],
            columns: span.len,
            add: panel.start > 0,
        };
        outer.run(simd, cuts.tile, sums, to.channel);
    }
}

/// Returns where the elements of a group of tiles stand, and their steps.
///
/// A lane is left free after each element, lest all of them want the same places of the nearest
/// cache.
fn places<F: Form>(channels: usize, span: Span, cuts: Cuts) -> (usize, Elements) {
    let start = span.start * channels + span.start.div_ceil(cuts.group);
    let elements = Elements { element: channels * span.len + 1, channel: span.len };
    (F::SIDE * F::SIDE * start, elements)
}
