//! Samples become blocks of lanes or rows of features, and one becomes the other.

use convscope_model::Shape;

use crate::simd::{LANES, Lanes, Simd, at_each_level, floats, floats_mut};
use crate::tensor::{Image, ImageMut, Tensor};

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

    /// Reads a block of images. Idle lanes repeat the block's first sample, so that they hold nothing
    /// that the batch does not.
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
        (block, live): (usize, usize),
    ) {
        let step = output.step * LANES;
        let rows = &mut floats_mut(&mut output.values)[block * LANES * step..];
        if self.mean {
            write_means(simd, input.image(block), rows, step, live);
        } else {
            write_values(simd, input.image(block), rows, step, live);
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
        let rows = &floats(&slope.values)[block * LANES * step..];
        read_slopes(simd, rows, step, live, self.mean, input_slope.image_mut(0));
    }
}

at_each_level! {
    fn read_images<'a>(samples: [&'a [f32]; LANES], output: ImageMut<'a>) {
        let mut output = output;
        let Shape { channels, height, width } = output.grid.shape;
        for index in 0..channels * height {
            let line = output.line(index / height, index % height);
            for (x, to) in line.iter_mut().enumerate() {
                for (lane, sample) in to.0.iter_mut().zip(&samples) {
                    *lane = sample[index * width + x];
                }
            }
        }
    }

    fn write_values<'a>(input: Image<'a>, rows: &'a mut [f32], step: usize, live: usize) {
        let Shape { channels, height, width } = input.grid.shape;
        for index in 0..channels * height {
            let line = input.line(index / height, index % height);
            for (x, values) in line.iter().enumerate() {
                write(rows, step, live, index * width + x, *values);
            }
        }
    }

    fn write_means<'a>(input: Image<'a>, rows: &'a mut [f32], step: usize, live: usize) {
        let Shape { channels, height, width } = input.grid.shape;
        for channel in 0..channels {
            // Four sums side by side, because one would wait for each of its additions.
            let mut sums = [Lanes::ZERO; 4];
            for row in 0..height {
                for (x, &values) in input.line(channel, row).iter().enumerate() {
                    sums[x % 4] = sums[x % 4].plus(values);
                }
            }
            let sum = sums[0].plus(sums[1]).plus(sums[2].plus(sums[3]));
            write(rows, step, live, channel, sum.divided((height * width) as f32));
        }
    }

    fn read_slopes<'a>(
        rows: &'a [f32],
        step: usize,
        live: usize,
        mean: bool,
        back: ImageMut<'a>,
    ) {
        let mut back = back;
        let Shape { channels, height, width } = back.grid.shape;
        for channel in 0..channels {
            let all = read(rows, step, live, channel).divided((height * width) as f32);
            for row in 0..height {
                let first = (channel * height + row) * width;
                for (x, back) in back.line(channel, row).iter_mut().enumerate() {
                    *back = if mean { all } else { read(rows, step, live, first + x) };
                }
            }
        }
    }
}

#[inline(always)]
fn write(rows: &mut [f32], step: usize, live: usize, feature: usize, values: Lanes) {
    for (lane, &value) in values.0[..live].iter().enumerate() {
        rows[lane * step + feature] = value;
    }
}

#[inline(always)]
fn read(rows: &[f32], step: usize, live: usize, feature: usize) -> Lanes {
    let mut values = Lanes::ZERO;
    for (lane, value) in values.0[..live].iter_mut().enumerate() {
        *value = rows[lane * step + feature];
    }
    values
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
