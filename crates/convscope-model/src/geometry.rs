//! What layers make of shapes.

use convscope_core::Shape;

use crate::layer::{Adaptive, BatchNorm, Conv, Op, PadWith, Pool};

/// The largest count, side or step of a layer; products of sizes within it do not overflow.
const LARGEST: usize = 1 << 16;

/// Returns the shape that a layer leaves, or why it does not fit.
pub(crate) fn output_shape(op: &Op, input: Shape) -> Result<Shape, String> {
    check_sizes(op)?;
    if input.channels == 0 || input.height == 0 || input.width == 0 {
        return Err("there is nothing left to look at".into());
    }
    if input.height > LARGEST || input.width > LARGEST || input.channels > 1 << 31 {
        return Err(format!("images may have at most {LARGEST} pixels a side"));
    }
    match op {
        Op::Conv(conv) => conv_shape(conv, input),
        Op::MaxPool(pool) | Op::AveragePool(pool) => pool_shape(pool, input),
        Op::Linear(linear) => match (input.height, input.width) {
            (1, 1) if linear.outputs > 0 => Ok(Shape::flat(linear.outputs)),
            (1, 1) => Err("it has no outputs".into()),
            _ => {
                Err("it wants a flat sample; put `flatten` or `global-average-pool` before it"
                    .into())
            }
        },
        Op::AdaptiveAveragePool(pool) => adaptive_shape(pool, input),
        Op::BatchNorm(norm) => normalised_shape(norm, input),
        Op::LeakyRelu(leaky) if !leaky.slope.is_finite() => {
            Err(format!("the slope must be finite, not {}", leaky.slope))
        }
        Op::Dropout(dropout) if !(0.0..1.0).contains(&dropout.rate) => {
            Err(format!("the rate is at least 0 and below 1, not {}", dropout.rate))
        }
        Op::Relu | Op::LeakyRelu(_) | Op::Tanh | Op::Gelu | Op::Dropout(_) | Op::Add(_) => {
            Ok(input)
        }
        Op::GlobalAveragePool => Ok(Shape::flat(input.channels)),
        Op::Flatten => Ok(Shape::flat(input.len())),
    }
}

/// Sizes within bounds keep every later product from overflowing.
fn check_sizes(op: &Op) -> Result<(), String> {
    let sizes = match op {
        Op::Conv(conv) => {
            let Conv { filters, kernel, stride, padding, dilation, groups, .. } = *conv;
            [filters, kernel, stride, padding, dilation, groups]
        }
        Op::Linear(linear) => [linear.outputs, 0, 0, 0, 0, 0],
        Op::MaxPool(pool) | Op::AveragePool(pool) => {
            [pool.size, pool.step(), pool.padding, 0, 0, 0]
        }
        Op::AdaptiveAveragePool(pool) => [pool.size, 0, 0, 0, 0, 0],
        _ => return Ok(()),
    };
    match sizes.into_iter().find(|&size| size > LARGEST) {
        None => Ok(()),
        Some(size) => Err(format!("{size} is too large; {LARGEST} is the largest setting")),
    }
}

fn conv_shape(conv: &Conv, input: Shape) -> Result<Shape, String> {
    let Conv { filters, kernel, stride, padding, dilation, groups, .. } = *conv;
    if filters == 0 || kernel == 0 || stride == 0 || dilation == 0 || groups == 0 {
        return Err("filters, kernel, stride, dilation and groups must be at least 1".into());
    }
    if !input.channels.is_multiple_of(groups) || !filters.is_multiple_of(groups) {
        return Err(format!(
            "{groups} groups must divide its {} input channels and {filters} filters",
            input.channels
        ));
    }
    let smallest = input.height.min(input.width);
    if conv.pad_with == PadWith::Reflect && padding >= smallest {
        return Err(format!(
            "reflect padding of {padding} needs an image of at least {} pixels a side",
            padding + 1
        ));
    }
    let span = dilation * (kernel - 1) + 1;
    let side = |size: usize| match (size + 2 * padding).checked_sub(span) {
        Some(room) => Ok(room / stride + 1),
        None => Err(format!(
            "a kernel that spans {span} pixels is larger than the padded input of {}",
            size + 2 * padding
        )),
    };
    Ok(Shape::image(filters, side(input.height)?, side(input.width)?))
}

fn pool_shape(pool: &Pool, input: Shape) -> Result<Shape, String> {
    let (size, step) = (pool.size, pool.step());
    if size == 0 || step == 0 {
        return Err("size and stride must be at least 1".into());
    }
    if pool.padding > size / 2 {
        let padding = pool.padding;
        return Err(format!("padding of {padding} is more than half a window of {size}×{size}"));
    }
    let (height, width) = (input.height + 2 * pool.padding, input.width + 2 * pool.padding);
    if size > height || size > width {
        return Err(format!("a window of {size}×{size} is larger than the image"));
    }
    let side = |length: usize| (length + 2 * pool.padding - size) / step + 1;
    Ok(Shape::image(input.channels, side(input.height), side(input.width)))
}

fn adaptive_shape(pool: &Adaptive, input: Shape) -> Result<Shape, String> {
    if pool.size == 0 {
        return Err("size must be at least 1".into());
    }
    Ok(Shape::image(input.channels, pool.size, pool.size))
}

fn normalised_shape(norm: &BatchNorm, input: Shape) -> Result<Shape, String> {
    if !(0.0..=1.0).contains(&norm.momentum) {
        return Err(format!("momentum lies from 0 to 1, not at {}", norm.momentum));
    }
    if !(norm.epsilon > 0.0 && norm.epsilon.is_finite()) {
        return Err(format!("epsilon must be a finite number above 0, not {}", norm.epsilon));
    }
    Ok(input)
}
