//! Batch norms.

use std::ops::Range;

use convscope_model::layer::BatchNorm;
use convscope_model::{Net, Role};

use super::blocks::{Back, Way, over_blocks};
use crate::crew::each;
use crate::simd::{LANES, Lanes, Simd, at_each_level};
use crate::tensor::{Image, ImageMut, Tensor};

/// A batch norm and the positive part that may follow it.
#[derive(Debug, Clone)]
pub(crate) struct NormNode {
    norm: BatchNorm,
    scale: Range<usize>,
    shift: Range<usize>,
    mean: Range<usize>,
    variance: Range<usize>,
    /// Whether only the positive part is left.
    pub(crate) positive: bool,
    /// What the last batch's channels were like.
    channels: Vec<Channel>,
    /// How many values the last batch had in a channel.
    count: usize,
    /// The sums that the slopes need, by channel: of the slopes, and of the slopes times x̂.
    sums: Vec<(f64, f64)>,
    /// Whether scale and shift change.
    learns: (bool, bool),
}

/// A channel's statistics.
#[derive(Debug, Clone, Copy, Default)]
struct Channel {
    mean: f32,
    /// The mean square from the mean.
    variance: f64,
    /// 1 / √(variance + ε).
    inverse: f32,
}

impl NormNode {
    /// Plans a batch norm.
    pub(crate) fn new(
        net: &Net,
        layer: usize,
        norm: &BatchNorm,
        positive: bool,
        learns: (bool, bool),
    ) -> Self {
        let range = |role| net.tensor(layer, role).expect("a batch norm has its tensors").range();
        let count = net.shape_before(layer).channels;
        Self {
            norm: norm.clone(),
            scale: range(Role::Scale),
            shift: range(Role::Shift),
            mean: range(Role::Mean),
            variance: range(Role::Variance),
            positive,
            channels: vec![Channel::default(); count],
            count: 0,
            sums: vec![(0.0, 0.0); count],
            learns,
        }
    }

    /// Normalises by the batch's statistics, or by the running ones.
    pub(crate) fn forward<S: Simd>(
        &mut self,
        simd: S,
        way: Way,
        weights: &[f32],
        (input, output): (&Tensor, &mut Tensor),
        training: bool,
    ) {
        if training {
            self.observe(simd, way, input);
        } else {
            let running = weights[self.mean.clone()].iter().zip(&weights[self.variance.clone()]);
            for (channel, (&mean, &variance)) in self.channels.iter_mut().zip(running) {
                let inverse = inverse(f64::from(variance), self.norm.epsilon);
                *channel = Channel { mean, variance: variance.into(), inverse };
            }
        }
        let (scale, shift) = (&weights[self.scale.clone()], &weights[self.shift.clone()]);
        let (channels, positive) = (&self.channels[..], self.positive);
        over_blocks(way, output, |block, to| {
            normalise(simd, input.image(block), to, channels, (scale, shift), positive);
        });
    }

    /// Passes slopes on and writes those by scale and shift.
    ///
    /// Where the positive part was taken, `slope` holds only what passed it.
    pub(crate) fn backward<S: Simd>(
        &mut self,
        simd: S,
        way: Way,
        weights: &[f32],
        (input, slope): (&Tensor, &Tensor),
        (back, gradients): (Option<Back<'_>>, &mut [f32]),
    ) {
        let channels = &self.channels;
        let items = self.sums.iter_mut().enumerate().collect();
        each(way.threads, items, |(index, sums)| {
            *sums = (0.0, 0.0);
            for block in 0..way.blocks() {
                let (slope, input) = (slope.image(block), input.image(block));
                let at = (index, channels[index].mean, channels[index].inverse);
                slope_sums(simd, slope, input, at, sums);
            }
        });
        for (index, &(sum, product)) in self.sums.iter().enumerate() {
            if self.learns.0 {
                gradients[self.scale.start + index] = product as f32;
            }
            if self.learns.1 {
                gradients[self.shift.start + index] = sum as f32;
            }
        }
        let Some(back) = back else { return };
        let (scale, count) = (&weights[self.scale.clone()], self.count as f64);
        let shares: Vec<Share> = channels
            .iter()
            .zip(&self.sums)
            .zip(scale)
            .map(|((channel, &(sum, product)), scale)| Share {
                mean: channel.mean,
                inverse: channel.inverse,
                factor: scale * channel.inverse,
                of_slopes: (sum / count) as f32,
                of_products: (product / count) as f32,
            })
            .collect();
        let Back { to: all, add } = back;
        over_blocks(way, all, |block, to| {
            let live = way.live(block);
            pass(simd, slope.image(block), input.image(block), to, &shares, (live, add));
        });
    }

    /// Moves the running statistics towards those of the last batch; a variance of one value is none.
    pub(crate) fn track(&self, weights: &mut [f32]) {
        let momentum = self.norm.momentum;
        let follow = |running: &mut f32, batch: f64| {
            *running = ((1.0 - momentum) * f64::from(*running) + momentum * batch) as f32;
        };
        for (index, channel) in self.channels.iter().enumerate() {
            follow(&mut weights[self.mean.start + index], channel.mean.into());
            if self.count > 1 {
                let unbiased = channel.variance * self.count as f64 / (self.count - 1) as f64;
                follow(&mut weights[self.variance.start + index], unbiased);
            }
        }
    }

    fn observe<S: Simd>(&mut self, simd: S, way: Way, input: &Tensor) {
        let shape = input.grid.shape;
        self.count = way.count * shape.height * shape.width;
        let (count, epsilon) = (self.count as f64, self.norm.epsilon);
        each(way.threads, self.channels.iter_mut().enumerate().collect(), |(index, channel)| {
            let sum = |from: f32, power: Power| {
                (0..way.blocks()).fold(0.0, |sum, block| {
                    let mut lanes = [0.0; LANES];
                    add_up(simd, input.image(block), index, from, power, &mut lanes);
                    lanes[..way.live(block)].iter().fold(sum, |sum, lane| sum + lane)
                })
            };
            let mean = (sum(0.0, Power::One) / count) as f32;
            let variance = sum(mean, Power::Two) / count;
            *channel = Channel { mean, variance, inverse: inverse(variance, epsilon) };
        });
    }
}

fn inverse(variance: f64, epsilon: f64) -> f32 {
    (1.0 / (variance + epsilon).sqrt()) as f32
}

#[derive(Clone, Copy, PartialEq)]
enum Power {
    One,
    Two,
}

/// What a channel's slopes become.
#[derive(Clone, Copy)]
struct Share {
    mean: f32,
    inverse: f32,
    factor: f32,
    of_slopes: f32,
    of_products: f32,
}

at_each_level! {
    /// Adds the values of a channel, or their squares, to sums of sixteen samples.
    fn add_up<'a>(
        _simd,
        input: Image<'a>,
        channel: usize,
        from: f32,
        power: Power,
        sums: &'a mut [f64; LANES],
    ) {
        for row in 0..input.grid.shape.height {
            let mut sum = Lanes::ZERO;
            for value in input.line(channel, row) {
                sum = match power {
                    Power::One => sum.plus(*value),
                    Power::Two => sum.zip(*value, |sum, x| sum + (x - from) * (x - from)),
                };
            }
            for lane in 0..LANES {
                sums[lane] += f64::from(sum.0[lane]);
            }
        }
    }

    fn normalise<'a>(
        _simd,
        input: Image<'a>,
        output: ImageMut<'a>,
        channels: &'a [Channel],
        affine: (&'a [f32], &'a [f32]),
        positive: bool,
    ) {
        let (scale, shift, mut output) = (affine.0, affine.1, output);
        for (channel, row) in output.grid.lines() {
            let Channel { mean, inverse, .. } = channels[channel];
            let (factor, shift) = (scale[channel] * inverse, shift[channel]);
            let from = input.line(channel, row);
            for (to, from) in output.line(channel, row).iter_mut().zip(from) {
                let value = from.zip(*from, |x, _| (x - mean) * factor + shift);
                *to = if positive { value.positive() } else { value };
            }
        }
    }

    fn slope_sums<'a>(
        _simd,
        slope: Image<'a>,
        input: Image<'a>,
        at: (usize, f32, f32),
        sums: &'a mut (f64, f64),
    ) {
        let (channel, mean, inverse) = at;
        let mut all = ([0.0_f64; LANES], [0.0_f64; LANES]);
        for row in 0..slope.grid.shape.height {
            let (mut sum, mut product) = (Lanes::ZERO, Lanes::ZERO);
            for (slope, x) in slope.line(channel, row).iter().zip(input.line(channel, row)) {
                sum = sum.plus(*slope);
                product = product.plus(slope.zip(*x, |s, x| s * ((x - mean) * inverse)));
            }
            for lane in 0..LANES {
                all.0[lane] += f64::from(sum.0[lane]);
                all.1[lane] += f64::from(product.0[lane]);
            }
        }
        sums.0 += all.0.iter().sum::<f64>();
        sums.1 += all.1.iter().sum::<f64>();
    }

    /// Writes `factor · (s − mean(s) − x̂ · mean(s · x̂))`; idle lanes have no slopes.
    fn pass<'a>(
        _simd,
        slope: Image<'a>,
        input: Image<'a>,
        back: ImageMut<'a>,
        shares: &'a [Share],
        how: (usize, bool),
    ) {
        let ((live, add), mut back) = (how, back);
        let mut used = Lanes::ZERO;
        used.0[..live].fill(1.0);
        for (channel, row) in back.grid.lines() {
            let Share { mean, inverse, factor, of_slopes, of_products } = shares[channel];
            let from = slope.line(channel, row).iter().zip(input.line(channel, row));
            for (to, (slope, x)) in back.line(channel, row).iter_mut().zip(from) {
                let more = slope.zip(*x, |s, x| {
                    factor * (s - of_slopes - (x - mean) * inverse * of_products)
                });
                let more = more.zip(used, |more, used| more * used);
                *to = if add { to.plus(more) } else { more };
            }
        }
    }
}
