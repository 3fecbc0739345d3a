//! Blur.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::blur::{Passes, filtered, gaussian};
use super::pad::Mode;
use super::settings::ordered;
use super::{Scratch, Transform, View, entry};

pub(super) const ENTRY: Entry<dyn Transform> = entry::<GaussianBlur>(
    "gaussian-blur",
    "blurs with a Gaussian of random width",
    "torchvision 0.29, transforms.v2.GaussianBlur",
);

/// One σ for both axes, drawn evenly; the image is mirrored at its outermost pixels.
///
/// As torchvision's `GaussianBlur`, which has no default size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct GaussianBlur {
    /// Taps on each axis, an odd number.
    kernel: u32,
    /// The lowest and the highest σ, in pixels.
    sigma: [f64; 2],
}

impl Default for GaussianBlur {
    fn default() -> Self {
        Self { kernel: 5, sigma: [0.1, 2.0] }
    }
}

impl Transform for GaussianBlur {
    fn check(&self) -> Result<(), SettingError> {
        if self.kernel.is_multiple_of(2) {
            let message = format!("an odd number of taps is wanted; came {}", self.kernel);
            return Err(SettingError::at("kernel", message));
        }
        ordered("sigma", self.sigma)?;
        if self.sigma[0] as f32 <= 0.0 {
            let message = format!("widths above 0 are wanted; came {}", self.sigma[0]);
            return Err(SettingError::at("sigma", message));
        }
        Ok(())
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        can_be_mirrored("kernel", self.kernel as usize, of)?;
        Ok(of)
    }

    fn apply(&self, image: View<'_>, seed: Seed, scratch: &mut Scratch, to: &mut Vec<f32>) {
        let sigma = seed.stream().uniform_in(self.sigma[0], self.sigma[1]);
        blurred(image, self.kernel as usize, sigma, scratch, to);
    }
}

/// Blurs every channel with as many taps on both axes.
fn blurred(image: View<'_>, taps: usize, sigma: f64, scratch: &mut Scratch, to: &mut Vec<f32>) {
    let Shape { height, width, .. } = image.shape();
    let Scratch { planes, matrix, taps: [weights, _], .. } = scratch;
    gaussian(taps, sigma, weights);
    to.resize(image.shape().len(), 0.0);
    for (plane, to) in image.planes().zip(to.chunks_exact_mut(height * width)) {
        let memory = Passes { matrix, planes };
        filtered(plane, width, [weights, weights], Mode::Reflect, memory, to);
    }
}

/// Refuses filters that reach beyond the mirror image.
pub(super) fn can_be_mirrored(key: &str, taps: usize, of: Shape) -> Result<(), SettingError> {
    let shorter = of.height.min(of.width);
    if taps / 2 < shorter {
        return Ok(());
    }
    let message = format!(
        "a filter of {taps} taps needs images of at least {} rows and columns; these are {of}",
        taps / 2 + 1
    );
    Err(SettingError::at(key, message))
}

#[cfg(test)]
mod tests {
    use crate::transforms::golden;

    #[test]
    fn blurred_images_equal_those_of_torchvision() {
        let count = golden::compared("gaussian-blur", |image, case, scratch, to| {
            super::blurred(image, case.read("kernel"), case.number("sigma"), scratch, to);
        });
        assert_eq!(count, 10);
    }
}
