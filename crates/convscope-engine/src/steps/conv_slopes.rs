//! A convolution's way back.

use std::ops::Range;

use convscope_model::Shape;
use convscope_model::layer::PadWith;

use super::conv::Spread;
use super::geometry::{Between, SlopeGrid};
use super::{Learns, Ranges};
use crate::simd::{Buffers, Correlation, Lanes, Simd, WeightSums, at_each_level};
use crate::tensor::{Grid, Tensor, fold};

/// Plans and buffers for the slopes by a convolution's weights and inputs.
#[derive(Debug, Clone)]
pub(crate) struct Slopes {
    /// The slopes by the convolution's outputs: of a chunk of rows, or of all of them where the
    /// slopes by the inputs need them all.
    values: Vec<Lanes>,
    grid: SlopeGrid,
    /// Rows to a chunk.
    chunk: usize,
    weights: Option<WeightSums>,
    /// Sixteen partial sums for each weight.
    weight_sums: Vec<Lanes>,
    /// Sixteen partial sums for each bias.
    bias_sums: Vec<Lanes>,
    inputs: Option<Correlation>,
    packed: Vec<f32>,
    /// What the slopes by the inputs start from.
    zeros: Vec<f32>,
    folds: bool,
}

/// How many bytes of slopes and inputs a chunk may have, to stay in a core's nearest cache.
const NEAR: usize = 40 << 10;

impl Slopes {
    /// Plans the way back; a chunk is a multiple of `side` rows.
    pub(crate) fn new<S: Simd>(
        between: &Between<'_>,
        side: usize,
        input_slopes: Option<Grid>,
        learns: Learns,
    ) -> Self {
        let shape = between.shape;
        let row_bytes = (shape.channels * shape.width + between.conv.stride * between.input.row)
            * size_of::<Lanes>();
        let kernel_bytes = between.conv.kernel * between.input.row * size_of::<Lanes>();
        let fitting = NEAR.saturating_sub(kernel_bytes) / row_bytes / side * side;
        let chunk = fitting.clamp(side, shape.height.max(side));
        let tiles = between.slope_tiles::<S>();
        let grid = match input_slopes {
            Some(_) => SlopeGrid::new(shape, shape.height, tiles.1 - 1),
            None => SlopeGrid::new(shape, chunk, 0),
        };
        let inputs = input_slopes.map(|to| between.input_slopes(grid, to, tiles));
        let sums = |wanted, count| vec![Lanes::ZERO; if wanted { count } else { 0 }];
        let conv = between.conv;
        let seen = between.input.shape.channels / conv.groups;
        Self {
            values: vec![Lanes::ZERO; grid.len(shape)],
            grid,
            chunk,
            weights: learns.weight.then(|| between.weight_slopes::<S>(grid)),
            weight_sums: sums(learns.weight, conv.filters * seen * conv.kernel * conv.kernel),
            bias_sums: sums(learns.bias, conv.filters),
            packed: vec![0.0; inputs.as_ref().map_or(0, Correlation::weights)],
            zeros: vec![0.0; between.input.shape.channels],
            inputs,
            folds: conv.pad_with == PadWith::Reflect,
        }
    }

    /// Takes the weights of a group, an input channel of it, a filter of it and a tap; forgets all
    /// sums.
    pub(crate) fn prepare(&mut self, weight: impl Fn(usize, usize, usize, usize) -> f32) {
        if let Some(inputs) = &self.inputs {
            inputs.pack(&mut self.packed, weight);
        }
        self.weight_sums.fill(Lanes::ZERO);
        self.bias_sums.fill(Lanes::ZERO);
    }

    /// Returns the chunks of `height` rows.
    pub(crate) fn chunks(&self, height: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let chunk = self.chunk;
        (0..height).step_by(chunk).map(move |first| first..(first + chunk).min(height))
    }

    /// Brings the slopes of some rows from after the pool and the positive part to before them.
    pub(crate) fn spread<S: Simd>(&mut self, simd: S, rows: Range<usize>, from: Spread<'_>) {
        spread(simd, from, rows, self.grid, &mut self.values, &mut self.bias_sums);
    }

    /// Adds the products of some rows to the sums of the weights.
    pub(crate) fn add_weights<S: Simd>(&mut self, simd: S, rows: Range<usize>, input: &[Lanes]) {
        if let Some(weights) = &self.weights {
            weights.run(simd, rows, input, &self.values, &mut self.weight_sums);
        }
    }

    /// Computes the slopes by the inputs, where they are wanted.
    pub(crate) fn inputs<S: Simd>(&mut self, simd: S, to: &mut Tensor) {
        let Some(inputs) = &self.inputs else { return };
        let buffers = Buffers {
            input: &self.values,
            weights: &self.packed,
            start: &self.zeros,
            output: to.block_mut(0),
            positive: false,
        };
        inputs.run(simd, 0..inputs.rows(), buffers);
        if self.folds {
            fold(simd, to.image_mut(0));
        }
    }

    /// Folds the partial sums.
    pub(crate) fn finish<S: Simd>(&self, simd: S, ranges: &Ranges, gradients: &mut [f32]) {
        let mut write = |range: Range<usize>, sums: &[Lanes]| {
            fold_lanes(simd, sums, &mut gradients[range]);
        };
        write(ranges.weight.clone(), &self.weight_sums);
        if let Some(bias) = ranges.bias.clone() {
            write(bias, &self.bias_sums);
        }
    }
}

at_each_level! {
    fn fold_lanes<'a>(simd, sums: &'a [Lanes], to: &'a mut [f32]) {
        for (to, sums) in to.chunks_mut(S::WIDTH).zip(sums.chunks(S::WIDTH)) {
            simd.sums(sums, to);
        }
    }

    fn spread<'a>(
        simd,
        from: Spread<'a>,
        rows: Range<usize>,
        grid: SlopeGrid,
        values: &'a mut [Lanes],
        sums: &'a mut [Lanes],
    ) {
        for channel in 0..from.output.grid.shape.channels {
            for part in S::parts() {
                let mut sum = [simd.splat(0.0); 2];
                for row in rows.clone().step_by(from.side) {
                    let to = &mut values[grid.at(channel, row)..];
                    let row = row / from.side;
                    let place = (channel, row, part);
                    match from.side {
                        1 => from.pixels(simd, place, to, &mut sum),
                        // The common side, known to the compiler.
                        2 => from.windows(simd, 2, place, (to, grid.row), &mut sum),
                        side => from.windows(simd, side, place, (to, grid.row), &mut sum),
                    }
                }
                if let Some(sums) = sums.get_mut(channel) {
                    let sum = simd.add(sum[0], sum[1]);
                    simd.set_part(sums, part, simd.add(simd.part(sums, part), sum));
                }
            }
        }
    }
}

impl Spread<'_> {
    /// Writes the slopes of a row and adds them to two sums in turn.
    #[inline(always)]
    fn pixels<S: Simd>(
        &self,
        simd: S,
        (channel, row, part): (usize, usize, usize),
        to: &mut [Lanes],
        sum: &mut [S::Vector; 2],
    ) {
        let values = self.slope.line(channel, row).iter().zip(self.output.line(channel, row));
        for (x, (to, (slope, output))) in to.iter_mut().zip(values).enumerate() {
            let mut slope = simd.part(slope, part);
            if self.positive {
                slope = simd.where_positive(slope, simd.part(output, part));
            }
            sum[x % 2] = simd.add(sum[x % 2], slope);
            simd.set_part(to, part, slope);
        }
    }

    /// Writes the slopes of a row of windows and adds them to two sums in turn.
    #[inline(always)]
    fn windows<S: Simd>(
        &self,
        simd: S,
        side: usize,
        (channel, row, part): (usize, usize, usize),
        (to, step): (&mut [Lanes], usize),
        sum: &mut [S::Vector; 2],
    ) {
        let Shape { height, width, .. } = self.output.grid.shape;
        let winners = &self.winners[(channel * height + row) * width..][..width];
        let values = self.slope.line(channel, row).iter().zip(self.output.line(channel, row));
        for (x, ((slope, output), winner)) in values.zip(winners).enumerate() {
            let mut slope = simd.part(slope, part);
            if self.positive {
                slope = simd.where_positive(slope, simd.part(output, part));
            }
            let winner = simd.part(winner, part);
            sum[x % 2] = simd.add(sum[x % 2], slope);
            for i in 0..side {
                let to = &mut to[i * step + x * side..][..side];
                for (j, to) in to.iter_mut().enumerate() {
                    let number = simd.splat((i * side + j) as f32);
                    simd.set_part(to, part, simd.where_equal(slope, winner, number));
                }
            }
        }
    }
}
