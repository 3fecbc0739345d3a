//! Nets with a name, one file for each kind.

mod deeper_cnn;
mod lenet;
mod mlp;
mod resnet;
mod simple_cnn;
mod three_layer_cnn;
mod two_conv;
mod vgg;

use convscope_core::registry::{self, Entry, Settings};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::layer::{Conv, Layer, Linear, Op, PadWith, Pool};
use crate::{Net, NetError, Shape};

/// Every net that a study can name.
///
/// ```
/// use convscope_core::registry::find;
/// use convscope_model::{NETS, Shape};
/// use serde_json::json;
///
/// let architecture = (find(NETS, "net", "simple-cnn")?.build)(json!({ "kernel": 7 }))?;
/// let net = architecture.net(Shape::image(1, 28, 28), 3)?;
/// assert_eq!(net.parameter_count(), 606);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub static NETS: &[Entry<dyn Architecture>] = &[
    simple_cnn::SIMPLE_CNN,
    simple_cnn::SIMPLE_CNN_AVERAGE,
    simple_cnn::WIDER_CNN,
    deeper_cnn::ENTRY,
    three_layer_cnn::ENTRY,
    mlp::TWO_LAYER_MLP,
    mlp::THREE_LAYER_MLP,
    two_conv::ENTRY,
    lenet::ENTRY,
    mlp::LENET_300_100,
    vgg::VGG_11,
    vgg::VGG_11_BN,
    vgg::VGG_13,
    vgg::VGG_13_BN,
    vgg::VGG_16,
    vgg::VGG_16_BN,
    vgg::VGG_19,
    vgg::VGG_19_BN,
    vgg::VGG_SVHN,
    resnet::RESNET_18,
    resnet::RESNET_34,
    resnet::NARROW_RESNET_18,
    resnet::RESNET_20,
    resnet::RESNET_32,
    resnet::RESNET_56,
];

/// A rule that makes a net for any image shape and any number of classes.
pub trait Architecture: Send + Sync {
    /// Returns the layers from a sample of shape `input` to one number for each class.
    fn layers(&self, input: Shape, classes: usize) -> Vec<Layer>;

    /// Describes the layers and their settings in one line.
    fn describe(&self) -> String;

    /// Makes the net and checks that it is a classifier.
    ///
    /// # Errors
    /// [`NetError`] naming the layer that does not fit, or the shape that the net leaves instead
    /// of one number for each class.
    fn net(&self, input: Shape, classes: usize) -> Result<Net, NetError> {
        let net = Net::new(input, self.layers(input, classes))?;
        net.classifies(classes)?;
        Ok(net)
    }
}

const fn entry<N: Architecture + Settings + 'static>(
    id: &'static str,
    about: &'static str,
    source: &'static str,
) -> Entry<dyn Architecture> {
    Entry {
        id,
        about,
        source,
        build: |settings| Ok(Box::new(registry::read::<N>(settings)?)),
        canonical: registry::canonical::<N>,
        schema: N::json_schema,
    }
}

/// The document that compares these nets; it gives them no other name.
const EDGE_STUDY: &str = "Exploring inductive bias of CNN, UC Berkeley EECS 182/282A homework";

/// Pads by (k − 1) / 2: an odd kernel keeps the image's size, an even one takes one pixel.
fn conv(name: &str, filters: usize, kernel: usize, pad_with: PadWith) -> Layer {
    let padding = kernel.saturating_sub(1) / 2;
    conv_with(name, Conv { filters, kernel, padding, pad_with, ..Conv::default() })
}

fn conv_with(name: &str, conv: Conv) -> Layer {
    Layer::new(name, Op::Conv(conv))
}

fn linear(name: &str, outputs: usize) -> Layer {
    Layer::new(name, Op::Linear(Linear { outputs, bias: true }))
}

fn relu(name: &str) -> Layer {
    Layer::new(name, Op::Relu)
}

/// How windows of 2×2 become one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum PoolKind {
    /// The largest value.
    Max,
    /// The mean.
    Average,
}

impl PoolKind {
    fn layer(self, name: &str) -> Layer {
        let op = match self {
            Self::Max => Op::MaxPool(Pool::default()),
            Self::Average => Op::AveragePool(Pool::default()),
        };
        Layer::new(name, op)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Max => "max",
            Self::Average => "average",
        }
    }
}
