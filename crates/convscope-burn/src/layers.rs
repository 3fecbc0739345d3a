//! Layers of a population over tensors.

use burn_tensor::module::{
    adaptive_avg_pool2d, avg_pool2d, batch_norm, batch_norm_train, conv2d, max_pool2d,
};
use burn_tensor::ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions, PadMode};
use burn_tensor::{FloatDType, Tensor, activation};
use convscope_core::Seed;
use convscope_engine::dropout_scales;
use convscope_model::layer::{BatchNorm, Conv, Dropout, PadWith, Pool};
use convscope_model::{Op, Role};

use crate::forward::Pass;
use crate::numbers::{Numbers, upload};

/// What a batch norm saw of a batch.
pub(crate) struct Observed {
    /// Its layer.
    pub(crate) layer: usize,
    /// The mean of each member's channels.
    pub(crate) mean: Tensor<1>,
    /// Their mean squares from the mean.
    pub(crate) variance: Tensor<1>,
    /// How many values a channel had.
    pub(crate) count: usize,
}

/// Computes a layer that takes one input.
///
/// Values are batch × (members · channels) × rows × columns, flat ones of one row and one column.
pub(crate) fn forward(
    pass: Pass<'_>,
    numbers: &[Tensor<2>],
    layer: usize,
    input: Tensor<4>,
    observed: &mut Vec<Observed>,
) -> Tensor<4> {
    let own = Own { pass, numbers, layer };
    match &pass.net.layers()[layer].op {
        Op::Conv(conv) => own.conv(conv, input),
        Op::Linear(_) => own.linear(input),
        Op::BatchNorm(norm) => own.batch_norm(norm, input, observed),
        Op::Relu => activation::relu(input),
        Op::LeakyRelu(leaky) => activation::leaky_relu(input, leaky.slope),
        Op::Tanh => activation::tanh(input),
        Op::Gelu => activation::gelu(input),
        Op::MaxPool(pool) => max_pool(pool, input),
        Op::AveragePool(pool) => average_pool(pool, input),
        Op::AdaptiveAveragePool(pool) => adaptive_avg_pool2d(input, [pool.size; 2]),
        Op::GlobalAveragePool => mean(input),
        Op::Flatten => {
            let [batch, ..] = input.dims();
            let all = pass.members * pass.net.shape_after(layer).len();
            input.reshape([batch, all, 1, 1])
        }
        Op::Dropout(dropout) => own.dropout(dropout, input),
        Op::Add(_) => unreachable!("sums take two inputs"),
    }
}

/// A layer and the numbers that it finds its own among.
struct Own<'a> {
    pass: Pass<'a>,
    numbers: &'a [Tensor<2>],
    layer: usize,
}

impl Own<'_> {
    /// Members are groups of channels that do not see each other.
    fn conv(&self, conv: &Conv, input: Tensor<4>) -> Tensor<4> {
        let Conv { filters, kernel, stride, padding, dilation, groups, .. } = *conv;
        let members = self.pass.members;
        let seen = self.pass.net.shape_before(self.layer).channels / groups;
        let all = members * filters;
        let weight = self.multiplier(Role::Weight).expect("a convolution has weights");
        let weight = weight.reshape([all, seen, kernel, kernel]);
        let bias = self.multiplier(Role::Bias).map(|bias| bias.reshape([all]));
        let (input, padding) = match conv.pad_with {
            PadWith::Reflect if padding > 0 => {
                (input.pad([(padding, padding); 2], PadMode::Reflect), 0)
            }
            _ => (input, padding),
        };
        let options = ConvOptions::new([stride; 2], [padding; 2], [dilation; 2], members * groups);
        conv2d(input, weight, bias, options)
    }

    /// One product of matrices for each member, all at once.
    fn linear(&self, input: Tensor<4>) -> Tensor<4> {
        let members = self.pass.members;
        let inputs = self.pass.net.shape_before(self.layer).len();
        let outputs = self.pass.net.shape_after(self.layer).len();
        let [batch, ..] = input.dims();
        let weight = self.multiplier(Role::Weight).expect("a linear layer has weights");
        let weight = weight.reshape([members, outputs, inputs]).swap_dims(1, 2);
        let rows = input.reshape([batch, members, inputs]).swap_dims(0, 1);
        let mut product: Tensor<3> = rows.matmul(weight);
        if let Some(bias) = self.multiplier(Role::Bias) {
            product = product + bias.reshape([members, 1, outputs]);
        }
        product.swap_dims(0, 1).reshape([batch, members * outputs, 1, 1])
    }

    /// Statistics are computed in 32 bits whatever the precision of the values.
    fn batch_norm(
        &self,
        norm: &BatchNorm,
        input: Tensor<4>,
        observed: &mut Vec<Observed>,
    ) -> Tensor<4> {
        let [batch, channels, height, width] = input.dims();
        let tensor = |role| {
            let tensor = self.tensor(role).expect("a batch norm has its tensors");
            tensor.reshape([channels])
        };
        let (scale, shift) = (tensor(Role::Scale), tensor(Role::Shift));
        let input = input.cast(FloatDType::F32);
        let output = if self.pass.noise.is_some() {
            let trained = batch_norm_train(input, scale, shift, norm.epsilon);
            let (mean, variance) = (trained.mean.inner(), trained.variance.inner());
            let count = batch * height * width;
            observed.push(Observed { layer: self.layer, mean, variance, count });
            trained.output
        } else {
            let (mean, variance) = (tensor(Role::Mean), tensor(Role::Variance));
            batch_norm(input, scale, shift, mean, variance, norm.epsilon)
        };
        output.cast(self.pass.precision.of_activations())
    }

    /// Draws as the engine does: by the member's noise, the layer's name and the place in the
    /// batch.
    fn dropout(&self, dropout: &Dropout, input: Tensor<4>) -> Tensor<4> {
        let Some(noise) = self.pass.noise else { return input };
        let dimensions = input.dims();
        let (batch, count) = (dimensions[0], self.pass.net.shape_after(self.layer).len());
        let name = &self.pass.net.layers()[self.layer].name;
        let of = |place: usize| {
            let of = move |&seed: &Seed| dropout_scales(seed, name, dropout, place).take(count);
            noise.iter().flat_map(of)
        };
        let scales: Vec<f32> = (0..batch).flat_map(of).collect();
        let scales = upload(scales, dimensions, &input.device());
        input * scales.cast(self.pass.precision.of_activations())
    }

    /// Returns what multiplies values, in the precision of products.
    fn multiplier(&self, role: Role) -> Option<Tensor<2>> {
        let tensor = self.tensor(role)?;
        Some(tensor.cast(self.pass.precision.of_activations()))
    }

    fn tensor(&self, role: Role) -> Option<Tensor<2>> {
        let place = Numbers::place(self.pass.net, self.layer, role)?;
        Some(self.numbers[place].clone())
    }
}

fn max_pool(pool: &Pool, input: Tensor<4>) -> Tensor<4> {
    let options = MaxPoolOptions::new([pool.size; 2])
        .with_stride([pool.step(); 2])
        .with_padding([pool.padding; 2]);
    max_pool2d(input, options)
}

/// Zeros outside the image count.
fn average_pool(pool: &Pool, input: Tensor<4>) -> Tensor<4> {
    let options = AvgPoolOptions::new([pool.size; 2])
        .with_stride([pool.step(); 2])
        .with_padding([pool.padding; 2])
        .with_count_include_pad(true);
    avg_pool2d(input, options)
}

/// Sums in 32 bits whatever the precision of the values.
fn mean(input: Tensor<4>) -> Tensor<4> {
    let precision: FloatDType = input.dtype().into();
    let [batch, channels, height, width] = input.dims();
    let values = input.cast(FloatDType::F32).reshape([batch, channels, height * width]);
    values.mean_dim(2).reshape([batch, channels, 1, 1]).cast(precision)
}
