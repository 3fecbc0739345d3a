//! Normal noise on every pixel.

use convscope_core::draws::normals;
use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scratch::sized;
use super::settings::{Clip, finite, not_negative};
use super::{Scratch, Transform, View, entry};

pub(super) const ENTRY: Entry<dyn Transform> = entry::<GaussianNoise>(
    "gaussian-noise",
    "adds independent normal noise to every pixel",
    "torchvision 0.29, transforms.v2.GaussianNoise",
);

/// pixel + mean + sigma · N(0, 1), then clipped, as torchvision's `GaussianNoise`.
///
/// torchvision clips to 0..1 also where images lie elsewhere, and so does the default here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct GaussianNoise {
    /// The mean of the noise.
    mean: f64,
    /// The standard deviation of the noise.
    sigma: f64,
    /// What results are clipped to: two numbers, or `none`.
    clip: Clip,
}

impl Default for GaussianNoise {
    fn default() -> Self {
        Self { mean: 0.0, sigma: 0.1, clip: Clip::UNIT }
    }
}

impl Transform for GaussianNoise {
    fn check(&self) -> Result<(), SettingError> {
        finite("mean", self.mean)?;
        not_negative("sigma", self.sigma)?;
        self.clip.check("clip")
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        Ok(of)
    }

    fn apply(&self, image: View<'_>, seed: Seed, scratch: &mut Scratch, to: &mut Vec<f32>) {
        let (mean, sigma) = (self.mean as f32, self.sigma as f32);
        normals(seed, &mut scratch.bits, sized(to, image.shape().len()));
        for (value, pixel) in to.iter_mut().zip(image.pixels()) {
            *value = pixel + (mean + *value * sigma);
        }
        self.clip.apply(to);
    }
}
