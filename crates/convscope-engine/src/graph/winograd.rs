//! Convolutions of 3 × 3 with fewer products.

mod form;
mod tiles;

use std::ops::Range;

use convscope_model::Shape;

use self::form::{Form, Four, Two};
use self::tiles::{Elements, Inputs, Kernels, Outputs, Tiling};
use super::scratch::Crew;
use crate::crew::each;
use crate::simd::{LANES, Lanes, Outer, Simd, Span, cut, floats};
use crate::tensor::Tensor;

/// Channels whose products are summed at a time, so that the tiles they meet stay near.
const PANEL: usize = 64;

/// How many bytes of factors and products a chunk of tiles may have.
const NEAR: usize = 1280 << 10;

/// The side of a tile of outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Two,
    Four,
}

/// Convolutions with kernels of 3 × 3, a step of one, and one row and column of zeros around.
#[derive(Debug, Clone)]
pub(crate) struct Winograd {
    side: Side,
    channels: usize,
    filters: usize,
    shape: Shape,
    blocks: usize,
}

impl Winograd {
    /// Plans convolutions of images of so many channels and some height and width.
    pub(crate) fn new(channels: usize, filters: usize, shape: Shape, blocks: usize) -> Self {
        Self::with(Side::Four, channels, filters, shape, blocks)
    }

    pub(super) fn with(
        side: Side,
        channels: usize,
        filters: usize,
        shape: Shape,
        blocks: usize,
    ) -> Self {
        Self { side, channels, filters, shape, blocks }
    }

    /// Writes the outputs.
    pub(crate) fn forward<S: Simd>(
        &self,
        crew: &mut Crew<'_, S>,
        kernels: &[f32],
        bias: Option<&[f32]>,
        input: &Tensor,
        output: &mut Tensor,
    ) {
        let pass = Pass { from: self.channels, to: self.filters, kernels, bias, back: false };
        self.correlate(crew, pass, input, output);
    }

    /// Writes the slopes by the inputs.
    ///
    /// They are a convolution themselves, of the slopes by the outputs with kernels turned by half a
    /// turn.
    pub(crate) fn input_slopes<S: Simd>(
        &self,
        crew: &mut Crew<'_, S>,
        kernels: &[f32],
        slope: &Tensor,
        back: &mut Tensor,
    ) {
        let pass = Pass { from: self.filters, to: self.channels, kernels, bias: None, back: true };
        self.correlate(crew, pass, slope, back);
    }

    fn correlate<S: Simd>(
        &self,
        crew: &mut Crew<'_, S>,
        pass: Pass<'_>,
        input: &Tensor,
        output: &mut Tensor,
    ) {
        match self.side {
            Side::Two => self.correlate_in(|| Two, crew, pass, input, output),
            Side::Four => self.correlate_in(|| Four, crew, pass, input, output),
        }
    }

    fn correlate_in<S: Simd, F: Form>(
        &self,
        form: impl Fn() -> F + Sync,
        crew: &mut Crew<'_, S>,
        pass: Pass<'_>,
        input: &Tensor,
        output: &mut Tensor,
    ) {
        let count = F::SIDE * F::SIDE;
        let tiling = Tiling { shape: self.shape, tile: F::TILE };
        let (simd, threads) = (crew.simd, crew.threads);
        let (parts, channels) = self.shares(pass, tiling, threads);
        let groups = Outer::tiles::<S>(channels, tiling.count() * parts[0].len);
        let group = groups.1.div_ceil(LANES / S::WIDTH);
        let chunk = NEAR / (count * (pass.from + channels) * group * size_of::<Lanes>());
        let chunk = chunk.max(1) * group;
        let room = count * (chunk * (pass.from + channels) + 2 * chunk.div_ceil(group));
        let panels: Vec<_> = cut(pass.from, PANEL).collect();
        let kernels = |span: &Span| count * pass.to * span.len.div_ceil(LANES);
        let jobs = parts.len() * pass.to.div_ceil(channels);
        let scratch = crew.scratch.take(panels.iter().map(kernels).sum::<usize>() + jobs * room);
        let mut items = Vec::new();
        let mut rest = scratch;
        let mut factors = Vec::new();
        for panel in &panels {
            let (to, after) = rest.split_at_mut(kernels(panel));
            items.push((panel.start..panel.start + panel.len, to));
            rest = after;
        }
        each(threads, items.iter_mut().collect(), |(span, to)| {
            simd.run(Kernels {
                form: form(),
                kernels: pass.kernels,
                size: (pass.to, pass.from),
                back: pass.back,
                span: span.clone(),
                to,
            });
        });
        factors.extend(items.into_iter().map(|(span, to)| (span, &*to)));

        let mut rooms = rest.chunks_mut(room);
        let grid = output.grid;
        let mut blocks = output.values.chunks_mut(output.step);
        let mut jobs = Vec::new();
        for part in &parts {
            let spans: Vec<_> = cut(pass.to, channels).collect();
            let mut images: Vec<Vec<&mut [Lanes]>> = spans.iter().map(|_| Vec::new()).collect();
            for mut block in blocks.by_ref().take(part.len) {
                for (span, images) in spans.iter().zip(&mut images) {
                    let (image, after) = block.split_at_mut(span.len * grid.channel);
                    images.push(image);
                    block = after;
                }
            }
            for (span, images) in spans.iter().zip(images) {
                let channels = span.start..span.start + span.len;
                let scratch = rooms.next().unwrap_or_default();
                jobs.push(Job { first: part.start, channels, images, scratch });
            }
        }
        let tile = groups;
        each(threads, jobs, |mut job| {
            let tiles = tiling.count() * job.first..tiling.count() * (job.first + job.images.len());
            for first in tiles.clone().step_by(chunk) {
                let len = chunk.min(tiles.end - first);
                let spans: Vec<_> = cut(len, group).collect();
                let (inputs, products) =
                    job.scratch.split_at_mut(count * (chunk * pass.from + chunk.div_ceil(group)));
                let places = |channels: usize, span: &Span| {
                    (
                        span.start * channels * count + span.start.div_ceil(group) * count,
                        Elements { element: channels * span.len + 1, channel: span.len },
                    )
                };
                for span in &spans {
                    let (start, elements) = places(pass.from, span);
                    for index in 0..span.len {
                        let (block, row, column) = tiling.place(first + span.start + index);
                        simd.run(Inputs {
                            form: form(),
                            image: input.image(block),
                            channels: 0..pass.from,
                            place: (row, column),
                            to: &mut inputs[start + index..],
                            elements,
                        });
                    }
                }
                for element in 0..count {
                    for (panel, factors) in &factors {
                        let step = panel.len().div_ceil(LANES) * LANES;
                        let left =
                            &floats(factors)[(element * pass.to + job.channels.start) * step..];
                        for span in &spans {
                            let (start, from) = places(pass.from, span);
                            let right = &inputs
                                [start + element * from.element + panel.start * from.channel..];
                            let (start, to) = places(job.channels.len(), span);
                            let mut starts = [0; PANEL / LANES];
                            for (index, place) in starts.iter_mut().enumerate() {
                                *place = (index * LANES * from.channel) as u32;
                            }
                            let outer = Outer {
                                left,
                                left_step: step,
                                rows: job.channels.len(),
                                depth: panel.len(),
                                right,
                                right_step: from.channel,
                                places: &starts[..step / LANES],
                                columns: span.len,
                                add: panel.start > 0,
                            };
                            outer.run(
                                simd,
                                tile,
                                &mut products[start + element * to.element..],
                                to.channel,
                            );
                        }
                    }
                }
                for span in &spans {
                    let (start, elements) = places(job.channels.len(), span);
                    for index in 0..span.len {
                        let (block, row, column) = tiling.place(first + span.start + index);
                        simd.run(Outputs {
                            form: form(),
                            from: &products[start + index..],
                            elements,
                            bias: pass.bias.map(|bias| &bias[job.channels.clone()]),
                            grid,
                            channels: job.channels.len(),
                            image: &mut *job.images[block - job.first],
                            place: (row, column),
                        });
                    }
                }
            }
        });
    }

    /// Returns the blocks of each thread, and the most channels of one.
    fn shares(&self, pass: Pass<'_>, tiling: Tiling, threads: usize) -> (Vec<Span>, usize) {
        let threads = threads.max(1);
        let by_blocks =
            if pass.to > 16 * tiling.count() * self.blocks { 1 } else { threads.min(self.blocks) };
        let by_channels = (threads / by_blocks).max(1);
        let parts = cut(self.blocks, self.blocks.div_ceil(by_blocks)).collect();
        (parts, pass.to.div_ceil(by_channels))
    }
}

/// One correlation.
#[derive(Debug, Clone, Copy)]
struct Pass<'a> {
    /// Channels before and after.
    from: usize,
    to: usize,
    kernels: &'a [f32],
    bias: Option<&'a [f32]>,
    back: bool,
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

#[cfg(test)]
mod tests {
    use convscope_model::Shape;
    use convscope_model::layer::Conv;

    use super::{Side, Winograd};
    use crate::Level;
    use crate::graph::scratch::{Crew, Scratch};
    use crate::graph::trial::{drawn, error, input_slopes, outputs, values, weights};
    use crate::simd::{EachLevel, Lanes, Simd, run_at};
    use crate::tensor::{Grid, Tensor};

    struct Trial<'a> {
        plan: &'a Winograd,
        threads: usize,
        kernels: &'a [f32],
        bias: &'a [f32],
        input: &'a Tensor,
        slope: &'a Tensor,
    }

    impl EachLevel for Trial<'_> {
        type Output = [Vec<f32>; 2];

        fn run<S: Simd>(self, simd: S) -> Self::Output {
            let Self { plan, threads, kernels, bias, input, slope } = self;
            let mut scratch = Scratch::default();
            // What others left in the scratch must not matter.
            scratch.take(50_000).fill(Lanes([f32::NAN; 16]));
            let mut crew = Crew { simd, threads, scratch: &mut scratch };
            let tensor = |like: &Tensor, border| {
                Tensor::images(Grid::new(like.grid.shape, border), like.values.len() / like.step)
            };
            let (mut output, mut back) = (tensor(slope, 2), tensor(input, 0));
            plan.forward(&mut crew, kernels, Some(bias), input, &mut output);
            plan.input_slopes(&mut crew, kernels, slope, &mut back);
            [values(&output), values(&back)]
        }
    }

    #[test]
    fn winograd_is_the_plain_convolution_on_every_level_and_any_threads() {
        for (channels, filters, height, width, blocks) in [
            (3, 5, 5, 7, 2),
            (70, 6, 9, 4, 2),
            (16, 66, 4, 4, 3),
            (20, 12, 8, 8, 1),
            (2, 3, 1, 2, 4),
        ] {
            let conv = Conv { filters, padding: 1, ..Conv::default() };
            let shape = Shape::image(channels, height, width);
            let input = drawn(shape, 1, blocks, 1);
            let slope = drawn(Shape::image(filters, height, width), 0, blocks, 2);
            let kernels = weights(filters * channels * 9, 3);
            let bias = weights(filters, 4);
            let expected = [
                outputs(&conv, &kernels, &bias, &input),
                input_slopes(&conv, &kernels, shape, &slope),
            ];
            for (side, most) in [(Side::Two, 1e-6), (Side::Four, 1e-5)] {
                let plan = Winograd::with(side, channels, filters, shape, blocks);
                let mut first: Option<[Vec<f32>; 2]> = None;
                for level in Level::available() {
                    for threads in [1, 2, 3, 8] {
                        let trial = Trial {
                            plan: &plan,
                            threads,
                            kernels: &kernels,
                            bias: &bias,
                            input: &input,
                            slope: &slope,
                        };
                        let found = run_at(level, trial);
                        for (found, expected) in found.iter().zip(&expected) {
                            let error = error(found, expected);
                            assert!(error < most, "{side:?} {shape:?} {level} {threads}: {error}");
                        }
                        let first = first.get_or_insert_with(|| found.clone());
                        let same = |a: &[f32], b: &[f32]| {
                            a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
                        };
                        let equal = first.iter().zip(&found).all(|(a, b)| same(a, b));
                        assert!(equal, "{side:?} {shape:?} {level} {threads} threads");
                    }
                }
            }
        }
    }
}
