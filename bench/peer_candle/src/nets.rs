//! The nets of the benchmark, as candle's users write them.

use candle_core::{Module, ModuleT, Result, Tensor};
use candle_nn::{
    BatchNorm, Conv2d, Conv2dConfig, Linear, VarBuilder, batch_norm, conv2d, conv2d_no_bias, linear,
};

/// Maps images to scores, as it does in training.
pub type Forward = Box<dyn Fn(&Tensor) -> Result<Tensor>>;

/// Returns a freshly initialised net; candle knows no mirrored borders, so zeros stand there.
pub fn net(name: &str, vs: &VarBuilder<'_>) -> Result<Option<Forward>> {
    Ok(Some(match name {
        "simple-cnn" => simple_cnn(vs)?,
        "three-layer-mlp" => three_layer_mlp(vs)?,
        "two-conv" => two_conv(vs)?,
        "lenet-5" => lenet_5(vs)?,
        "vgg-11-bn" => vgg_11_bn(vs)?,
        "resnet-18" => resnet_18(vs)?,
        _ => return Ok(None),
    }))
}

fn simple_cnn(vs: &VarBuilder<'_>) -> Result<Forward> {
    let first = conv2d(1, 3, 7, padded(3, 1), vs.pp("conv1"))?;
    let second = conv2d(3, 3, 7, padded(3, 1), vs.pp("conv2"))?;
    let last = linear(3, 3, vs.pp("fc"))?;
    Ok(Box::new(move |images| {
        let maps = first.forward(images)?.relu()?.max_pool2d(2)?;
        let maps = second.forward(&maps)?.relu()?;
        last.forward(&maps.mean((2, 3))?)
    }))
}

fn three_layer_mlp(vs: &VarBuilder<'_>) -> Result<Forward> {
    dense(&[784, 50, 10, 3], vs)
}

fn two_conv(vs: &VarBuilder<'_>) -> Result<Forward> {
    let first = conv2d(1, 2, 3, padded(1, 1), vs.pp("conv1"))?;
    let second = conv2d(2, 4, 3, padded(1, 1), vs.pp("conv2"))?;
    let head = dense(&[196, 16, 10], vs)?;
    Ok(Box::new(move |images| head(&pooled(&second, &pooled(&first, images)?)?)))
}

fn lenet_5(vs: &VarBuilder<'_>) -> Result<Forward> {
    let first = conv2d(1, 6, 5, padded(0, 1), vs.pp("conv1"))?;
    let second = conv2d(6, 16, 5, padded(0, 1), vs.pp("conv2"))?;
    let head = dense(&[256, 120, 84, 10], vs)?;
    Ok(Box::new(move |images| head(&pooled(&second, &pooled(&first, images)?)?)))
}

fn vgg_11_bn(vs: &VarBuilder<'_>) -> Result<Forward> {
    let mut blocks = Vec::new();
    let mut before = 3;
    for (index, (filters, pool)) in [
        (64, true),
        (128, true),
        (256, false),
        (256, true),
        (512, false),
        (512, true),
        (512, false),
        (512, true),
    ]
    .into_iter()
    .enumerate()
    {
        let vs = vs.pp(index);
        let conv = conv2d(before, filters, 3, padded(1, 1), vs.pp("conv"))?;
        blocks.push((conv, batch_norm(filters, 1e-5, vs.pp("norm"))?, pool));
        before = filters;
    }
    let head = linear(512, 10, vs.pp("classifier"))?;
    Ok(Box::new(move |images| {
        let mut maps = images.clone();
        for (conv, norm, pool) in &blocks {
            maps = norm.forward_t(&conv.forward(&maps)?, true)?.relu()?;
            if *pool {
                maps = maps.max_pool2d(2)?;
            }
        }
        head.forward(&maps.flatten_from(1)?)
    }))
}

/// Two convolutions and what leads past them.
struct Block {
    first: (Conv2d, BatchNorm),
    second: (Conv2d, BatchNorm),
    past: Option<(Conv2d, BatchNorm)>,
}

impl Block {
    fn new(before: usize, filters: usize, stride: usize, vs: &VarBuilder<'_>) -> Result<Self> {
        let past = if stride == 1 && before == filters {
            None
        } else {
            Some(normed(before, filters, (1, 0, stride), &vs.pp("downsample"))?)
        };
        Ok(Self {
            first: normed(before, filters, (3, 1, stride), &vs.pp("1"))?,
            second: normed(filters, filters, (3, 1, 1), &vs.pp("2"))?,
            past,
        })
    }

    fn forward(&self, images: &Tensor) -> Result<Tensor> {
        let apply = |(conv, norm): &(Conv2d, BatchNorm), images: &Tensor| {
            norm.forward_t(&conv.forward(images)?, true)
        };
        let maps = apply(&self.second, &apply(&self.first, images)?.relu()?)?;
        let past = self.past.as_ref().map(|past| apply(past, images)).transpose()?;
        (maps + past.unwrap_or_else(|| images.clone()))?.relu()
    }
}

fn resnet_18(vs: &VarBuilder<'_>) -> Result<Forward> {
    let (stem, norm) = normed(3, 64, (3, 1, 1), &vs.pp("stem"))?;
    let mut blocks = Vec::new();
    let mut before = 64;
    for (stage, filters) in [64, 128, 256, 512].into_iter().enumerate() {
        for place in 0..2 {
            let stride = if stage > 0 && place == 0 { 2 } else { 1 };
            blocks.push(Block::new(before, filters, stride, &vs.pp(stage).pp(place))?);
            before = filters;
        }
    }
    let head = linear(512, 10, vs.pp("fc"))?;
    Ok(Box::new(move |images| {
        let mut maps = norm.forward_t(&stem.forward(images)?, true)?.relu()?;
        for block in &blocks {
            maps = block.forward(&maps)?;
        }
        head.forward(&maps.mean((2, 3))?)
    }))
}

fn dense(sizes: &[usize], vs: &VarBuilder<'_>) -> Result<Forward> {
    let layers: Vec<Linear> = sizes
        .windows(2)
        .enumerate()
        .map(|(index, sizes)| linear(sizes[0], sizes[1], vs.pp(format!("fc{index}"))))
        .collect::<Result<_>>()?;
    Ok(Box::new(move |images| {
        let mut values = images.flatten_from(1)?;
        for (index, layer) in layers.iter().enumerate() {
            values = layer.forward(&values)?;
            if index + 1 < layers.len() {
                values = values.relu()?;
            }
        }
        Ok(values)
    }))
}

fn pooled(conv: &Conv2d, images: &Tensor) -> Result<Tensor> {
    conv.forward(images)?.relu()?.max_pool2d(2)
}

fn normed(
    before: usize,
    filters: usize,
    (kernel, padding, stride): (usize, usize, usize),
    vs: &VarBuilder<'_>,
) -> Result<(Conv2d, BatchNorm)> {
    let conv = conv2d_no_bias(before, filters, kernel, padded(padding, stride), vs.pp("conv"))?;
    Ok((conv, batch_norm(filters, 1e-5, vs.pp("norm"))?))
}

fn padded(padding: usize, stride: usize) -> Conv2dConfig {
    Conv2dConfig { padding, stride, ..Conv2dConfig::default() }
}
