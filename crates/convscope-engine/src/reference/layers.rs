//! Every layer's definition and its derivative.

use convscope_model::layer::{Conv, PadWith, Pool};
use convscope_model::{Net, Op, Role, Shape};

use super::Real;

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
        Op::MaxPool(pool) => {
            each_window(pool, before, after, |o, window| output[o] = input[winner(input, window)]);
        }
        Op::AveragePool(pool) => each_window(pool, before, after, |o, window| {
            output[o] = mean(window.iter().map(|&i| input[i]));
        }),
        Op::GlobalAveragePool => {
            for (value, channel) in output.iter_mut().zip(input.chunks_exact(before.area())) {
                *value = mean(channel.iter().copied());
            }
        }
        Op::Flatten => output.copy_from_slice(input),
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
        Op::MaxPool(pool) => {
            each_window(pool, before, after, |o, window| back[winner(input, window)] += slope[o]);
        }
        Op::AveragePool(pool) => each_window(pool, before, after, |o, window| {
            for &i in window {
                back[i] += slope[o] / R::count(window.len());
            }
        }),
        Op::GlobalAveragePool => {
            for (channel, &s) in back.chunks_exact_mut(before.area()).zip(slope) {
                channel.fill(s / R::count(before.area()));
            }
        }
        Op::Flatten => back.copy_from_slice(slope),
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

/// Calls `reduce` with every output and the inputs of its window, in order of rows.
fn each_window(pool: &Pool, before: Shape, after: Shape, mut reduce: impl FnMut(usize, &[usize])) {
    for c in 0..after.channels {
        for (y, x) in pairs(after.height, after.width) {
            let window: Vec<usize> = pairs(pool.size, pool.size)
                .map(|(i, j)| {
                    let (row, column) = (y * pool.step() + i, x * pool.step() + j);
                    (c * before.height + row) * before.width + column
                })
                .collect();
            reduce((c * after.height + y) * after.width + x, &window);
        }
    }
}

/// Returns the first of the largest; a value that is not a number beats all before it.
fn winner<R: Real>(input: &[R], window: &[usize]) -> usize {
    let beats = |a: R, b: R| a > b || a.is_nan();
    window
        .iter()
        .copied()
        .reduce(|best, i| if beats(input[i], input[best]) { i } else { best })
        .expect("a window has at least one value")
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
    let own = |p: &&convscope_model::Parameter| p.layer == layer && p.role == role;
    net.parameters().iter().find(own).map(convscope_model::Parameter::range)
}

fn pairs(rows: usize, columns: usize) -> impl ExactSizeIterator<Item = (usize, usize)> {
    (0..rows * columns).map(move |index| (index / columns, index % columns))
}
