//! Linear layers: products with a matrix, a block of samples being one pixel.

use crate::crew::each;
use crate::simd::{Buffers, Correlation, Geometry, Lanes, Line, Simd, Tap, choose, cut};
use crate::tensor::{Grid, Tensor};

use super::blocks::{Back, Way};

/// How many outputs are computed by one thread at a time; what a result is does not depend on it.
const PART: usize = 64;

/// A product `output[o] = start[o] + Σ matrix[o, i] · input[i]` for every sample of every block.
#[derive(Debug, Clone)]
pub(crate) struct Product {
    parts: Vec<Part>,
    blocks: usize,
    /// The outputs of all blocks, by output.
    outputs: Vec<Lanes>,
}

#[derive(Debug, Clone)]
struct Part {
    correlation: Correlation,
    first: usize,
    count: usize,
    packed: Vec<f32>,
}

impl Product {
    /// Plans a product with the features that stand in a grid of one pixel.
    pub(crate) fn new<S: Simd>(outputs: usize, from: Grid, blocks: usize) -> Self {
        let part = |first: usize| {
            let count = PART.min(outputs - first);
            let (height, width) = choose::<S>(count, blocks);
            let columns = cut(blocks, width).map(|span| Line {
                input: (from.start + span.start * from.len()) as u32,
                output: span.start as u32,
                taps: 0..1,
                pixels: span.len as u32,
            });
            let one = vec![Tap { input: 0, weight: 0 }];
            let geometry = Geometry {
                groups: 1,
                outputs: count,
                channels: from.shape.channels,
                taps_of_pair: 1,
                channel_step: from.channel,
                output_step: blocks,
                pixel_input: from.len(),
                pixel_output: 1,
                rows: vec![Line { input: 0, output: 0, taps: 0..1, pixels: 0 }],
                columns: columns.collect(),
                down: one.clone(),
                across: one,
            };
            let correlation = Correlation::new(geometry, height);
            Part { packed: vec![0.0; correlation.weights()], correlation, first, count }
        };
        Self {
            parts: (0..outputs).step_by(PART).map(part).collect(),
            blocks,
            outputs: vec![Lanes::ZERO; outputs * blocks],
        }
    }

    /// Takes the matrix, by output and input.
    pub(crate) fn prepare(&mut self, threads: usize, matrix: impl Fn(usize, usize) -> f32 + Sync) {
        each(
            threads,
            self.parts.iter_mut().collect(),
            |Part { correlation, first, packed, .. }| {
                correlation.pack(packed, |_, output, input, _| matrix(*first + output, input));
            },
        );
    }

    /// Computes the outputs of all blocks; `start` is what each begins from.
    pub(crate) fn run<S: Simd>(
        &mut self,
        simd: S,
        way: Way,
        (input, start): (&Tensor, &[f32]),
        positive: bool,
        to: Back<'_>,
    ) {
        let (blocks, Back { to, add }) = (self.blocks, to);
        let outputs = self.outputs.chunks_mut(PART * blocks);
        each(way.threads, self.parts.iter().zip(outputs).collect(), |(part, output)| {
            let start = &start[part.first..part.first + part.count];
            let weights = &part.packed;
            let buffers = Buffers { input: &input.values, weights, start, output, positive };
            part.correlation.run(simd, 0..1, buffers);
        });
        for block in 0..way.blocks() {
            let rows = self.outputs.chunks_exact(blocks);
            let grid = to.grid;
            let lanes = to.block_mut(block);
            for (output, row) in rows.enumerate() {
                let to_lanes = &mut lanes[grid.at(output, 0)];
                *to_lanes = if add { to_lanes.plus(row[block]) } else { row[block] };
            }
        }
    }
}
