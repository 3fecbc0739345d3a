//! Linear layers, computed for the whole batch at once.

use super::{Learns, Ranges};
use crate::simd::{
    Coefficients, LANES, Rows, Simd, combination_tiles, combine, floats, floats_mut, product_tiles,
    products,
};
use crate::tensor::Tensor;

/// A linear layer and the positive part that follows it.
#[derive(Debug, Clone)]
pub(crate) struct LinearStep {
    ranges: Ranges,
    positive: bool,
    learns: Learns,
    /// Tiles of the outputs, of the slopes by the weights and of those by the inputs.
    tiles: [(usize, usize); 3],
}

impl LinearStep {
    /// Plans a linear layer for batches of at most `batch` samples.
    pub(crate) fn new<S: Simd>(
        ranges: Ranges,
        positive: bool,
        learns: Learns,
        (inputs, outputs): (usize, usize),
        batch: usize,
    ) -> Self {
        let tiles = [
            product_tiles::<S>(batch, outputs),
            combination_tiles::<S>(outputs, inputs),
            combination_tiles::<S>(batch, inputs),
        ];
        Self { ranges, positive, learns, tiles }
    }

    /// Computes the first `count` samples.
    pub(crate) fn forward<S: Simd>(
        &self,
        simd: S,
        weights: &[f32],
        input: &Tensor,
        output: &mut Tensor,
        count: usize,
    ) {
        let (outputs, step) = (output.features(), output.step * LANES);
        let to = floats_mut(&mut output.values);
        let bias = self.ranges.bias.clone().map(|bias| &weights[bias]);
        let matrix = matrix(&weights[self.ranges.weight.clone()], outputs, input.features());
        products(simd, self.tiles[0], rows(input, count), matrix, |sample, output, sum| {
            let value = bias.map_or(sum, |bias| sum + bias[output]);
            to[sample * step + output] = if self.positive { positive(value) } else { value };
        });
    }

    /// Writes the slopes by the weights, and by the input where they are wanted.
    pub(crate) fn backward<S: Simd>(
        &self,
        simd: S,
        weights: &[f32],
        input: &Tensor,
        (output, slope): (&Tensor, &mut Tensor),
        input_slope: Option<&mut Tensor>,
        (count, gradients): (usize, &mut [f32]),
    ) {
        if self.positive {
            drop_not_positive(output, slope);
        }
        let (outputs, inputs, step) = (slope.features(), input.features(), slope.step * LANES);
        let values = floats(&slope.values);
        if self.learns.weight {
            let coefficients = Coefficients { values, output_step: 1, row_step: step };
            let to = &mut gradients[self.ranges.weight.clone()];
            combine(simd, self.tiles[1], coefficients, rows(input, count), outputs, (to, inputs));
        }
        if let (true, Some(bias)) = (self.learns.bias, self.ranges.bias.clone()) {
            let to = &mut gradients[bias];
            to.fill(0.0);
            for row in values.chunks_exact(step).take(count) {
                to.iter_mut().zip(row).for_each(|(to, value)| *to += value);
            }
        }
        if let Some(back) = input_slope {
            let coefficients = Coefficients { values, output_step: step, row_step: 1 };
            let matrix = matrix(&weights[self.ranges.weight.clone()], outputs, inputs);
            let step = back.step * LANES;
            let to = (floats_mut(&mut back.values), step);
            combine(simd, self.tiles[2], coefficients, matrix, count, to);
        }
    }
}

/// The positive part of rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PositiveRows;

impl PositiveRows {
    /// Computes all samples.
    pub(crate) fn forward(input: &Tensor, output: &mut Tensor) {
        for (to, from) in output.values.iter_mut().zip(&input.values) {
            *to = from.positive();
        }
    }

    /// Computes the slopes by the input.
    pub(crate) fn backward(output: &Tensor, slope: &Tensor, input_slope: &mut Tensor) {
        input_slope.values.copy_from_slice(&slope.values);
        drop_not_positive(output, input_slope);
    }
}

fn drop_not_positive(output: &Tensor, slope: &mut Tensor) {
    for (slope, &output) in slope.values.iter_mut().zip(&output.values) {
        *slope = slope.where_positive(output);
    }
}

fn positive(value: f32) -> f32 {
    if value <= 0.0 { 0.0 } else { value }
}

fn rows(tensor: &Tensor, count: usize) -> Rows<'_> {
    Rows {
        values: floats(&tensor.values),
        step: tensor.step * LANES,
        count,
        features: tensor.features(),
    }
}

fn matrix(values: &[f32], outputs: usize, inputs: usize) -> Rows<'_> {
    Rows { values, step: inputs, count: outputs, features: inputs }
}
