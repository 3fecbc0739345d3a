//! The slopes by a convolution's weights, as products of matrices.

use std::ops::Range;

use convscope_model::Shape;
use convscope_model::layer::Conv;

use super::scratch::Crew;
use crate::crew::each;
use crate::simd::{LANES, Lanes, Outer, Simd, Span, at_each_level, cut, floats, floats_mut};
use crate::tensor::{Grid, Tensor};

/// Pixels whose products are summed before they are added to a weight's sum.
///
/// With 16 samples each these are 96 numbers; as many rows of seven vectors of inputs stay in a
/// core's nearest cache while all filters meet them.
const PANEL: usize = 8;

/// How many bytes of inputs, channels side by side, are made at a time, to stay in a core's second
/// cache together with the slopes that meet them.
const NEAR: usize = 768 << 10;

/// The slopes by the weights of a convolution, or of a linear layer as a convolution of images of
/// one pixel.
///
/// ```text
/// gradient[f][c][tap] = Σ over pixels and samples of slope[f][pixel] · input[c][pixel, tap]
/// ```
///
/// The inputs are transposed, so that the channels of a pixel stand side by side and one number of
/// the slopes meets a vector of them. Each sum is one chain of additions for every 96 numbers, and
/// one of those, in the order of blocks, rows, columns and samples: neither threads nor levels
/// change it.
///
/// # Cost
/// Two operations for each weight, pixel and sample, those of 16 channels even where there are
/// fewer; and memory for one copy of the gradients, padded to 16 channels.
#[derive(Debug, Clone)]
pub(crate) struct WeightProducts {
    groups: usize,
    /// Filters of a group.
    filters: usize,
    /// Channels that a filter sees, and taps of a pair.
    seen: usize,
    taps_of_pair: usize,
    /// Where each number of a transposed pixel stands, from the pixel's first channel.
    sources: Vec<u32>,
    /// From one group's channels to the next.
    group_step: usize,
    /// Where each tap's transposed pixel stands, from the window's first.
    taps: Vec<u32>,
    chunks: Vec<Chunk>,
    /// The most transposed pixels and panels of a chunk.
    pixels: usize,
    panels: usize,
}

/// What is transposed and multiplied at a time.
#[derive(Debug, Clone, Default)]
struct Chunk {
    strips: Vec<Strip>,
    /// Where each pixel's window starts among the transposed pixels.
    windows: Vec<u32>,
}

/// Some rows of the outputs of a block.
#[derive(Debug, Clone)]
struct Strip {
    block: usize,
    rows: Range<usize>,
    /// Where the first transposed pixel stands in the block.
    input: usize,
    /// Rows and columns of transposed pixels, and the steps between them in the block.
    height: usize,
    width: usize,
    steps: (usize, usize),
}

impl WeightProducts {
    /// Plans the slopes by the weights of `conv` from an input that has the border it looks at, to
    /// outputs of some shape.
    pub(crate) fn new(conv: &Conv, input: Grid, after: Shape, blocks: usize) -> Self {
        let Conv { kernel, stride, dilation, groups, .. } = *conv;
        let seen = input.shape.channels / groups;
        let side = (kernel - 1) * dilation;
        // Where channels are few, a tap's vectors would be mostly empty: then all taps of a window
        // are put side by side, at the cost of transposing each pixel once for each.
        let merged = (seen * kernel * kernel).div_ceil(LANES) < kernel * seen.div_ceil(LANES);
        let merged = merged || kernel == 1;
        let places = |row: usize| {
            let tap = move |tap: usize| tap / kernel * dilation * row + tap % kernel * dilation;
            (0..kernel * kernel).map(move |index| tap(index) as u32)
        };
        let (mut sources, mut taps) = (Vec::new(), vec![0]);
        // Rows and columns of transposed pixels for so many rows of outputs, and their steps.
        let (width, step) =
            if merged { (after.width, stride) } else { ((after.width - 1) * stride + side + 1, 1) };
        for channel in 0..seen {
            let start = (channel * input.channel) as u32;
            if merged {
                sources.extend(places(input.row).map(|place| start + place));
            } else {
                sources.push(start);
                taps = places(width).collect();
            }
        }
        let height = |rows: usize| if merged { rows } else { (rows - 1) * stride + side + 1 };
        let pixel = sources.len().div_ceil(LANES) * LANES * size_of::<Lanes>();
        let whole = height(after.height) * width * pixel;
        let rows = (1..=after.height).rev().find(|&rows| height(rows) * width * pixel <= NEAR);
        let together = (NEAR / whole).max(1);
        let mut chunks = Vec::new();
        for first in (0..blocks).step_by(together) {
            for span in cut(after.height, rows.unwrap_or(1)) {
                let mut chunk = Chunk::default();
                let mut start = 0;
                for block in first..(first + together).min(blocks) {
                    let strip = Strip {
                        block,
                        rows: span.start..span.start + span.len,
                        input: input.corner() + span.start * stride * input.row,
                        height: height(span.len),
                        width,
                        steps: (input.row * step, step),
                    };
                    let window = |y: usize, x: usize| {
                        let apart = if merged { 1 } else { stride };
                        (start + (y * width + x) * apart) as u32
                    };
                    let pixels = (0..span.len).flat_map(|y| (0..after.width).map(move |x| (y, x)));
                    chunk.windows.extend(pixels.map(|(y, x)| window(y, x)));
                    start += strip.height * strip.width;
                    chunk.strips.push(strip);
                }
                chunks.push(chunk);
            }
        }
        let pixels = |chunk: &Chunk| chunk.strips.iter().map(|s| s.height * s.width).sum();
        Self {
            groups,
            filters: conv.filters / groups,
            seen,
            taps_of_pair: kernel * kernel,
            pixels: chunks.iter().map(pixels).max().unwrap_or(0),
            panels: chunks.iter().map(|c| c.windows.len().div_ceil(PANEL)).max().unwrap_or(0),
            sources,
            group_step: seen * input.channel,
            taps,
            chunks,
        }
    }

    /// Writes the slopes by the weights, in the order of filters, channels, rows and columns.
    ///
    /// Every filter's sums are one thread's, so that threads beyond `filters` have nothing to do.
    pub(crate) fn run<S: Simd>(
        &self,
        crew: &mut Crew<'_, S>,
        input: &Tensor,
        slope: &Tensor,
        gradients: &mut [f32],
    ) {
        let weights = self.seen * self.taps_of_pair;
        assert_eq!(
            gradients.len(),
            self.groups * self.filters * weights,
            "caller's bug: one gradient for each weight"
        );
        let share = self.filters.div_ceil(crew.threads.div_ceil(self.groups));
        let spans: Vec<_> = cut(self.filters, share).collect();
        let room = self.room(share);
        let mut scratch = crew.scratch.take(self.groups * spans.len() * room).chunks_mut(room);
        let (mut jobs, mut rest) = (Vec::new(), gradients);
        for group in 0..self.groups {
            for span in &spans {
                let (gradients, after) = rest.split_at_mut(span.len * weights);
                rest = after;
                let filters = group * self.filters + span.start..;
                let filters = filters.start..filters.start + span.len;
                let scratch = scratch.next().unwrap_or_default();
                jobs.push(Job { group, filters, scratch, gradients });
            }
        }
        let simd = crew.simd;
        each(crew.threads, jobs, |job| self.work(simd, input, slope, job));
    }

    /// Returns the lanes that a job of so many filters needs.
    fn room(&self, filters: usize) -> usize {
        let wide = self.sources.len().div_ceil(LANES);
        self.pixels * LANES * wide + filters * (self.panels * PANEL + self.taps.len() * wide)
    }

    fn work<S: Simd>(&self, simd: S, input: &Tensor, slope: &Tensor, job: Job<'_>) {
        let Job { group, filters, scratch, gradients } = job;
        let wide = self.sources.len().div_ceil(LANES);
        let (inputs, rest) = scratch.split_at_mut(self.pixels * LANES * wide);
        let (slopes, sums) = rest.split_at_mut(filters.len() * self.panels * PANEL);
        let tiles = Outer::tiles::<S>(filters.len(), wide);
        let groups: Vec<_> = cut(wide, tiles.1.div_ceil(LANES / S::WIDTH)).collect();
        let mut first = true;
        for chunk in &self.chunks {
            let pixels = chunk.strips.iter().map(Strip::pixels).sum();
            let mut start = 0;
            for strip in &chunk.strips {
                let from = &input.block(strip.block)[group * self.group_step..];
                let to = Transposed { start, pixels, groups: &groups };
                transpose(simd, &from[strip.input..], &self.sources, strip, to, inputs);
                start += strip.pixels();
            }
            chunk.copy(slope, filters.clone(), slopes);
            for (tap, &shift) in self.taps.iter().enumerate() {
                for columns in &groups {
                    let right = (columns.start * pixels + shift as usize * columns.len) * LANES;
                    let right = &inputs[right..];
                    let sums = &mut sums[(tap * wide + columns.start) * filters.len()..];
                    let mut left = floats(slopes);
                    for (index, windows) in chunk.windows.chunks(PANEL).enumerate() {
                        let mut places = [0; PANEL];
                        for (place, window) in places.iter_mut().zip(windows) {
                            *place = window * (LANES * columns.len) as u32;
                        }
                        let depth = windows.len() * LANES;
                        let outer = Outer {
                            left,
                            left_step: depth,
                            rows: filters.len(),
                            depth,
                            right,
                            right_step: columns.len,
                            places: &places[..windows.len()],
                            columns: columns.len,
                            add: !(first && index == 0),
                        };
                        outer.run(simd, tiles, sums, columns.len);
                        left = &left[filters.len() * depth..];
                    }
                }
            }
            first = false;
        }
        self.collect(&groups, floats(sums), gradients);
    }

    /// Brings sums into the order of the weights.
    fn collect(&self, groups: &[Span], sums: &[f32], gradients: &mut [f32]) {
        let (wide, taps) = (self.sources.len().div_ceil(LANES), self.taps.len());
        let weights = self.seen * self.taps_of_pair;
        let filters = gradients.len() / weights;
        for (filter, to) in gradients.chunks_exact_mut(weights).enumerate() {
            for tap in 0..taps {
                for group in groups {
                    let row = (tap * wide + group.start) * filters + filter * group.len;
                    let row = &sums[row * LANES..][..group.len * LANES];
                    let to = &mut to[group.start * LANES * taps + tap..];
                    if taps == 1 {
                        let count = row.len().min(to.len());
                        to[..count].copy_from_slice(&row[..count]);
                    } else {
                        to.iter_mut().step_by(taps).zip(row).for_each(|(to, sum)| *to = *sum);
                    }
                }
            }
        }
    }
}

impl Strip {
    fn pixels(&self) -> usize {
        self.height * self.width
    }
}

impl Chunk {
    /// Copies the slopes of some filters: panel after panel, in each filter after filter.
    fn copy(&self, slope: &Tensor, filters: Range<usize>, to: &mut [Lanes]) {
        let count = filters.len();
        for (place, filter) in filters.enumerate() {
            let mut pixel = 0;
            for strip in &self.strips {
                let image = slope.image(strip.block);
                for row in strip.rows.clone() {
                    for value in image.line(filter, row) {
                        let panel = pixel / PANEL;
                        let size = PANEL.min(self.windows.len() - panel * PANEL);
                        to[panel * PANEL * count + place * size + pixel % PANEL] = *value;
                        pixel += 1;
                    }
                }
            }
        }
    }
}

/// What one thread computes at a time.
struct Job<'a> {
    group: usize,
    filters: Range<usize>,
    scratch: &'a mut [Lanes],
    gradients: &'a mut [f32],
}

/// Where transposed pixels stand: group of vectors after group, in each pixel after pixel.
///
/// What a tile reads thus stands in one piece, and no two of its rows compete for a place in the
/// nearest cache.
#[derive(Debug, Clone, Copy)]
struct Transposed<'a> {
    /// The first pixel's number, of so many.
    start: usize,
    pixels: usize,
    groups: &'a [Span],
}

at_each_level! {
    /// Puts numbers of each pixel side by side, sixteen samples after another.
    fn transpose<'a>(
        simd,
        values: &'a [Lanes],
        sources: &'a [u32],
        strip: &'a Strip,
        place: Transposed<'a>,
        to: &'a mut [Lanes],
    ) {
        let to = floats_mut(to);
        let mut square = [simd.splat(0.0); LANES];
        for group in place.groups {
            let to = &mut to[group.start * place.pixels * LANES * LANES..];
            let step = group.len * LANES;
            for column in 0..group.len {
                let sources = &sources[(group.start + column) * LANES..];
                for pixel in 0..strip.pixels() {
                    let steps = strip.steps;
                    let from = pixel / strip.width * steps.0 + pixel % strip.width * steps.1;
                    let from = &values[from..];
                    let to = &mut to[(place.start + pixel) * step * LANES + column * LANES..];
                    for channels in S::parts() {
                        let sources = sources.get(channels..).unwrap_or_default();
                        for part in S::parts() {
                            for (place, vector) in square[..S::WIDTH].iter_mut().enumerate() {
                                *vector = match sources.get(place) {
                                    Some(&source) => simd.part(&from[source as usize], part),
                                    None => simd.splat(0.0),
                                };
                            }
                            simd.transpose(&mut square);
                            for (lane, &vector) in square[..S::WIDTH].iter().enumerate() {
                                let place = (part + lane) * step + channels;
                                simd.write(&mut to[place..place + S::WIDTH], vector);
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use convscope_model::Shape;
    use convscope_model::layer::Conv;

    use super::WeightProducts;
    use crate::Level;
    use crate::graph::scratch::{Crew, Scratch};
    use crate::graph::trial::{after, drawn, error, weight_slopes};
    use crate::simd::{EachLevel, Simd, run_at};
    use crate::tensor::Tensor;

    struct Trial<'a> {
        plan: &'a WeightProducts,
        threads: usize,
        input: &'a Tensor,
        slope: &'a Tensor,
        count: usize,
    }

    impl EachLevel for Trial<'_> {
        type Output = Vec<f32>;

        fn run<S: Simd>(self, simd: S) -> Vec<f32> {
            let mut gradients = vec![f32::NAN; self.count];
            let mut scratch = Scratch::default();
            // What others left in the scratch must not matter.
            scratch.take(5_000).fill(crate::simd::Lanes([f32::NAN; 16]));
            let mut crew = Crew { simd, threads: self.threads, scratch: &mut scratch };
            self.plan.run(&mut crew, self.input, self.slope, &mut gradients);
            gradients
        }
    }

    #[test]
    fn products_are_the_plain_sums_on_every_level_and_any_threads() {
        let conv = |filters, kernel, stride, padding, dilation, groups| Conv {
            filters,
            kernel,
            stride,
            padding,
            dilation,
            groups,
            ..Conv::default()
        };
        for (conv, shape, border, blocks) in [
            (conv(5, 3, 1, 1, 1, 1), Shape::image(3, 5, 7), 1, 3),
            (conv(7, 3, 1, 1, 1, 1), Shape::image(70, 9, 4), 1, 2),
            (conv(33, 3, 2, 1, 1, 1), Shape::image(20, 9, 8), 1, 2),
            (conv(18, 1, 2, 0, 1, 1), Shape::image(17, 5, 7), 0, 3),
            (conv(6, 3, 1, 2, 2, 2), Shape::image(32, 6, 5), 2, 2),
            (conv(12, 3, 1, 1, 1, 12), Shape::image(12, 5, 5), 1, 2),
            (conv(4, 5, 2, 2, 1, 1), Shape::image(1, 28, 28), 2, 2),
            (conv(10, 1, 1, 0, 1, 1), Shape::image(130, 1, 1), 0, 5),
            (conv(16, 3, 1, 1, 1, 1), Shape::image(64, 16, 16), 1, 2),
        ] {
            let shape_after = after(&conv, shape);
            let (input, slope) =
                (drawn(shape, border, blocks, 1), drawn(shape_after, 0, blocks, 2));
            let expected = weight_slopes(&conv, &input, &slope);
            let plan = WeightProducts::new(&conv, input.grid, shape_after, blocks);
            let mut first: Option<Vec<f32>> = None;
            for level in Level::available() {
                for threads in [1, 2, 3, 7] {
                    let count = expected.len();
                    let found = run_at(
                        level,
                        Trial { plan: &plan, threads, input: &input, slope: &slope, count },
                    );
                    let error = error(&found, &expected);
                    assert!(error < 3e-6, "{conv:?} {shape:?} {level} {threads}: {error}");
                    let first = first.get_or_insert_with(|| found.clone());
                    let same = first.iter().zip(&found).all(|(a, b)| a.to_bits() == b.to_bits());
                    assert!(same, "{conv:?} {level} {threads} threads");
                }
            }
        }
    }
}
