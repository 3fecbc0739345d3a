//! Outputs, and slopes by inputs, which are outputs of a convolution back.

use std::marker::PhantomData;
use std::ops::Range;

use super::form::Form;
use super::tiles::{Elements, Inputs, Kernels, Outputs, Tiling};
use crate::crew::each;
use crate::graph::scratch::Crew;
use crate::simd::{LANES, Lanes, Outer, Simd, Span, cut, floats};
use crate::tensor::{Grid, Tensor};

/// Channels whose products are summed at a time, so that the tiles they meet stay near.
const PANEL: usize = 64;

/// Filters whose products are made at a time.
const TOGETHER: usize = 32;

/// How many bytes of factors and products a chunk of tiles may have, to stay in a core's second
/// cache.
const NEAR: usize = 1280 << 10;

fn env(name: &str, or: usize) -> usize {
    std::env::var(name).ok().and_then(|x| x.parse().ok()).unwrap_or(or)
}

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

/// How the tiles of one thread are taken together.
#[derive(Debug, Clone, Copy)]
struct Cuts {
    /// Rows and vectors of a register tile.
    tile: (usize, usize),
    /// Tiles that are multiplied at a time, and made at a time.
    group: usize,
    chunk: usize,
    /// Filters whose products are made at a time.
    together: usize,
}

/// What one thread computes at a time.
struct Job<'a> {
    /// The first block.
    first: usize,
    channels: Range<usize>,
    /// These channels of each block.
    images: Vec<&'a mut [Lanes]>,
    scratch: &'a mut [Lanes],
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
        let room = self.room(cuts);
        let jobs = parts.len() * self.to.div_ceil(channels);
        let panels = cut(self.from, PANEL).map(|panel| panel.start..panel.start + panel.len);
        let size = |panel: &Range<usize>| Self::COUNT * self.to * panel.len().div_ceil(LANES);
        let factors: usize = panels.clone().map(|panel| size(&panel)).sum();
        let mut rest = crew.scratch.take(factors + jobs * room);
        let mut factors = Vec::new();
        for panel in panels {
            let (to, after) = rest.split_at_mut(size(&panel));
            factors.push((panel, to));
            rest = after;
        }
        each(threads, factors.iter_mut().collect(), |(panel, to)| {
            simd.run(Kernels {
                form: self.form,
                kernels: self.kernels,
                size: (self.to, self.from),
                back: self.back,
                span: panel.clone(),
                to,
            });
        });
        let factors: Vec<_> = factors.into_iter().map(|(panel, to)| (panel, &*to)).collect();
        let grid = output.grid;
        let mut rooms = rest.chunks_mut(room);
        let jobs = self.jobs(&parts, channels, output, || rooms.next().unwrap_or_default());
        each(threads, jobs, |job| self.work(simd, cuts, &factors, input, (grid, job)));
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
        let together = channels.min(env("TOGETHER", TOGETHER));
        let tile = Outer::tiles::<S>(together, tiles);
        let group = tile.1.div_ceil(LANES / S::WIDTH);
        let bytes = Self::COUNT * (self.from + together) * group * size_of::<Lanes>();
        Cuts {
            tile,
            group,
            chunk: (env("NEAR", NEAR >> 10) * 1024 / bytes).max(1) * group,
            together,
        }
    }

    /// Returns the lanes that a job needs.
    fn room(&self, cuts: Cuts) -> usize {
        let groups = cuts.chunk.div_ceil(cuts.group);
        Self::COUNT * (cuts.chunk * (self.from + cuts.together) + 2 * groups)
    }

    fn jobs<'a>(
        &self,
        parts: &[Span],
        channels: usize,
        output: &'a mut Tensor,
        mut room: impl FnMut() -> &'a mut [Lanes],
    ) -> Vec<Job<'a>> {
        let channel = output.grid.channel;
        let mut blocks = output.values.chunks_mut(output.step);
        let mut jobs = Vec::new();
        for part in parts {
            let spans = cut(self.to, channels);
            let mut own: Vec<Job<'_>> = spans
                .map(|span| Job {
                    first: part.start,
                    channels: span.start..span.start + span.len,
                    images: Vec::with_capacity(part.len),
                    scratch: room(),
                })
                .collect();
            for mut block in blocks.by_ref().take(part.len) {
                for job in &mut own {
                    let (image, after) = block.split_at_mut(job.channels.len() * channel);
                    job.images.push(image);
                    block = after;
                }
            }
            jobs.append(&mut own);
        }
        jobs
    }

    fn work<S: Simd>(
        &self,
        simd: S,
        cuts: Cuts,
        factors: &[(Range<usize>, &[Lanes])],
        input: &Tensor,
        (grid, mut job): (Grid, Job<'_>),
    ) {
        let count = self.tiling.count();
        let tiles = count * job.first..count * (job.first + job.images.len());
        let inputs = Self::COUNT * (cuts.chunk * self.from + cuts.chunk.div_ceil(cuts.group));
        let (inputs, products) = std::mem::take(&mut job.scratch).split_at_mut(inputs);
        for first in tiles.clone().step_by(cuts.chunk) {
            let groups = cut(cuts.chunk.min(tiles.end - first), cuts.group);
            for (span, place) in
                groups.clone().map(|span| (span, places::<F>(self.from, span, cuts)))
            {
                for index in 0..span.len {
                    let (block, row, column) = self.tiling.place(first + span.start + index);
                    simd.run(Inputs {
                        form: self.form,
                        image: input.image(block),
                        channels: 0..self.from,
                        place: (row, column),
                        to: &mut inputs[place.0 + index..],
                        elements: place.1,
                    });
                }
            }
            for rows in cut(job.channels.len(), cuts.together) {
                let channels = job.channels.start + rows.start;
                let channels = channels..channels + rows.len;
                for element in 0..Self::COUNT {
                    for factors in factors {
                        for span in groups.clone() {
                            let place = (element, span, channels.clone());
                            self.multiply(simd, cuts, factors, place, (inputs, products));
                        }
                    }
                }
                for (span, place) in
                    groups.clone().map(|span| (span, places::<F>(rows.len, span, cuts)))
                {
                    for index in 0..span.len {
                        let (block, row, column) = self.tiling.place(first + span.start + index);
                        simd.run(Outputs {
                            form: self.form,
                            from: &products[place.0 + index..],
                            elements: place.1,
                            bias: self.bias.map(|bias| &bias[channels.clone()]),
                            grid,
                            channels: rows.len,
                            image: &mut job.images[block - job.first][rows.start * grid.channel..],
                            place: (row, column),
                        });
                    }
                }
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
