//! Layers that take each value alone, and sums of two.

use convscope_model::Op;

use super::blocks::{Back, Way, over_blocks};
use super::curves::{self, cumulated, density};
use crate::simd::{Lanes, Simd, at_each_level};
use crate::tensor::{Image, ImageMut, Tensor};

/// What becomes of a value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pointwise {
    /// Itself.
    Copy,
    /// Its positive part.
    Relu,
    /// Its positive part and a share of the negative one.
    Leaky(f32),
    Tanh,
    Gelu,
}

impl Pointwise {
    /// Returns what a layer does, if it takes each value alone.
    pub(crate) fn of(op: &Op) -> Option<Self> {
        Some(match op {
            Op::Relu => Self::Relu,
            Op::LeakyRelu(leaky) => Self::Leaky(leaky.slope as f32),
            Op::Tanh => Self::Tanh,
            Op::Gelu => Self::Gelu,
            _ => return None,
        })
    }

    pub(crate) fn forward<S: Simd>(self, simd: S, way: Way, input: &Tensor, output: &mut Tensor) {
        over_blocks(way, output, |block, to| match self {
            Self::Copy => copied(simd, input.image(block), to),
            Self::Relu => rectified(simd, input.image(block), to),
            Self::Leaky(slope) => leaky(simd, input.image(block), to, slope),
            Self::Tanh => tanh(simd, input.image(block), to),
            Self::Gelu => gelu(simd, input.image(block), to),
        });
    }

    /// Passes slopes on; `input` and `output` are what went in and came out.
    pub(crate) fn backward<S: Simd>(
        self,
        simd: S,
        way: Way,
        (input, output): (&Tensor, &Tensor),
        slope: &Tensor,
        back: Back<'_>,
    ) {
        let Back { to: all, add } = back;
        over_blocks(way, all, |block, to| {
            let (input, output) = (input.image(block), output.image(block));
            let slope = slope.image(block);
            match self {
                Self::Copy => passed(simd, slope, to, add),
                Self::Relu => rectified_slopes(simd, output, slope, to, add),
                Self::Leaky(below) => leaky_slopes(simd, input, slope, to, (below, add)),
                Self::Tanh => tanh_slopes(simd, output, slope, to, add),
                Self::Gelu => gelu_slopes(simd, input, slope, to, add),
            }
        });
    }
}

/// Sums two inputs; of the sum only the positive part may be wanted.
pub(crate) fn add<S: Simd>(
    simd: S,
    way: Way,
    (first, second): (&Tensor, &Tensor),
    output: &mut Tensor,
    positive: bool,
) {
    over_blocks(way, output, |block, to| {
        sums(simd, first.image(block), second.image(block), to, positive);
    });
}

/// Removes the slopes by values that were not positive.
pub(crate) fn mask<S: Simd>(simd: S, way: Way, output: &Tensor, slope: &mut Tensor) {
    over_blocks(way, slope, |block, to| masked(simd, output.image(block), to));
}

/// Replaces values by their positive part.
pub(crate) fn rectify<S: Simd>(simd: S, way: Way, output: &mut Tensor) {
    over_blocks(way, output, |_, image| rectified_in_place(simd, image));
}

/// Writes slopes, or adds them to those that are there.
pub(crate) fn pass_on<S: Simd>(simd: S, way: Way, slope: &Tensor, back: Back<'_>) {
    let Back { to: all, add } = back;
    over_blocks(way, all, |block, to| passed(simd, slope.image(block), to, add));
}

/// Calls `value` with each value of two images of one shape, lane by lane, and writes what it returns.
#[inline(always)]
fn map(input: Image<'_>, mut output: ImageMut<'_>, value: impl Fn(f32, f32) -> f32) {
    for (channel, row) in output.grid.lines() {
        let from = input.line(channel, row);
        for (to, from) in output.line(channel, row).iter_mut().zip(from) {
            *to = from.zip(*to, &value);
        }
    }
}

/// Writes or adds `derivative(value) · slope`, value by value.
#[inline(always)]
fn map_slopes(
    values: Image<'_>,
    slope: Image<'_>,
    mut back: ImageMut<'_>,
    add: bool,
    derivative: impl Fn(f32, f32) -> f32,
) {
    for (channel, row) in back.grid.lines() {
        let from = values.line(channel, row).iter().zip(slope.line(channel, row));
        for (to, (value, slope)) in back.line(channel, row).iter_mut().zip(from) {
            let more = value.zip(*slope, &derivative);
            *to = if add { to.plus(more) } else { more };
        }
    }
}

fn positive_part(x: f32) -> f32 {
    if x <= 0.0 { 0.0 } else { x }
}

at_each_level! {
    fn copied<'a>(_simd, input: Image<'a>, output: ImageMut<'a>) {
        map(input, output, |x, _| x);
    }

    fn rectified<'a>(_simd, input: Image<'a>, output: ImageMut<'a>) {
        map(input, output, |x, _| positive_part(x));
    }

    fn rectified_in_place<'a>(_simd, image: ImageMut<'a>) {
        let mut image = image;
        for (channel, row) in image.grid.lines() {
            for value in image.line(channel, row) {
                *value = value.positive();
            }
        }
    }

    fn leaky<'a>(_simd, input: Image<'a>, output: ImageMut<'a>, below: f32) {
        map(input, output, |x, _| if x <= 0.0 { below * x } else { x });
    }

    fn tanh<'a>(_simd, input: Image<'a>, output: ImageMut<'a>) {
        map(input, output, |x, _| curves::tanh(x));
    }

    fn gelu<'a>(_simd, input: Image<'a>, output: ImageMut<'a>) {
        map(input, output, |x, _| x * cumulated(x));
    }

    fn sums<'a>(
        _simd,
        first: Image<'a>,
        second: Image<'a>,
        output: ImageMut<'a>,
        positive: bool,
    ) {
        let mut output = output;
        for (channel, row) in output.grid.lines() {
            let from = first.line(channel, row).iter().zip(second.line(channel, row));
            for (to, (first, second)) in output.line(channel, row).iter_mut().zip(from) {
                let sum = first.plus(*second);
                *to = if positive { sum.positive() } else { sum };
            }
        }
    }

    fn masked<'a>(_simd, output: Image<'a>, slope: ImageMut<'a>) {
        map(output, slope, |value, slope| if value <= 0.0 { 0.0 } else { slope });
    }

    fn passed<'a>(_simd, slope: Image<'a>, back: ImageMut<'a>, add: bool) {
        map_slopes(slope, slope, back, add, |_, slope| slope);
    }

    fn rectified_slopes<'a>(
        _simd,
        output: Image<'a>,
        slope: Image<'a>,
        back: ImageMut<'a>,
        add: bool,
    ) {
        map_slopes(output, slope, back, add, |y, slope| if y <= 0.0 { 0.0 } else { slope });
    }

    fn leaky_slopes<'a>(
        _simd,
        input: Image<'a>,
        slope: Image<'a>,
        back: ImageMut<'a>,
        below: (f32, bool),
    ) {
        let (below, add) = below;
        map_slopes(input, slope, back, add, |x, slope| if x <= 0.0 { below * slope } else { slope });
    }

    fn tanh_slopes<'a>(
        _simd,
        output: Image<'a>,
        slope: Image<'a>,
        back: ImageMut<'a>,
        add: bool,
    ) {
        map_slopes(output, slope, back, add, |y, slope| slope * (1.0 - y * y));
    }

    fn gelu_slopes<'a>(
        _simd,
        input: Image<'a>,
        slope: Image<'a>,
        back: ImageMut<'a>,
        add: bool,
    ) {
        map_slopes(input, slope, back, add, |x, slope| slope * (cumulated(x) + x * density(x)));
    }
}

/// Adds the slopes of a block, channel by channel, over pixels and lanes.
pub(crate) fn channel_sums<S: Simd>(simd: S, slope: Image<'_>, to: &mut [f32]) {
    sum_channels(simd, slope, to);
}

at_each_level! {
    fn sum_channels<'a>(_simd, slope: Image<'a>, to: &'a mut [f32]) {
        for (channel, to) in to.iter_mut().enumerate() {
            let mut sum = Lanes::ZERO;
            for row in 0..slope.grid.shape.height {
                for value in slope.line(channel, row) {
                    sum = sum.plus(*value);
                }
            }
            *to += sum.fold();
        }
    }
}
