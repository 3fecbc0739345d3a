//! Convolutions, with the positive part and the pool that follow them.

use std::ops::Range;

use convscope_model::Shape;
use convscope_model::layer::Conv;

use super::conv_slopes::Slopes;
use super::geometry::{Between, Written};
use super::pool::MaxRows;
use super::{Learns, Ranges};
use crate::simd::{Buffers, Correlation, Lanes, Simd};
use crate::tensor::{Grid, Image, Tensor};

/// A convolution and what is computed together with it.
#[derive(Debug, Clone)]
pub(crate) struct ConvStep {
    conv: Conv,
    ranges: Ranges,
    positive: bool,
    /// What is computed: no more than the windows of the pool cover.
    shape: Shape,
    outputs: Correlation,
    packed: Vec<f32>,
    start: Vec<f32>,
    pool: Option<MaxRows>,
    slopes: Option<Slopes>,
}

/// What stands before and after a convolution.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around {
    /// Where its input stands.
    pub(crate) input: Grid,
    /// Where its output is wanted, after the pool.
    pub(crate) output: Grid,
    /// Where the slopes by its input are wanted, if they are.
    pub(crate) input_slopes: Option<Grid>,
    /// How many blocks.
    pub(crate) blocks: usize,
}

/// What is computed together with a convolution.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Fused {
    /// The positive part.
    pub(crate) positive: bool,
    /// The maximum of windows of this side that neither overlap nor leave gaps.
    pub(crate) pool: Option<usize>,
}

impl ConvStep {
    /// Plans a convolution.
    pub(crate) fn new<S: Simd>(
        conv: &Conv,
        ranges: Ranges,
        fused: Fused,
        around: &Around,
        learns: Learns,
    ) -> Self {
        let after = around.output.shape;
        let side = fused.pool.unwrap_or(1);
        let shape = Shape { height: after.height * side, width: after.width * side, ..after };
        let between = Between { conv, input: around.input, shape };
        let pool = fused.pool.map(|side| MaxRows::new(side, shape, around.blocks));
        let to = pool.as_ref().map_or(around.output, |pool| pool.rows);
        let outputs = between.outputs::<S>(Written {
            start: to.start,
            row: to.row,
            channel: to.channel,
            rows: to.shape.height,
        });
        let wanted = learns.weight || learns.bias || around.input_slopes.is_some();
        Self {
            packed: vec![0.0; outputs.weights()],
            start: vec![0.0; conv.filters],
            slopes: wanted.then(|| Slopes::new::<S>(&between, side, around.input_slopes, learns)),
            conv: conv.clone(),
            ranges,
            positive: fused.positive,
            shape,
            outputs,
            pool,
        }
    }

    /// Takes the weights of the next batches and forgets the sums of the last.
    pub(crate) fn prepare(&mut self, weights: &[f32]) {
        let kernels = &weights[self.ranges.weight.clone()];
        let Conv { groups, kernel, filters, .. } = self.conv;
        let (taps, made) = (kernel * kernel, filters / groups);
        let seen = kernels.len() / (filters * taps);
        let weight = |group: usize, filter: usize, channel: usize, tap: usize| {
            kernels[((group * made + filter) * seen + channel) * taps + tap]
        };
        self.outputs.pack(&mut self.packed, weight);
        if let Some(bias) = self.ranges.bias.clone() {
            self.start.copy_from_slice(&weights[bias]);
        }
        if let Some(slopes) = &mut self.slopes {
            slopes.prepare(|group, channel, filter, tap| weight(group, filter, channel, tap));
        }
    }

    /// Computes a block.
    pub(crate) fn forward<S: Simd>(
        &mut self,
        simd: S,
        input: &Tensor,
        output: &mut Tensor,
        block: usize,
    ) {
        let Self { outputs, packed, start, .. } = self;
        let compute = |rows: Range<usize>, positive: bool, to: &mut [Lanes]| {
            let input = input.block(block);
            let buffers = Buffers { input, weights: packed, start, output: to, positive };
            outputs.run(simd, rows, buffers);
        };
        let Some(pool) = &mut self.pool else {
            return compute(0..self.shape.height, self.positive, output.block_mut(block));
        };
        for row in 0..output.grid.shape.height {
            compute(row * pool.side..(row + 1) * pool.side, false, &mut pool.values);
            pool.reduce(simd, output, (block, row), self.positive);
        }
    }

    /// Adds a block to the sums and computes the slopes by its input, where they are wanted.
    pub(crate) fn backward<S: Simd>(
        &mut self,
        simd: S,
        input: &Tensor,
        (output, slope): (&Tensor, &Tensor),
        input_slope: &mut Tensor,
        block: usize,
    ) {
        let Some(slopes) = &mut self.slopes else { return };
        let (side, winners) = match &self.pool {
            Some(pool) => (pool.side, pool.winners(block)),
            None => (1, &[][..]),
        };
        let spread = Spread {
            output: output.image(block),
            slope: slope.image(0),
            positive: self.positive,
            side,
            winners,
        };
        for rows in slopes.chunks(self.shape.height) {
            slopes.spread(simd, rows.clone(), spread);
            slopes.add_weights(simd, rows, input.block(block));
        }
        slopes.inputs(simd, input_slope);
    }

    /// Writes the slopes by the weights, of the blocks since [`ConvStep::prepare`].
    pub(crate) fn finish<S: Simd>(&self, simd: S, gradients: &mut [f32]) {
        if let Some(slopes) = &self.slopes {
            slopes.finish(simd, &self.ranges, gradients);
        }
    }
}

/// The slopes by what a convolution and its companions leave, on their way to its own outputs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread<'a> {
    pub(crate) output: Image<'a>,
    pub(crate) slope: Image<'a>,
    pub(crate) positive: bool,
    /// The side of a window; 1 where there is no pool.
    pub(crate) side: usize,
    /// Which value of its window was the largest.
    pub(crate) winners: &'a [Lanes],
}
