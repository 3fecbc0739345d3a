//! Two wide convolutions without pooling.

use convscope_core::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Architecture, EDGE_STUDY, conv, entry, linear, relu};
use crate::Shape;
use crate::layer::{Layer, Op, PadWith};

pub(super) const ENTRY: Entry<dyn Architecture> = entry::<ThreeLayerCnn>(
    "three-layer-cnn",
    "Two convolutions of 64 and 128 filters, averaged, one linear layer; defined but unused there.",
    EDGE_STUDY,
);

/// conv1 → relu → conv2 (twice the filters) → relu → mean of each channel → fc1.
///
/// The source's class declares a pooling layer, and its comment a hidden linear layer, but neither
/// takes part in what it computes. With 7×7 kernels, gray images and 4 classes: 405,252 parameters.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct ThreeLayerCnn {
    /// Rows and columns of a kernel; padded by (kernel − 1) / 2.
    kernel: usize,
    /// Output channels of the first convolution; the second has twice as many.
    filters: usize,
    /// What stands outside the image.
    pad_with: PadWith,
}

impl Default for ThreeLayerCnn {
    fn default() -> Self {
        Self { kernel: 7, filters: 64, pad_with: PadWith::Zero }
    }
}

impl ThreeLayerCnn {
    fn wider(&self) -> usize {
        self.filters.saturating_mul(2)
    }
}

impl Architecture for ThreeLayerCnn {
    fn layers(&self, _input: Shape, classes: usize) -> Vec<Layer> {
        vec![
            conv("conv1", self.filters, self.kernel, self.pad_with),
            relu("relu1"),
            conv("conv2", self.wider(), self.kernel, self.pad_with),
            relu("relu2"),
            Layer::new("gap", Op::GlobalAveragePool),
            linear("fc1", classes),
        ]
    }

    fn describe(&self) -> String {
        let Self { kernel, filters, pad_with } = self;
        format!(
            "2 convolutions of {filters} and {} filters {kernel}×{kernel}, {pad_with} padding, no \
             pooling, channel means, 1 linear layer",
            self.wider()
        )
    }
}
