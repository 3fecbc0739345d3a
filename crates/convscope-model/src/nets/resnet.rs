//! Residual nets of basic blocks.

use convscope_core::registry::{self, Entry};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Architecture, conv_with, linear, relu};
use crate::Shape;
use crate::layer::{Add, BatchNorm, Conv, Layer, Op, Pool};

const DEEP_RESIDUAL: &str = "He, Zhang, Ren, Sun 2015, arXiv:1512.03385, with torchvision's names";

pub(super) const RESNET_18: Entry<dyn Architecture> = resnet::<18, 64>(
    "resnet-18",
    "Eight basic blocks in four stages of 64 to 512 channels.",
    DEEP_RESIDUAL,
);
pub(super) const RESNET_34: Entry<dyn Architecture> = resnet::<34, 64>(
    "resnet-34",
    "Sixteen basic blocks in four stages of 64 to 512 channels.",
    DEEP_RESIDUAL,
);
pub(super) const NARROW_RESNET_18: Entry<dyn Architecture> = resnet::<18, 16>(
    "narrow-resnet-18",
    "ResNet-18 with a quarter of the channels.",
    "Ash and Adams 2019, On warm-starting neural network training, arXiv:1910.08475",
);
pub(super) const RESNET_20: Entry<dyn Architecture> = cifar_resnet::<20>(
    "resnet-20",
    "Nine basic blocks in three stages of 16 to 64 channels, for small images.",
);
pub(super) const RESNET_32: Entry<dyn Architecture> = cifar_resnet::<32>(
    "resnet-32",
    "Fifteen basic blocks in three stages of 16 to 64 channels, for small images.",
);
pub(super) const RESNET_56: Entry<dyn Architecture> = cifar_resnet::<56>(
    "resnet-56",
    "Twenty-seven basic blocks in three stages of 16 to 64 channels, for small images.",
);

const fn resnet<const DEPTH: usize, const WIDTH: usize>(
    id: &'static str,
    about: &'static str,
    source: &'static str,
) -> Entry<dyn Architecture> {
    Entry {
        id,
        about,
        source,
        build: |settings| {
            let ResNetSettings { stem } = registry::read(settings)?;
            Ok(Box::new(ResNet { depth: DEPTH, width: WIDTH, stem }))
        },
        canonical: registry::canonical::<ResNetSettings>,
        schema: ResNetSettings::json_schema,
    }
}

const fn cifar_resnet<const DEPTH: usize>(
    id: &'static str,
    about: &'static str,
) -> Entry<dyn Architecture> {
    Entry {
        id,
        about,
        source: DEEP_RESIDUAL,
        build: |settings| {
            let CifarResNetSettings {} = registry::read(settings)?;
            Ok(Box::new(CifarResNet { depth: DEPTH }))
        },
        canonical: registry::canonical::<CifarResNetSettings>,
        schema: CifarResNetSettings::json_schema,
    }
}

/// A stem, four stages of basic blocks that halve the image from the second on, channel means and `fc`.
///
/// With torchvision's stem, ResNet-18 has 11,689,512 parameters for 1,000 classes, ResNet-34
/// 21,797,672; with that for small images ResNet-18 has 11,173,962 for 10 classes.
///
/// On images of 32×32 the stem made for photographs leaves 1×1 pixels to the last stage, whose 3×3
/// kernels then see nothing but padding at eight of nine taps: 62 % of all weights are never reached.
struct ResNet {
    depth: usize,
    width: usize,
    stem: Stem,
}

/// What a study can set of a [`ResNet`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct ResNetSettings {
    /// What the first convolution is.
    stem: Stem,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Stem {
    /// 3×3, for images of 32×32.
    #[default]
    Cifar,
    /// 7×7 with stride 2, then a 3×3 pool with stride 2, for photographs.
    Imagenet,
}

impl Architecture for ResNet {
    fn layers(&self, _input: Shape, classes: usize) -> Vec<Layer> {
        let mut layers = stem(self.stem, self.width);
        let blocks: [usize; 4] = if self.depth == 18 { [2; 4] } else { [3, 4, 6, 3] };
        add_stages(&mut layers, &blocks, self.width);
        layers.push(Layer::new("avgpool", Op::GlobalAveragePool));
        layers.push(linear("fc", classes));
        layers
    }

    fn describe(&self) -> String {
        let stem = if self.stem == Stem::Cifar { "3×3" } else { "7×7 and pooled" };
        let blocks = if self.depth == 18 { 8 } else { 16 };
        let last = 8 * self.width;
        format!("{blocks} residual blocks of {} to {last} channels, {stem} stem", self.width)
    }
}

/// The nets of the paper's section on CIFAR-10: 6n + 2 layers, n blocks in each of three stages.
///
/// Where channels double, a 1×1 convolution makes the shortcut fit, which takes 2,752 more
/// parameters than the paper's zeros: 272,474 for ResNet-20 with 10 classes, 466,906 for ResNet-32,
/// 855,770 for ResNet-56.
struct CifarResNet {
    depth: usize,
}

/// What a study can set of a [`CifarResNet`]: nothing.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct CifarResNetSettings {}

impl Architecture for CifarResNet {
    fn layers(&self, _input: Shape, classes: usize) -> Vec<Layer> {
        let mut layers = stem(Stem::Cifar, 16);
        add_stages(&mut layers, &[(self.depth - 2) / 6; 3], 16);
        layers.push(Layer::new("avgpool", Op::GlobalAveragePool));
        layers.push(linear("fc", classes));
        layers
    }

    fn describe(&self) -> String {
        format!("{} residual blocks of 16 to 64 channels, 3×3 stem", (self.depth - 2) / 2)
    }
}

fn stem(stem: Stem, filters: usize) -> Vec<Layer> {
    let small = Conv { filters, kernel: 3, padding: 1, bias: false, ..Conv::default() };
    let conv = match stem {
        Stem::Cifar => small,
        Stem::Imagenet => Conv { kernel: 7, padding: 3, stride: 2, ..small },
    };
    let mut layers = vec![conv_with("conv1", conv), norm("bn1"), relu("relu")];
    if stem == Stem::Imagenet {
        let pool = Op::MaxPool(Pool { size: 3, stride: Some(2), padding: 1 });
        layers.push(Layer::new("maxpool", pool));
    }
    layers
}

/// Each stage after the first doubles the channels and halves the image.
fn add_stages(layers: &mut Vec<Layer>, blocks: &[usize], width: usize) {
    for (stage, &count) in blocks.iter().enumerate() {
        for block in 0..count {
            let halves = stage > 0 && block == 0;
            let name = format!("layer{}.{block}", stage + 1);
            add_block(layers, &name, width << stage, if halves { 2 } else { 1 });
        }
    }
}

/// Two convolutions with batch norms, beside them what came in or a 1×1 convolution of it.
fn add_block(layers: &mut Vec<Layer>, name: &str, filters: usize, stride: usize) {
    let input = layers.last().expect("the stem has layers").name.clone();
    let of = |part: &str| format!("{name}.{part}");
    let conv = Conv { filters, kernel: 3, padding: 1, bias: false, ..Conv::default() };
    layers.push(conv_with(&of("conv1"), Conv { stride, ..conv.clone() }));
    layers.push(norm(&of("bn1")));
    layers.push(relu(&of("relu1")));
    layers.push(conv_with(&of("conv2"), conv.clone()));
    layers.push(norm(&of("bn2")));
    let with = if stride == 1 {
        input
    } else {
        let one = Conv { kernel: 1, padding: 0, stride, ..conv };
        layers.push(conv_with(&of("downsample.0"), one).from(input));
        layers.push(norm(&of("downsample.1")));
        of("bn2")
    };
    layers.push(Layer::new(of("add"), Op::Add(Add { with })));
    layers.push(relu(&of("relu2")));
}

fn norm(name: &str) -> Layer {
    Layer::new(name, Op::BatchNorm(BatchNorm::default()))
}
