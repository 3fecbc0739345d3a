//! Angles between convolutional layers after the best shift and rotation of channels.

use convscope_core::{Entry, SettingError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Change, Laws, Measure, SHAPE, distance, entry, wanted};
use crate::{Estimate, Pair, Refusal, shifts};

pub(super) const ENTRY: Entry<dyn Measure> = entry::<ShiftProcrustes>(
    "shift-procrustes",
    "The angle between convolutional layers after the best cyclic shift and rotation of channels.",
    "Williams, Kunz, Kornblith and Linderman 2021, arXiv:2110.14739",
);

/// The angular shape distance of convolutional layers.
///
/// ```text
/// arccos(max over shifts t of ‖Σ_{i,u} x_i(u) y_i(u + t)ᵀ‖_* / (‖X‖ ‖Y‖))
/// ```
///
/// Samples and places u are both samples here, channels are units and are centred over all of
/// them; the one rotation of channels is the same at every place, and shifts t are cyclic in both
/// directions. Units come as channel × height × width, the order of a flattened image. It asks
/// more of two layers than `angular-shape` on flattened maps, whose rotation may mix places. With
/// height = width = 1 the two are one.
///
/// By the convolution theorem all shifts cost one product a frequency, n·p·c in all, instead of one
/// product a shift; then height · width singular values of c × c.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct ShiftProcrustes {
    /// The height of both layers' maps.
    height: usize,
    /// The width of both layers' maps.
    width: usize,
}

impl Default for ShiftProcrustes {
    fn default() -> Self {
        Self { height: 1, width: 1 }
    }
}

impl Measure for ShiftProcrustes {
    fn laws(&self) -> Laws {
        let flat = self.height * self.width == 1;
        distance(if flat { SHAPE } else { &[Change::Scale, Change::SampleOrder] })
    }

    fn estimator(&self) -> String {
        format!("angle in radians, best of {} cyclic shifts", self.height * self.width)
    }

    fn check(&self) -> Result<(), SettingError> {
        wanted(self.height > 0, "height", "at least 1 row", self.height)?;
        wanted(self.width > 0, "width", "at least 1 column", self.width)
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        let places = self.height * self.width;
        for layer in [pair.x, pair.y] {
            if !layer.units().is_multiple_of(places) {
                let (units, h, w) = (layer.units(), self.height, self.width);
                let message = format!("{units} units are no whole number of {h} × {w} maps");
                return Err(Refusal::Setting(message));
            }
        }
        shifts::best_angle(pair, self.height, self.width).map(Estimate::of)
    }
}
