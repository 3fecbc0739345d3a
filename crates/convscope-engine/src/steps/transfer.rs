//! Samples become blocks of lanes or rows of features, and one becomes the other.

use convscope_model::Shape;

use crate::simd::{LANES, Lanes, Loops, Simd, floats_mut};
use crate::tensor::Tensor;

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
        let grid = output.grid;
        let Shape { channels, height, width } = grid.shape;
        let live = self.live(block);
        let samples: [&[f32]; LANES] = std::array::from_fn(|lane| {
            self.sample(block * LANES + if lane < live { lane } else { 0 }, grid.shape.len())
        });
        simd.run(Loops(|| {
            for (index, row) in (0..channels * height).enumerate() {
                let to = grid.line_mut(output.block_mut(block), row / height, row % height);
                for (x, to) in to.iter_mut().enumerate() {
                    for (lane, sample) in to.0.iter_mut().zip(&samples) {
                        *lane = sample[index * width + x];
                    }
                }
            }
        }));
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
        let (from, step) = (input.grid, output.step * LANES);
        let Shape { channels, height, width } = from.shape;
        let rows = &mut floats_mut(&mut output.values)[block * LANES * step..];
        let mut write = |feature: usize, values: Lanes| {
            for (lane, &value) in values.0[..live].iter().enumerate() {
                rows[lane * step + feature] = value;
            }
        };
        simd.run(Loops(|| {
            for channel in 0..channels {
                // Four sums side by side, because one would wait for each of its additions.
                let mut sums = [Lanes::ZERO; 4];
                for row in 0..height {
                    let line = from.line(input.block(block), channel, row);
                    for (x, &values) in line.iter().enumerate() {
                        if self.mean {
                            sums[x % 4] = sums[x % 4].plus(values);
                        } else {
                            write((channel * height + row) * width + x, values);
                        }
                    }
                }
                if self.mean {
                    let sum = sums[0].plus(sums[1]).plus(sums[2].plus(sums[3]));
                    write(channel, sum.divided((height * width) as f32));
                }
            }
        }));
    }

    /// Computes the slopes by a block's input; idle lanes have none.
    pub(crate) fn backward<S: Simd>(
        self,
        simd: S,
        slope: &Tensor,
        input_slope: &mut Tensor,
        (block, live): (usize, usize),
    ) {
        let (to, step) = (input_slope.grid, slope.step * LANES);
        let Shape { channels, height, width } = to.shape;
        let rows = &crate::simd::floats(&slope.values)[block * LANES * step..];
        let read = |feature: usize| {
            let mut values = Lanes::ZERO;
            for (lane, value) in values.0[..live].iter_mut().enumerate() {
                *value = rows[lane * step + feature];
            }
            values
        };
        simd.run(Loops(|| {
            for channel in 0..channels {
                let share = self.mean.then(|| read(channel).divided((height * width) as f32));
                for row in 0..height {
                    let first = (channel * height + row) * width;
                    let line = to.line_mut(input_slope.block_mut(0), channel, row);
                    for (x, back) in line.iter_mut().enumerate() {
                        *back = share.unwrap_or_else(|| read(first + x));
                    }
                }
            }
        }));
    }
}

/// Rows of features become images of one pixel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ToImages;

impl ToImages {
    /// Writes a block.
    pub(crate) fn forward(input: &Tensor, output: &mut Tensor, (block, live): (usize, usize)) {
        let grid = output.grid;
        let rows = crate::simd::floats(&input.values);
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
