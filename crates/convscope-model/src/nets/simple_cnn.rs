//! Two convolutions with a pooling between them: simple-cnn and its two variants.

use convscope_core::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Architecture, EDGE_STUDY, PoolKind, conv, entry, linear, relu};
use crate::Shape;
use crate::layer::{Layer, Op, PadWith};

pub(super) const SIMPLE_CNN: Entry<dyn Architecture> = entry::<SimpleCnn>(
    "simple-cnn",
    "Two convolutions of three filters, pooled between, averaged, one linear layer.",
    EDGE_STUDY,
);

pub(super) const SIMPLE_CNN_AVERAGE: Entry<dyn Architecture> = entry::<SimpleCnnAverage>(
    "simple-cnn-average",
    "The simple CNN with average in the place of max pooling.",
    EDGE_STUDY,
);

pub(super) const WIDER_CNN: Entry<dyn Architecture> =
    entry::<WiderCnn>("wider-cnn", "The simple CNN with six filters.", EDGE_STUDY);

/// conv1 → relu → 2×2 pool → conv2 → relu → mean of each channel → fc.
///
/// The source's class defaults to kernels of 2, but everything that it trains has 7: so here. With
/// 7×7 kernels, gray images and 3 classes it has 606 parameters.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct SimpleCnn {
    /// Rows and columns of a kernel; padded by (kernel − 1) / 2.
    kernel: usize,
    /// Output channels of both convolutions.
    filters: usize,
    /// What stands outside the image.
    pad_with: PadWith,
    /// How windows of 2×2 become one value between the convolutions.
    pool: PoolKind,
}

impl Default for SimpleCnn {
    fn default() -> Self {
        Self { kernel: 7, filters: 3, pad_with: PadWith::Reflect, pool: PoolKind::Max }
    }
}

impl Architecture for SimpleCnn {
    fn layers(&self, _input: Shape, classes: usize) -> Vec<Layer> {
        vec![
            conv("conv1", self.filters, self.kernel, self.pad_with),
            relu("relu1"),
            self.pool.layer("pool"),
            conv("conv2", self.filters, self.kernel, self.pad_with),
            relu("relu2"),
            Layer::new("gap", Op::GlobalAveragePool),
            linear("fc", classes),
        ]
    }

    fn describe(&self) -> String {
        let Self { kernel, filters, pad_with, pool } = self;
        format!(
            "2 convolutions of {filters} filters {kernel}×{kernel}, {pad_with} padding, {} \
             pooling between, channel means, 1 linear layer",
            pool.name()
        )
    }
}

/// [`SimpleCnn`] with average pooling, under the name that the source gives it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct SimpleCnnAverage {
    /// Rows and columns of a kernel; padded by (kernel − 1) / 2.
    kernel: usize,
    /// Output channels of both convolutions.
    filters: usize,
    /// What stands outside the image.
    pad_with: PadWith,
}

impl Default for SimpleCnnAverage {
    fn default() -> Self {
        Self { kernel: 7, filters: 3, pad_with: PadWith::Reflect }
    }
}

impl SimpleCnnAverage {
    fn spelt_out(&self) -> SimpleCnn {
        let Self { kernel, filters, pad_with } = *self;
        SimpleCnn { kernel, filters, pad_with, pool: PoolKind::Average }
    }
}

impl Architecture for SimpleCnnAverage {
    fn layers(&self, input: Shape, classes: usize) -> Vec<Layer> {
        self.spelt_out().layers(input, classes)
    }

    fn describe(&self) -> String {
        self.spelt_out().describe()
    }
}

/// [`SimpleCnn`] with six filters by default.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct WiderCnn {
    /// Rows and columns of a kernel; padded by (kernel − 1) / 2.
    kernel: usize,
    /// Output channels of both convolutions.
    filters: usize,
    /// What stands outside the image.
    pad_with: PadWith,
}

impl Default for WiderCnn {
    fn default() -> Self {
        Self { kernel: 7, filters: 6, pad_with: PadWith::Reflect }
    }
}

impl WiderCnn {
    fn spelt_out(&self) -> SimpleCnn {
        let Self { kernel, filters, pad_with } = *self;
        SimpleCnn { kernel, filters, pad_with, pool: PoolKind::Max }
    }
}

impl Architecture for WiderCnn {
    fn layers(&self, input: Shape, classes: usize) -> Vec<Layer> {
        self.spelt_out().layers(input, classes)
    }

    fn describe(&self) -> String {
        self.spelt_out().describe()
    }
}
