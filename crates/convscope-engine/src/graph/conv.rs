//! Convolutions and linear layers, by whichever way is fastest for their shape.

use std::ops::Range;

use convscope_model::layer::{Conv, PadWith};
use convscope_model::{Net, Op, Role};

use super::blocks::{Back, Way};
use super::dense::Product;
use super::direct::Direct;
use super::gathered::Gathered;
use super::pointwise::{channel_sums, rectify};
use super::scratch::Crew;
use super::weight_products::WeightProducts;
use super::winograd::Winograd;
use crate::crew::each;
use crate::simd::Simd;
use crate::tensor::{Grid, Tensor};

/// A layer that sums over channels, and the positive part that may follow it.
#[derive(Debug, Clone)]
pub(crate) struct ConvNode {
    /// Where its weights stand.
    weight: Range<usize>,
    bias: Option<Range<usize>>,
    positive: bool,
    way: How,
    /// What each filter begins from.
    start: Vec<f32>,
    bias_learns: bool,
    /// The slopes by the weights, where they are wanted.
    products: Option<WeightProducts>,
}

/// How outputs and the slopes by inputs are computed.
#[derive(Debug, Clone)]
enum How {
    Direct(Box<Direct>),
    Gathered(Gathered),
    Winograd(Winograd),
    /// As one product for all blocks; there are no pixels.
    Product {
        forward: Product,
        back: Option<Product>,
        zeros: Vec<f32>,
    },
}

impl ConvNode {
    /// Plans a convolution or a linear layer between two grids; its weights and its bias may learn, and
    /// slopes by its input be wanted.
    pub(crate) fn new<S: Simd>(
        net: &Net,
        layer: usize,
        (input, output, blocks): (Grid, Grid, usize),
        (weight_learns, bias_learns, passes): (bool, bool, bool),
        positive: bool,
    ) -> Self {
        let conv = match &net.layers()[layer].op {
            Op::Conv(conv) => conv.clone(),
            _ => Conv { filters: output.shape.channels, kernel: 1, ..Conv::default() },
        };
        let (inputs, outputs) = (input.shape.channels, output.shape.channels);
        let way = if matches!(net.layers()[layer].op, Op::Linear(_)) {
            let slopes = Grid::new(output.shape, 0);
            How::Product {
                forward: Product::new::<S>(outputs, input, blocks),
                back: passes.then(|| Product::new::<S>(inputs, slopes, blocks)),
                zeros: vec![0.0; inputs],
            }
        } else if pays(&conv, input) {
            How::Winograd(Winograd::new(inputs, outputs, output.shape, blocks))
        } else if many(&conv, input) {
            How::Gathered(Gathered::new(&conv, inputs))
        } else {
            How::Direct(Box::new(Direct::new::<S>(&conv, input, output, passes)))
        };
        let range = |role| net.tensor(layer, role).map(convscope_model::Parameter::range);
        let looked_at = Grid { border: conv.padding, ..input };
        let products =
            weight_learns.then(|| WeightProducts::new(&conv, looked_at, output.shape, blocks));
        Self {
            weight: range(Role::Weight).unwrap_or(0..0),
            bias: range(Role::Bias),
            positive,
            way,
            start: vec![0.0; outputs],
            bias_learns,
            products,
        }
    }

    /// Takes the weights of the next batches.
    pub(crate) fn prepare(&mut self, threads: usize, weights: &[f32]) {
        if let Some(bias) = self.bias.clone() {
            self.start.copy_from_slice(&weights[bias]);
        }
        let weights = &weights[self.weight.clone()];
        match &mut self.way {
            How::Direct(direct) => direct.prepare(weights),
            How::Gathered(_) | How::Winograd(_) => {}
            How::Product { forward, back, zeros } => {
                let inputs = zeros.len();
                forward.prepare(threads, |output, input| weights[output * inputs + input]);
                if let Some(back) = back {
                    back.prepare(threads, |input, output| weights[output * inputs + input]);
                }
            }
        }
    }

    /// Returns whether slopes can be added to others while they are passed on.
    pub(crate) fn adds(&self) -> bool {
        !matches!(self.way, How::Winograd(_))
    }

    pub(crate) fn forward<S: Simd>(
        &mut self,
        crew: &mut Crew<'_, S>,
        (way, weights): (Way, &[f32]),
        input: &Tensor,
        output: &mut Tensor,
    ) {
        let Self { start, positive, .. } = self;
        let simd = crew.simd;
        match &mut self.way {
            How::Direct(direct) => direct.forward(simd, way, (input, start), *positive, output),
            How::Gathered(gathered) => {
                let from = (&weights[self.weight.clone()], &start[..]);
                gathered.forward(crew, way.blocks(), from, (input, *positive), output);
            }
            How::Winograd(winograd) => {
                let bias = self.bias.is_some().then_some(&start[..]);
                winograd.forward(crew, &weights[self.weight.clone()], bias, input, output);
                if *positive {
                    rectify(simd, way, output);
                }
            }
            How::Product { forward, .. } => {
                let to = Back { to: output, add: false };
                forward.run(simd, way, (input, start), *positive, to);
            }
        }
    }

    /// Writes the slopes by weights and bias and passes slopes on.
    pub(crate) fn backward<S: Simd>(
        &mut self,
        crew: &mut Crew<'_, S>,
        (way, weights): (Way, &[f32]),
        (input, slope): (&Tensor, &Tensor),
        back: Option<Back<'_>>,
        gradients: &mut [f32],
    ) {
        let simd = crew.simd;
        if let (Some(bias), true) = (self.bias.clone(), self.bias_learns) {
            bias_slopes(simd, way, slope, &mut gradients[bias]);
        }
        if let Some(products) = &self.products {
            let gradients = &mut gradients[self.weight.clone()];
            match &self.way {
                How::Winograd(winograd) => winograd.weight_slopes(crew, input, slope, gradients),
                _ => products.run(crew, input, slope, gradients),
            }
        }
        match (&mut self.way, back) {
            (_, None) => {}
            (How::Direct(direct), Some(back)) => direct.backward(simd, way, slope, back),
            (How::Gathered(gathered), Some(back)) => {
                let kernels = &weights[self.weight.clone()];
                gathered.input_slopes(crew, way.blocks(), kernels, slope, back);
            }
            (How::Winograd(winograd), Some(Back { to, .. })) => {
                winograd.input_slopes(crew, &weights[self.weight.clone()], slope, to);
            }
            (How::Product { back: product, zeros, .. }, Some(back)) => {
                if let Some(product) = product {
                    product.run(simd, way, (slope, zeros), false, back);
                }
            }
        }
    }
}

/// Returns whether a convolution is one that Winograd's filtering computes, and faster.
fn pays(conv: &Conv, input: Grid) -> bool {
    let Conv { filters, kernel, stride, padding, pad_with, dilation, groups, .. } = *conv;
    (kernel, stride, padding, dilation, groups) == (3, 1, 1, 1, 1)
        && pad_with == PadWith::Zero
        && input.shape.channels * filters >= 1024
}

/// Returns whether a convolution has so many channels that gathering its windows pays.
///
/// Outputs and slopes together take as long either way near 32 × 64, and less from 64 × 64 on, but
/// for kernels of 5 × 5 and a stride of one, where it is from 128 × 128 on.
fn many(conv: &Conv, input: Grid) -> bool {
    input.shape.channels / conv.groups * (conv.filters / conv.groups) >= 4096
}

/// Sums slopes over pixels and samples; the order does not depend on threads.
fn bias_slopes<S: Simd>(simd: S, way: Way, slope: &Tensor, gradients: &mut [f32]) {
    let channels = gradients.len();
    let mut sums = vec![0.0; way.blocks() * channels];
    let items = sums.chunks_mut(channels).enumerate().collect();
    each(way.threads, items, |(block, sums)| channel_sums(simd, slope.image(block), sums));
    for (channel, gradient) in gradients.iter_mut().enumerate() {
        *gradient = sums.iter().skip(channel).step_by(channels).sum();
    }
}
