//! Every layer's definition and its derivative.

use convscope_model::layer::{Conv, PadWith};
use convscope_model::{Net, Op, Role, Shape};

use super::Real;
use super::windows::{adaptive, pairs, pooled, winner};

/// Returns what a layer makes of its input.
pub(super) fn forward<R: Real>(net: &Net, layer: usize, weights: &[R], input: &[R]) -> Vec<R> {
    let (before, after) = (net.shape_before(layer), net.shape_after(layer));
    let mut output = vec![R::ZERO; after.len()];
    match &net.layers()[layer].op {
        Op::Conv(conv) => {
            add_bias(net, layer, weights, &mut output);
            let weights = &weights[start(net, layer, Role::Weight)..];
            each_product(conv, before, after, |o, i, w| output[o] += weights[w] * input[i]);
        }
        Op::Linear(_) => {
            add_bias(net, layer, weights, &mut output);
            let weights = &weights[start(net, layer, Role::Weight)..];
            for (value, row) in output.iter_mut().zip(weights.chunks_exact(input.len())) {
                *value += row.iter().zip(input).map(|(&w, &x)| w * x).sum();
            }
        }
        Op::Relu => {
            for (value, &x) in output.iter_mut().zip(input) {
                *value = if x > R::ZERO || x.is_nan() { x } else { R::ZERO };
            }
        }
        Op::LeakyRelu(leaky) => {
            let slope = R::of(leaky.slope);
            each_value(input, &mut output, |x| if x > R::ZERO { x } else { slope * x });
        }
        Op::Tanh => each_value(input, &mut output, R::tanh),
        Op::Gelu => each_value(input, &mut output, |x| x * cumulated(x)),
        Op::MaxPool(pool) => {
            pooled(pool, before, after, |o, window| output[o] = input[winner(input, window)]);
        }
        Op::AveragePool(pool) => pooled(pool, before, after, |o, window| {
            let sum: R = window.iter().map(|&i| input[i]).sum();
            output[o] = sum / R::count(pool.size * pool.size);
        }),
        Op::AdaptiveAveragePool(pool) => adaptive(pool, before, |o, window| {
            output[o] = mean(window.iter().map(|&i| input[i]));
        }),
        Op::GlobalAveragePool => {
            for (value, channel) in output.iter_mut().zip(input.chunks_exact(before.area())) {
                *value = mean(channel.iter().copied());
            }
        }
        Op::Flatten | Op::Dropout(_) => output.copy_from_slice(input),
        Op::BatchNorm(_) | Op::Add(_) => unreachable!("these take more than one sample or input"),
    }
    output
}

/// Adds the derivatives by a layer's weights to `gradients` and returns those by its input.
pub(super) fn backward<R: Real>(
    net: &Net,
    layer: usize,
    weights: &[R],
    input: &[R],
    slope: &[R],
    gradients: &mut [R],
) -> Vec<R> {
    let (before, after) = (net.shape_before(layer), net.shape_after(layer));
    let mut back = vec![R::ZERO; before.len()];
    match &net.layers()[layer].op {
        Op::Conv(conv) => {
            let from = start(net, layer, Role::Weight);
            each_product(conv, before, after, |o, i, w| {
                back[i] += weights[from + w] * slope[o];
                gradients[from + w] += input[i] * slope[o];
            });
            add_bias_gradients(net, layer, slope, gradients);
        }
        Op::Linear(_) => {
            let from = start(net, layer, Role::Weight);
            for (o, &s) in slope.iter().enumerate() {
                for i in 0..input.len() {
                    back[i] += weights[from + o * input.len() + i] * s;
                    gradients[from + o * input.len() + i] += input[i] * s;
                }
            }
            add_bias_gradients(net, layer, slope, gradients);
        }
        Op::Relu => {
            for ((value, &s), &x) in back.iter_mut().zip(slope).zip(input) {
                *value = if x > R::ZERO { s } else { R::ZERO };
            }
        }
        Op::LeakyRelu(leaky) => {
            let below = R::of(leaky.slope);
            each_slope(input, slope, &mut back, |x| if x > R::ZERO { R::ONE } else { below });
        }
        Op::Tanh => each_slope(input, slope, &mut back, |x| R::ONE - x.tanh() * x.tanh()),
        Op::Gelu => each_slope(input, slope, &mut back, |x| cumulated(x) + x * density(x)),
        Op::MaxPool(pool) => {
            pooled(pool, before, after, |o, window| back[winner(input, window)] += slope[o]);
        }
        Op::AveragePool(pool) => pooled(pool, before, after, |o, window| {
            for &i in window {
                back[i] += slope[o] / R::count(pool.size * pool.size);
            }
        }),
        Op::AdaptiveAveragePool(pool) => adaptive(pool, before, |o, window| {
            for &i in window {
                back[i] += slope[o] / R::count(window.len());
            }
        }),
        Op::GlobalAveragePool => {
            for (channel, &s) in back.chunks_exact_mut(before.area()).zip(slope) {
                channel.fill(s / R::count(before.area()));
            }
        }
        Op::Flatten | Op::Add(_) => back.copy_from_slice(slope),
        Op::BatchNorm(_) | Op::Dropout(_) => unreachable!("these depend on the rest of the batch"),
    }
    back
}

/// Counts the values of one channel.
trait Area {
    fn area(&self) -> usize;
}

impl Area for Shape {
    fn area(&self) -> usize {
        self.height * self.width
    }
}

/// Calls `product` with every output, input and weight that meet in a convolution.
fn each_product(
    conv: &Conv,
    before: Shape,
    after: Shape,
    mut product: impl FnMut(usize, usize, usize),
) {
    let Conv { kernel, stride, dilation, groups, .. } = *conv;
    let (seen, made) = (before.channels / groups, after.channels / groups);
    let place =
        |o: usize, tap: usize, size: usize| outside(conv, o * stride + tap * dilation, size);
    for o in 0..after.channels {
        for (y, x) in pairs(after.height, after.width) {
            for c in 0..seen {
                for (i, j) in pairs(kernel, kernel) {
                    let (row, column) = (place(y, i, before.height), place(x, j, before.width));
                    let (Some(row), Some(column)) = (row, column) else { continue };
                    let channel = o / made * seen + c;
                    product(
                        (o * after.height + y) * after.width + x,
                        (channel * before.height + row) * before.width + column,
                        ((o * seen + c) * kernel + i) * kernel + j,
                    );
                }
            }
        }
    }
}

/// Returns which row or column of the image stands at a place of the padded one; none is zero.
fn outside(conv: &Conv, padded: usize, size: usize) -> Option<usize> {
    let place = padded as isize - conv.padding as isize;
    let last = size as isize - 1;
    match conv.pad_with {
        PadWith::Zero => (0..=last).contains(&place).then_some(place as usize),
        PadWith::Reflect if place < 0 => Some((-place) as usize),
        PadWith::Reflect if place > last => Some((2 * last - place) as usize),
        PadWith::Reflect => Some(place as usize),
    }
}

fn each_value<R: Real>(input: &[R], output: &mut [R], value: impl Fn(R) -> R) {
    output.iter_mut().zip(input).for_each(|(output, &x)| *output = value(x));
}

fn each_slope<R: Real>(input: &[R], slope: &[R], back: &mut [R], derivative: impl Fn(R) -> R) {
    for ((back, &s), &x) in back.iter_mut().zip(slope).zip(input) {
        *back = s * derivative(x);
    }
}

/// Returns Φ(x), the normal distribution's probability below x.
fn cumulated<R: Real>(x: R) -> R {
    R::of(0.5) * (R::ONE + (x * R::of(std::f64::consts::FRAC_1_SQRT_2)).erf())
}

/// Returns the normal distribution's density.
fn density<R: Real>(x: R) -> R {
    let scale = R::of(1.0 / libm::sqrt(std::f64::consts::TAU));
    scale * (R::of(-0.5) * x * x).exp()
}

fn mean<R: Real>(values: impl ExactSizeIterator<Item = R>) -> R {
    let count = R::count(values.len());
    values.sum::<R>() / count
}

fn add_bias<R: Real>(net: &Net, layer: usize, weights: &[R], output: &mut [R]) {
    if let Some(bias) = find(net, layer, Role::Bias) {
        let each = output.len() / bias.len();
        for (values, &b) in output.chunks_exact_mut(each).zip(&weights[bias]) {
            values.fill(b);
        }
    }
}

fn add_bias_gradients<R: Real>(net: &Net, layer: usize, slope: &[R], gradients: &mut [R]) {
    if let Some(bias) = find(net, layer, Role::Bias) {
        let each = slope.len() / bias.len();
        for (gradient, slopes) in gradients[bias].iter_mut().zip(slope.chunks_exact(each)) {
            *gradient += slopes.iter().copied().sum();
        }
    }
}

fn start(net: &Net, layer: usize, role: Role) -> usize {
    find(net, layer, role).expect("convolutions and linear layers have weights").start
}

fn find(net: &Net, layer: usize, role: Role) -> Option<std::ops::Range<usize>> {
    net.tensor(layer, role).map(convscope_model::Parameter::range)
}
