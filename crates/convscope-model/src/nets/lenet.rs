//! The classic nets that small-image studies start from.

use convscope_core::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Architecture, PoolKind, conv_with, entry, linear, relu};
use crate::Shape;
use crate::layer::{Conv, Layer, Op};

pub(super) const ENTRY: Entry<dyn Architecture> = entry::<LeNet5>(
    "lenet-5",
    "Two 5×5 convolutions with pools and three linear layers, with ReLU as it is used today.",
    "LeCun, Bottou, Bengio, Haffner 1998, doi:10.1109/5.726791",
);

/// conv1 → relu → pool → conv2 → relu → pool → flatten → fc1 → relu → fc2 → relu → fc3.
///
/// With 10 classes it has 44,426 parameters on gray images of 28×28 and 62,006 on coloured ones of 32×32.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct LeNet5 {
    /// How windows of 2×2 become one value.
    pool: PoolKind,
    /// Rows and columns added on each side before the first convolution; 2 makes 28 pixels 32.
    padding: usize,
}

impl Default for LeNet5 {
    fn default() -> Self {
        Self { pool: PoolKind::Max, padding: 0 }
    }
}

impl Architecture for LeNet5 {
    fn layers(&self, _input: Shape, classes: usize) -> Vec<Layer> {
        let five = |filters, padding| Conv { filters, kernel: 5, padding, ..Conv::default() };
        vec![
            conv_with("conv1", five(6, self.padding)),
            relu("relu1"),
            self.pool.layer("pool1"),
            conv_with("conv2", five(16, 0)),
            relu("relu2"),
            self.pool.layer("pool2"),
            Layer::new("flatten", Op::Flatten),
            linear("fc1", 120),
            relu("relu3"),
            linear("fc2", 84),
            relu("relu4"),
            linear("fc3", classes),
        ]
    }

    fn describe(&self) -> String {
        format!(
            "2 convolutions of 6 and 16 filters 5×5, each with {} pooling, 3 linear layers with \
             120 and 84 hidden units",
            self.pool.name()
        )
    }
}
