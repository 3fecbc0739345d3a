//! Fog.

use convscope_core::draws::uniforms;
use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::plasma::plasma;
use super::{SOURCE, Scratch, Severity, Transform, View, entry, grey, unit};
use crate::transforms::scratch::sized;

pub(in crate::transforms) const ENTRY: Entry<dyn Transform> =
    entry::<Fog>("mnist-c-fog", "lays fog over an image", SOURCE);

/// (pixel + c · cloud) · m / (m + c), clipped to 0..1, where m is the brightest pixel of the image and the
/// cloud a part of a random landscape that goes from 0 to 1.
///
/// The landscape has 256 × 256 heights, or the next power of 2 that holds the image; the cloud is its
/// upper left corner, so it seldom reaches 0 or 1 itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Fog {
    /// Sets c and how fast finer hills get lower: 1.5, 2; 2, 2; 2.5, 1.7; 2.5, 1.5; or 3, 1.4.
    severity: Severity,
}

impl Default for Fog {
    fn default() -> Self {
        Self { severity: Severity(5) }
    }
}

impl Transform for Fog {
    fn check(&self) -> Result<(), SettingError> {
        Ok(())
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        grey(of)
    }

    fn apply(&self, image: View<'_>, seed: Seed, scratch: &mut Scratch, to: &mut Vec<f32>) {
        let side = side(image.shape());
        uniforms(seed, &mut scratch.bits, sized(&mut scratch.planes[0], side * side));
        self.laid(image, side, scratch, to);
    }
}

impl Fog {
    /// Lays fog from the random numbers in `scratch.planes[0]`.
    fn laid(&self, image: View<'_>, side: usize, scratch: &mut Scratch, to: &mut Vec<f32>) {
        let (density, decay) =
            self.severity.of([(1.5, 2.0), (2.0, 2.0), (2.5, 1.7), (2.5, 1.5), (3.0, 1.4)]);
        let (lowest, highest) = plasma(side, decay, &scratch.planes[0], &mut scratch.plane);
        let brightest = image.pixels().iter().fold(0.0_f32, |most, pixel| most.max(*pixel));
        let share = f64::from(brightest) / (f64::from(brightest) + density);
        let width = image.shape().width;
        to.clear();
        for (pixels, heights) in
            image.pixels().chunks_exact(width).zip(scratch.plane.chunks_exact(side))
        {
            to.extend(pixels.iter().zip(heights).map(|(pixel, height)| {
                let cloud = f64::from(height - lowest) / f64::from(highest - lowest);
                unit((f64::from(*pixel) + density * cloud) * share)
            }));
        }
    }
}

fn side(of: Shape) -> usize {
    of.height.max(of.width).next_power_of_two().max(256)
}

#[cfg(test)]
mod tests {
    use super::{Fog, Severity, side};
    use crate::transforms::golden;

    #[test]
    fn fog_equals_that_of_numpy() {
        let count = golden::mnist_c("fog", |image, case, scratch, to| {
            let side = side(image.shape());
            let numbers = golden::formula(case.read("first"), side * side - 1);
            scratch.planes[0] = numbers.map(|number| number as f32).collect();
            Fog { severity: Severity(case.read("severity")) }.laid(image, side, scratch, to);
        });
        assert_eq!(count, 5);
    }
}
