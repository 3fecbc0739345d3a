//! Samples become blocks of lanes or rows of features, and one becomes the other.

use convscope_model::Shape;

use crate::simd::{LANES, Lanes, Simd, at_each_level, floats, floats_mut};
use crate::tensor::{Grid, Image, ImageMut, Tensor};

/// The samples of a batch in the buffer of a data set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gather<'a> {
    /// All samples of the data set, one after another.
    pub(crate) pixels: &'a [f32],
    /// Which of them are in the batch.
    pub(crate) order: &'a [usize],
}

impl Gather<'_> {
    fn sample(&self, place: usize, size: usize) -> &[f32] {
        &self.pixels[self.order[place] * size..][..size]
    }

    /// Returns how many samples a block has.
    pub(crate) fn live(&self, block: usize) -> usize {
        (self.order.len() - block * LANES).min(LANES)
    }

    /// Reads a block of images. Idle lanes repeat the block's first sample, so that they hold
    /// nothing that the batch does not.
    pub(crate) fn images<S: Simd>(&self, simd: S, output: &mut Tensor, block: usize) {
        let (live, size) = (self.live(block), output.features());
        let samples = std::array::from_fn(|lane| {
            self.sample(block * LANES + if lane < live { lane } else { 0 }, size)
        });
        read_images(simd, samples, output.image_mut(block));
    }

    /// Reads the batch as rows.
    pub(crate) fn rows(&self, output: &mut Tensor) {
        let size = output.features();
        for (place, row) in output.values.chunks_exact_mut(output.step).enumerate() {
            if place == self.order.len() {
                break;
            }
            floats_mut(row)[..size].copy_from_slice(self.sample(place, size));
        }
    }
}

/// Images become rows of features: all of their values, or the mean of each channel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ToRows {
    /// Whether only means are kept.
    pub(crate) mean: bool,
}

impl ToRows {
    /// Writes the rows of a block.
    pub(crate) fn forward<S: Simd>(
        self,
        simd: S,
        input: &Tensor,
        output: &mut Tensor,
        block: usize,
    ) {
        let step = output.step * LANES;
        let rows = &mut floats_mut(&mut output.values)[block * LANES * step..];
        if self.mean {
            write_means(simd, input.image(block), rows, step);
        } else {
            write_values(simd, input.image(block), rows, step);
        }
    }

    /// Computes the slopes by a block's input; idle lanes have none.
    pub(crate) fn backward<S: Simd>(
        self,
        simd: S,
        slope: &Tensor,
        input_slope: &mut Tensor,
        (block, live): (usize, usize),
    ) {
        let step = slope.step * LANES;
        let rows = floats(&slope.values);
        let rows = std::array::from_fn(|lane| {
            // The row after the last sample's is never written: it has no slopes.
            let row = if lane < live { block * LANES + lane } else { slope.samples() };
            &rows[row * step..][..step]
        });
        read_slopes(simd, rows, self.mean, input_slope.image_mut(0));
    }
}

at_each_level! {
    fn read_images<'a>(simd, samples: [&'a [f32]; LANES], output: ImageMut<'a>) {
        for Run { first, place, length } in runs(output.grid) {
            interleave(simd, &samples, first, &mut output.lanes[place..][..length]);
        }
    }

    fn write_values<'a>(simd, input: Image<'a>, rows: &'a mut [f32], step: usize) {
        for Run { first, place, length } in runs(input.grid) {
            separate(simd, &input.lanes[place..][..length], &mut rows[first..], step);
        }
    }

    fn read_slopes<'a>(
        simd,
        rows: [&'a [f32]; LANES],
        mean: bool,
        back: ImageMut<'a>,
    ) {
        let mut back = back;
        if !mean {
            for Run { first, place, length } in runs(back.grid) {
                interleave(simd, &rows, first, &mut back.lanes[place..][..length]);
            }
            return;
        }
        let Shape { channels, height, width } = back.grid.shape;
        let share = 1.0 / (height * width) as f32;
        for channel in 0..channels {
            let mut all = Lanes::ZERO;
            for (value, row) in all.0.iter_mut().zip(rows) {
                *value = row[channel] * share;
            }
            for row in 0..height {
                back.line(channel, row).fill(all);
            }
        }
    }

    fn write_means<'a>(simd, input: Image<'a>, rows: &'a mut [f32], step: usize) {
        let Shape { channels, height, width } = input.grid.shape;
        let (zero, share) = (simd.splat(0.0), simd.splat(1.0 / (height * width) as f32));
        for channel in 0..channels {
            let mut mean = Lanes::ZERO;
            for part in S::parts() {
                // Four sums side by side, because one would wait for each of its additions.
                let mut sums = [zero; 4];
                for row in 0..height {
                    let (fours, rest) = input.line(channel, row).as_chunks::<4>();
                    for four in fours {
                        for (sum, value) in sums.iter_mut().zip(four) {
                            *sum = simd.add(*sum, simd.part(value, part));
                        }
                    }
                    for (sum, value) in sums.iter_mut().zip(rest) {
                        *sum = simd.add(*sum, simd.part(value, part));
                    }
                }
                let sum = simd.add(simd.add(sums[0], sums[1]), simd.add(sums[2], sums[3]));
                simd.set_part(&mut mean, part, simd.mul_add(sum, share, zero));
            }
            separate(simd, &[mean], &mut rows[channel..], step);
        }
    }
}

/// Puts numbers of sixteen rows side by side, from `first` of each row on.
#[inline(always)]
fn interleave<S: Simd>(simd: S, rows: &[&[f32]; LANES], first: usize, to: &mut [Lanes]) {
    let mut square = [simd.splat(0.0); LANES];
    for (tile, to) in to.chunks_mut(S::WIDTH).enumerate() {
        let first = first + tile * S::WIDTH;
        for part in S::parts() {
            for (vector, row) in square.iter_mut().zip(&rows[part..part + S::WIDTH]) {
                *vector = simd.read(&row[first..first + to.len()]);
            }
            simd.transpose(&mut square);
            for (to, &vector) in to.iter_mut().zip(&square) {
                simd.set_part(to, part, vector);
            }
        }
    }
}

/// Puts numbers that stand side by side into sixteen rows, `step` apart.
#[inline(always)]
fn separate<S: Simd>(simd: S, from: &[Lanes], rows: &mut [f32], step: usize) {
    let mut square = [simd.splat(0.0); LANES];
    for (tile, from) in from.chunks(S::WIDTH).enumerate() {
        for part in S::parts() {
            for (vector, from) in square.iter_mut().zip(from) {
                *vector = simd.part(from, part);
            }
            simd.transpose(&mut square);
            for (lane, &vector) in square[..S::WIDTH].iter().enumerate() {
                let first = (part + lane) * step + tile * S::WIDTH;
                simd.write(&mut rows[first..first + from.len()], vector);
            }
        }
    }
}

/// Pixels that follow each other, among features and in a block.
struct Run {
    /// The number of the first one's feature.
    first: usize,
    /// Where it stands.
    place: usize,
    length: usize,
}

/// Returns the lines of an image, or all of it where nothing stands between them.
#[inline(always)]
fn runs(grid: Grid) -> impl Iterator<Item = Run> {
    let Shape { channels, height, width } = grid.shape;
    let dense = grid.row == width && grid.channel == height * width;
    let (count, length) =
        if dense { (1, channels * height * width) } else { (channels * height, width) };
    (0..count).map(move |run| Run {
        first: run * length,
        place: grid.at(run / height, run % height),
        length,
    })
}

/// Rows of features become images of one pixel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ToImages;

impl ToImages {
    /// Writes a block.
    pub(crate) fn forward(input: &Tensor, output: &mut Tensor, (block, live): (usize, usize)) {
        let grid = output.grid;
        let rows = floats(&input.values);
        for channel in 0..grid.shape.channels {
            let pixel = &mut output.block_mut(block)[grid.at(channel, 0)];
            for (lane, value) in pixel.0.iter_mut().enumerate() {
                let sample = block * LANES + if lane < live { lane } else { 0 };
                *value = rows[sample * input.step * LANES + channel];
            }
        }
    }

    /// Computes the slopes by the rows of a block.
    pub(crate) fn backward(
        slope: &Tensor,
        input_slope: &mut Tensor,
        (block, live): (usize, usize),
    ) {
        let step = input_slope.step * LANES;
        let rows = floats_mut(&mut input_slope.values);
        for channel in 0..slope.grid.shape.channels {
            let pixel = slope.block(0)[slope.grid.at(channel, 0)];
            for (lane, &value) in pixel.0[..live].iter().enumerate() {
                rows[(block * LANES + lane) * step + channel] = value;
            }
        }
    }
}
