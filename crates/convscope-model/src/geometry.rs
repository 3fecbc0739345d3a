//! What layers make of shapes.

use convscope_core::Shape;

use crate::layer::{Conv, Op, PadWith, Pool};

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
        Op::Relu => Ok(input),
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
        Op::MaxPool(pool) | Op::AveragePool(pool) => [pool.size, pool.step(), 0, 0, 0, 0],
        Op::Relu | Op::GlobalAveragePool | Op::Flatten => return Ok(()),
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
    if size > input.height || size > input.width {
        return Err(format!("a window of {size}×{size} is larger than the image"));
    }
    let side = |length: usize| (length - size) / step + 1;
    Ok(Shape::image(input.channels, side(input.height), side(input.width)))
}
