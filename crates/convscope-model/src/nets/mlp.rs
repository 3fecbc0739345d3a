//! Perceptrons: linear layers with relus between.

use convscope_core::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Architecture, EDGE_STUDY, entry, linear, relu};
use crate::Shape;
use crate::layer::{Layer, Op};

pub(super) const TWO_LAYER_MLP: Entry<dyn Architecture> = entry::<TwoLayerMlp>(
    "two-layer-mlp",
    "Two linear layers with a ReLU between; defined but unused there.",
    EDGE_STUDY,
);

pub(super) const THREE_LAYER_MLP: Entry<dyn Architecture> = entry::<ThreeLayerMlp>(
    "three-layer-mlp",
    "Three linear layers with ReLUs between: the net that has to learn what convolution knows.",
    EDGE_STUDY,
);

pub(super) const LENET_300_100: Entry<dyn Architecture> = entry::<LeNet300>(
    "lenet-300-100",
    "Three linear layers with 300 and 100 hidden units: the perceptron of pruning studies.",
    "LeCun, Bottou, Bengio, Haffner 1998, doi:10.1109/5.726791",
);

/// flatten → fc1 → relu → fc2.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct TwoLayerMlp {
    /// Outputs of the hidden layer.
    hidden: usize,
}

impl Default for TwoLayerMlp {
    fn default() -> Self {
        Self { hidden: 10 }
    }
}

impl Architecture for TwoLayerMlp {
    fn layers(&self, _input: Shape, classes: usize) -> Vec<Layer> {
        perceptron(&[self.hidden], classes)
    }

    fn describe(&self) -> String {
        format!("2 linear layers with {} hidden units", self.hidden)
    }
}

/// flatten → fc1 → relu → fc2 → relu → fc3.
///
/// The source's class defaults to 10 and 10 hidden units, but everything that it trains has 50 and
/// 10: so here. With 28×28 images and 3 classes it has 39,793 parameters.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct ThreeLayerMlp {
    /// Outputs of the two hidden layers.
    hidden: [usize; 2],
}

impl Default for ThreeLayerMlp {
    fn default() -> Self {
        Self { hidden: [50, 10] }
    }
}

impl Architecture for ThreeLayerMlp {
    fn layers(&self, _input: Shape, classes: usize) -> Vec<Layer> {
        perceptron(&self.hidden, classes)
    }

    fn describe(&self) -> String {
        let [first, second] = self.hidden;
        format!("3 linear layers with {first} and {second} hidden units")
    }
}

/// [`ThreeLayerMlp`] as wide as its name says: 266,610 parameters with 28×28 images and 10 classes.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct LeNet300 {}

impl LeNet300 {
    const SPELT_OUT: ThreeLayerMlp = ThreeLayerMlp { hidden: [300, 100] };
}

impl Architecture for LeNet300 {
    fn layers(&self, input: Shape, classes: usize) -> Vec<Layer> {
        Self::SPELT_OUT.layers(input, classes)
    }

    fn describe(&self) -> String {
        Self::SPELT_OUT.describe()
    }
}

fn perceptron(hidden: &[usize], classes: usize) -> Vec<Layer> {
    let mut layers = vec![Layer::new("flatten", Op::Flatten)];
    for (index, &units) in hidden.iter().enumerate() {
        layers.push(linear(&format!("fc{}", index + 1), units));
        layers.push(relu(&format!("relu{}", index + 1)));
    }
    layers.push(linear(&format!("fc{}", hidden.len() + 1), classes));
    layers
}
