//! Images in a mirror.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::probability;
use super::{Scratch, Transform, View, entry};

pub(super) const ENTRY: Entry<dyn Transform> = entry::<HorizontalFlip>(
    "horizontal-flip",
    "exchanges left and right in some images",
    "torchvision 0.29, transforms.v2.RandomHorizontalFlip",
);

/// Mirrors an image with probability `p`, as torchvision's `RandomHorizontalFlip`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct HorizontalFlip {
    /// With what probability an image is mirrored.
    p: f64,
}

impl Default for HorizontalFlip {
    fn default() -> Self {
        Self { p: 0.5 }
    }
}

impl Transform for HorizontalFlip {
    fn check(&self) -> Result<(), SettingError> {
        probability("p", self.p)
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        Ok(of)
    }

    fn apply(&self, image: View<'_>, seed: Seed, _: &mut Scratch, to: &mut Vec<f32>) {
        to.clear();
        to.extend_from_slice(image.pixels());
        if seed.stream().uniform() < self.p {
            to.chunks_exact_mut(image.shape().width).for_each(<[f32]>::reverse);
        }
    }
}

#[cfg(test)]
mod tests {
    use convscope_core::Seed;

    use super::HorizontalFlip;
    use crate::transforms::{Transform, golden};

    #[test]
    fn mirrored_images_equal_those_of_torchvision() {
        let count = golden::compared("horizontal-flip", |image, _, scratch, to| {
            HorizontalFlip { p: 1.0 }.apply(image, Seed::root(1), scratch, to);
        });
        assert_eq!(count, 2);
    }
}
