//! Images of a moving camera.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{SOURCE, Scratch, Severity, Transform, View, entry, grey, unit};

pub(in crate::transforms) const ENTRY: Entry<dyn Transform> =
    entry::<MotionBlur>("mnist-c-motion-blur", "blurs along a line of random direction", SOURCE);

/// A pixel is the weighted mean of those along a line from it, with the weights of half a Gaussian; the
/// direction is drawn evenly from −45 to 45 degrees, below the horizontal where it is above 0.
///
/// The authors call `ImageMagick`, whose `MotionBlurImage` this follows: 2r + 1 taps of weight
/// exp(−i² / 2σ²), tap i at ⌈i cos a − ½⌉ columns and ⌈i sin a − ½⌉ rows, the outermost pixels going on
/// beyond the border. `ImageMagick` rounds the result to 8 bits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct MotionBlur {
    /// Sets r and σ: 10, 3; 15, 5; 15, 8; 15, 12; or 20, 15.
    severity: Severity,
}

impl Default for MotionBlur {
    fn default() -> Self {
        Self { severity: Severity(1) }
    }
}

impl Transform for MotionBlur {
    fn check(&self) -> Result<(), SettingError> {
        Ok(())
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        grey(of)
    }

    fn apply(&self, image: View<'_>, seed: Seed, scratch: &mut Scratch, to: &mut Vec<f32>) {
        let angle = seed.stream().uniform_in(-45.0, 45.0);
        let (radius, sigma) =
            self.severity.of([(10, 3.0), (15, 5.0), (15, 8.0), (15, 12.0), (20, 15.0)]);
        moved(image, radius, sigma, angle, scratch, to);
    }
}

fn moved(
    image: View<'_>,
    radius: usize,
    sigma: f64,
    degrees: f64,
    scratch: &mut Scratch,
    to: &mut Vec<f32>,
) {
    let Shape { height, width, .. } = image.shape();
    let angle = degrees.to_radians();
    let direction = [libm::cos(angle), libm::sin(angle)];
    let taps = 2 * radius + 1;
    let [sums, ..] = &mut scratch.wide;
    sums.clear();
    sums.resize(height * width, 0.0);
    let mut weights = 0.0;
    for tap in 0..taps {
        let distance = tap as f64;
        let weight = libm::exp(-distance * distance / (2.0 * sigma * sigma));
        weights += weight;
        let [right, down] = direction.map(|share| libm::ceil(distance * share - 0.5) as isize);
        for (row, sums) in sums.chunks_exact_mut(width).enumerate() {
            let row = moved_within(row, down, height);
            let pixels = &image.pixels()[row * width..][..width];
            for (column, sum) in sums.iter_mut().enumerate() {
                *sum += weight * f64::from(pixels[moved_within(column, right, width)]);
            }
        }
    }
    to.clear();
    to.extend(sums.iter().map(|sum| unit(sum / weights)));
}

/// Moves a place, but not beyond the first or last of so many.
fn moved_within(place: usize, by: isize, length: usize) -> usize {
    (place as isize + by).clamp(0, length as isize - 1) as usize
}

#[cfg(test)]
mod tests {
    use crate::transforms::golden;

    #[test]
    fn blurred_images_equal_those_of_numpy() {
        let count = golden::mnist_c("motion-blur", |image, case, scratch, to| {
            let (radius, sigma) = (case.read("radius"), case.number("sigma"));
            super::moved(image, radius, sigma, case.number("angle"), scratch, to);
        });
        assert_eq!(count, 6);
    }
}
