//! What the kernels' tests share: drawn tensors and plain sums in double precision.

use convscope_core::Seed;
use convscope_model::Shape;
use convscope_model::layer::Conv;

use crate::simd::{LANES, floats};
use crate::tensor::{Grid, Tensor};

/// Returns a tensor of drawn numbers with zeros around.
pub(super) fn drawn(shape: Shape, border: usize, blocks: usize, seed: u64) -> Tensor {
    let mut tensor = Tensor::images(Grid::new(shape, border), blocks);
    let mut stream = Seed::root(seed).stream();
    for block in 0..blocks {
        let mut image = tensor.image_mut(block);
        for (channel, row) in
            (0..shape.channels).flat_map(|c| (0..shape.height).map(move |r| (c, r)))
        {
            for lanes in image.line(channel, row) {
                lanes.0.iter_mut().for_each(|value| *value = stream.normal() as f32);
            }
        }
    }
    tensor
}

/// Returns drawn weights.
pub(super) fn weights(count: usize, seed: u64) -> Vec<f32> {
    let mut stream = Seed::root(seed).stream();
    (0..count).map(|_| stream.normal() as f32).collect()
}

/// Returns what a convolution leaves of an image.
pub(super) fn after(conv: &Conv, shape: Shape) -> Shape {
    let size = |size: usize| {
        (size + 2 * conv.padding - (conv.kernel - 1) * conv.dilation - 1) / conv.stride + 1
    };
    Shape::image(conv.filters, size(shape.height), size(shape.width))
}

/// Calls for each pair of an input and an output that meet, with the number of their weight: the
/// weight's number, channel and pixel of the input, filter and pixel of the output.
pub(super) fn meetings(
    conv: &Conv,
    shape: Shape,
    mut visit: impl FnMut(usize, [usize; 3], [usize; 3]),
) {
    let after = after(conv, shape);
    let (seen, made) = (shape.channels / conv.groups, conv.filters / conv.groups);
    for filter in 0..conv.filters {
        for c in 0..seen {
            let channel = filter / made * seen + c;
            for tap in 0..conv.kernel * conv.kernel {
                let weight = (filter * seen + c) * conv.kernel * conv.kernel + tap;
                for pixel in 0..after.height * after.width {
                    let (y, x) = (pixel / after.width, pixel % after.width);
                    let row = y * conv.stride + tap / conv.kernel * conv.dilation;
                    let column = x * conv.stride + tap % conv.kernel * conv.dilation;
                    let (Some(row), Some(column)) =
                        (row.checked_sub(conv.padding), column.checked_sub(conv.padding))
                    else {
                        continue;
                    };
                    if row < shape.height && column < shape.width {
                        visit(weight, [channel, row, column], [filter, y, x]);
                    }
                }
            }
        }
    }
}

/// Returns the slopes by the weights.
pub(super) fn weight_slopes(conv: &Conv, input: &Tensor, slope: &Tensor) -> Vec<f64> {
    let shape = input.grid.shape;
    let mut sums = vec![0.0; conv.filters * shape.channels / conv.groups * conv.kernel.pow(2)];
    for block in 0..input.values.len() / input.step {
        let (input, slope) = (input.image(block), slope.image(block));
        meetings(conv, shape, |weight, [c, i, j], [f, y, x]| {
            let (input, slope) = (input.line(c, i)[j], slope.line(f, y)[x]);
            for lane in 0..LANES {
                sums[weight] += f64::from(input.0[lane]) * f64::from(slope.0[lane]);
            }
        });
    }
    sums
}

/// Returns a tensor's values without its border, in the order in which they stand.
pub(super) fn values(tensor: &Tensor) -> Vec<f32> {
    let mut values = Vec::new();
    let Shape { channels, height, .. } = tensor.grid.shape;
    for block in 0..tensor.values.len() / tensor.step {
        for line in 0..channels * height {
            values
                .extend_from_slice(floats(tensor.image(block).line(line / height, line % height)));
        }
    }
    values
}

/// Returns the outputs.
pub(super) fn outputs(conv: &Conv, kernels: &[f32], bias: &[f32], input: &Tensor) -> Vec<f64> {
    let (shape, after) = (input.grid.shape, after(conv, input.grid.shape));
    let pixels = after.height * after.width;
    let blocks = input.values.len() / input.step;
    let start = |place: usize| f64::from(bias[place / (pixels * LANES) % after.channels]);
    let mut sums: Vec<f64> = (0..blocks * after.len() * LANES).map(start).collect();
    for block in 0..blocks {
        let input = input.image(block);
        meetings(conv, shape, |weight, [c, i, j], [f, y, x]| {
            let to = block * after.len() + f * pixels + y * after.width + x;
            for (lane, value) in input.line(c, i)[j].0.iter().enumerate() {
                sums[to * LANES + lane] += f64::from(kernels[weight]) * f64::from(*value);
            }
        });
    }
    sums
}

/// Returns the slopes by the inputs.
pub(super) fn input_slopes(conv: &Conv, kernels: &[f32], shape: Shape, slope: &Tensor) -> Vec<f64> {
    let blocks = slope.values.len() / slope.step;
    let mut sums = vec![0.0; blocks * shape.len() * LANES];
    for block in 0..blocks {
        let slope = slope.image(block);
        meetings(conv, shape, |weight, [c, i, j], [f, y, x]| {
            let to = block * shape.len() + (c * shape.height + i) * shape.width + j;
            for (lane, value) in slope.line(f, y)[x].0.iter().enumerate() {
                sums[to * LANES + lane] += f64::from(kernels[weight]) * f64::from(*value);
            }
        });
    }
    sums
}

/// Returns the largest difference from what was expected, as a share of the largest expected.
pub(super) fn error(found: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    let differences = found.iter().zip(expected).map(|(&a, b)| (f64::from(a) - b).abs());
    // A difference that is not a number is larger than any.
    differences.fold(0.0, |most: f64, x| if x > most || x.is_nan() { x } else { most }) / largest
}
