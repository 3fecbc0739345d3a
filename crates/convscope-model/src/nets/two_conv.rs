//! The small net of the warm-start study.

use convscope_core::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Architecture, PoolKind, conv, entry, linear, relu};
use crate::Shape;
use crate::layer::{Layer, Op, PadWith};

pub(super) const ENTRY: Entry<dyn Architecture> = entry::<TwoConv>(
    "two-conv",
    "Two 3×3 convolutions of two and four filters, each with a pool, and two linear layers.",
    "Using the most similar CNN filters from noisy data as a warm start, github.com/danieljwright/CV-project",
);

/// conv1 → relu → pool → conv2 → relu → pool → flatten → fc1 → relu → fc2.
///
/// With gray images of 28×28 and 10 classes it has 3,418 parameters.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct TwoConv {
    /// Output channels of the two convolutions.
    filters: [usize; 2],
    /// Outputs of the hidden linear layer.
    hidden: usize,
    /// Rows and columns of a kernel; padded by (kernel − 1) / 2.
    kernel: usize,
}

impl Default for TwoConv {
    fn default() -> Self {
        Self { filters: [2, 4], hidden: 16, kernel: 3 }
    }
}

impl Architecture for TwoConv {
    fn layers(&self, _input: Shape, classes: usize) -> Vec<Layer> {
        let [first, second] = self.filters;
        vec![
            conv("conv1", first, self.kernel, PadWith::Zero),
            relu("relu1"),
            PoolKind::Max.layer("pool1"),
            conv("conv2", second, self.kernel, PadWith::Zero),
            relu("relu2"),
            PoolKind::Max.layer("pool2"),
            Layer::new("flatten", Op::Flatten),
            linear("fc1", self.hidden),
            relu("relu3"),
            linear("fc2", classes),
        ]
    }

    fn describe(&self) -> String {
        let Self { filters: [first, second], hidden, kernel } = self;
        format!(
            "2 convolutions of {first} and {second} filters {kernel}×{kernel}, each with max \
             pooling, 2 linear layers with {hidden} hidden units"
        )
    }
}
