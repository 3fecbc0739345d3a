//! Stacks of 3×3 convolutions.

use convscope_core::registry::{self, Entry};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Architecture, PoolKind, conv_with, entry, linear, relu};
use crate::Shape;
use crate::layer::{Adaptive, BatchNorm, Conv, Dropout, Layer, Op};

pub(super) const VGG_11: Entry<dyn Architecture> =
    vgg::<11, false>("vgg-11", "Eight 3×3 convolutions in five stages.");
pub(super) const VGG_11_BN: Entry<dyn Architecture> =
    vgg::<11, true>("vgg-11-bn", "VGG-11 with batch norm.");
pub(super) const VGG_13: Entry<dyn Architecture> =
    vgg::<13, false>("vgg-13", "Ten 3×3 convolutions in five stages.");
pub(super) const VGG_13_BN: Entry<dyn Architecture> =
    vgg::<13, true>("vgg-13-bn", "VGG-13 with batch norm.");
pub(super) const VGG_16: Entry<dyn Architecture> =
    vgg::<16, false>("vgg-16", "Thirteen 3×3 convolutions in five stages.");
pub(super) const VGG_16_BN: Entry<dyn Architecture> =
    vgg::<16, true>("vgg-16-bn", "VGG-16 with batch norm.");
pub(super) const VGG_19: Entry<dyn Architecture> =
    vgg::<19, false>("vgg-19", "Sixteen 3×3 convolutions in five stages.");
pub(super) const VGG_19_BN: Entry<dyn Architecture> =
    vgg::<19, true>("vgg-19-bn", "VGG-19 with batch norm.");

const fn vgg<const DEPTH: usize, const NORM: bool>(
    id: &'static str,
    about: &'static str,
) -> Entry<dyn Architecture> {
    Entry {
        id,
        about,
        source: "Simonyan and Zisserman 2014, arXiv:1409.1556, with torchvision's names",
        build: |settings| {
            let VggSettings { form } = registry::read(settings)?;
            Ok(Box::new(Vgg { depth: DEPTH, norm: NORM, form }))
        },
        canonical: registry::canonical::<VggSettings>,
        schema: VggSettings::json_schema,
    }
}

pub(super) const VGG_SVHN: Entry<dyn Architecture> = entry::<VggSvhn>(
    "vgg-svhn",
    "Seven 3×3 convolutions with batch norm in four stages, channel means and one linear layer.",
    "Zullich, Medvet, Pellegrino, Ansuini 2020, github.com/marcozullich/pruned_layer_similarity",
);

/// Convolutions `features.N`, the classifier in one of two forms.
///
/// In torchvision's form VGG-11 has 132,863,336 parameters for 1,000 classes, VGG-16 138,357,544 and
/// VGG-19 143,667,240, whatever the image's size; in the form for small images VGG-11 has 9,225,610 for
/// 10 classes and 32×32. Five pools halve an image: it needs 32 pixels a side.
struct Vgg {
    depth: usize,
    norm: bool,
    form: Form,
}

/// What a study can set of a [`Vgg`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct VggSettings {
    /// What stands behind the convolutions.
    form: Form,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Form {
    /// One linear layer `classifier`, as for images of 32×32.
    #[default]
    Cifar,
    /// Means of 7×7 windows, then three linear layers `classifier.0`, `.3` and `.6` with dropout.
    Torchvision,
}

impl Architecture for Vgg {
    fn layers(&self, _input: Shape, classes: usize) -> Vec<Layer> {
        let mut layers = features(stages(self.depth), self.norm);
        match self.form {
            Form::Cifar => {
                layers.push(Layer::new("flatten", Op::Flatten));
                layers.push(linear("classifier", classes));
            }
            Form::Torchvision => {
                let seven = Op::AdaptiveAveragePool(Adaptive { size: 7 });
                layers.push(Layer::new("avgpool", seven));
                layers.push(Layer::new("flatten", Op::Flatten));
                for (first, outputs) in [(0, 4096), (3, 4096)] {
                    layers.push(linear(&format!("classifier.{first}"), outputs));
                    layers.push(relu(&format!("classifier.{}", first + 1)));
                    let dropout = Op::Dropout(Dropout::default());
                    layers.push(Layer::new(format!("classifier.{}", first + 2), dropout));
                }
                layers.push(linear("classifier.6", classes));
            }
        }
        layers
    }

    fn describe(&self) -> String {
        let norm = if self.norm { " with batch norm" } else { "" };
        let linear = if self.form == Form::Cifar { "1 linear layer" } else { "3 linear layers" };
        format!("{} convolutions 3×3{norm} in 5 stages, {linear}", self.depth - 3)
    }
}

/// As [`Vgg`], smaller: 586,154 parameters for 3 channels and 10 classes.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct VggSvhn {}

impl Architecture for VggSvhn {
    fn layers(&self, _input: Shape, classes: usize) -> Vec<Layer> {
        let mut layers = features(&[&[32, 32], &[64, 64], &[128, 128], &[256]], true);
        layers.push(Layer::new("gap", Op::GlobalAveragePool));
        layers.push(linear("classifier", classes));
        layers
    }

    fn describe(&self) -> String {
        "7 convolutions 3×3 with batch norm in 4 stages, channel means, 1 linear layer".into()
    }
}

/// Returns the filters of every convolution, by stage.
fn stages(depth: usize) -> &'static [&'static [usize]] {
    match depth {
        11 => &[&[64], &[128], &[256; 2], &[512; 2], &[512; 2]],
        13 => &[&[64; 2], &[128; 2], &[256; 2], &[512; 2], &[512; 2]],
        16 => &[&[64; 2], &[128; 2], &[256; 3], &[512; 3], &[512; 3]],
        19 => &[&[64; 2], &[128; 2], &[256; 4], &[512; 4], &[512; 4]],
        _ => unreachable!("the depths are those of the entries"),
    }
}

/// Every layer counts in the names, those without parameters too.
fn features(stages: &[&[usize]], norm: bool) -> Vec<Layer> {
    let mut layers: Vec<Layer> = Vec::new();
    let mut add = |op: &dyn Fn(&str) -> Layer| {
        let name = format!("features.{}", layers.len());
        layers.push(op(&name));
    };
    for stage in stages {
        for &filters in *stage {
            let conv = Conv { filters, kernel: 3, padding: 1, ..Conv::default() };
            add(&|name| conv_with(name, conv.clone()));
            if norm {
                add(&|name| Layer::new(name, Op::BatchNorm(BatchNorm::default())));
            }
            add(&|name| relu(name));
        }
        add(&|name| PoolKind::Max.layer(name));
    }
    layers
}
