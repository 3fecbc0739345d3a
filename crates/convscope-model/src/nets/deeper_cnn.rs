//! Four convolutions with one pooling.

use convscope_core::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Architecture, EDGE_STUDY, conv, entry, linear, relu};
use crate::Shape;
use crate::layer::{Layer, Op, PadWith, Pool};

pub(super) const ENTRY: Entry<dyn Architecture> = entry::<DeeperCnn>(
    "deeper-cnn",
    "Four convolutions of three filters, pooled after the second, averaged, one linear layer.",
    EDGE_STUDY,
);

/// conv1 → relu → conv2 → relu → 2×2 max pool → conv3 → relu → conv4 → relu → mean of each
/// channel → fc1.
///
/// With 7×7 kernels, gray images and 5 classes it has 1,502 parameters.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct DeeperCnn {
    /// Rows and columns of a kernel; padded by (kernel − 1) / 2.
    kernel: usize,
    /// Output channels of every convolution.
    filters: usize,
    /// What stands outside the image.
    pad_with: PadWith,
}

impl Default for DeeperCnn {
    fn default() -> Self {
        Self { kernel: 7, filters: 3, pad_with: PadWith::Reflect }
    }
}

impl Architecture for DeeperCnn {
    fn layers(&self, _input: Shape, classes: usize) -> Vec<Layer> {
        let conv = |name| conv(name, self.filters, self.kernel, self.pad_with);
        vec![
            conv("conv1"),
            relu("relu1"),
            conv("conv2"),
            relu("relu2"),
            Layer::new("pool", Op::MaxPool(Pool::default())),
            conv("conv3"),
            relu("relu3"),
            conv("conv4"),
            relu("relu4"),
            Layer::new("gap", Op::GlobalAveragePool),
            linear("fc1", classes),
        ]
    }

    fn describe(&self) -> String {
        let Self { kernel, filters, pad_with } = self;
        format!(
            "4 convolutions of {filters} filters {kernel}×{kernel}, {pad_with} padding, max \
             pooling after the second, channel means, 1 linear layer"
        )
    }
}
