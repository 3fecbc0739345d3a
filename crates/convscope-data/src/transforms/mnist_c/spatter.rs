//! Mud on the lens.

use convscope_core::draws::normals;
use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::smooth::smooth;
use super::{SOURCE, Scratch, Severity, Transform, View, entry, grey, unit};
use crate::transforms::pad::Mode;
use crate::transforms::scratch::sized;

pub(in crate::transforms) const ENTRY: Entry<dyn Transform> =
    entry::<Spatter>("mnist-c-spatter", "covers parts of an image with drops of mud", SOURCE);

/// Normal noise is blurred, what of it lies above a threshold becomes drops with soft borders, and a
/// drop of thickness m ≥ 0.8 makes a pixel (1 − m) · pixel + m · 63 / 255.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Spatter {
    /// Sets mean and deviation of the noise, its blur, the threshold, and the blur of drops: 0.65, 0.3, 4, 0.69, 0.6; 0.65, 0.3, 3, 0.68, 0.6; 0.65, 0.3, 2, 0.68, 0.5; 0.65, 0.3, 1, 0.65, 1.5; or 0.67, 0.4, 1, 0.65, 1.5.
    severity: Severity,
}

impl Default for Spatter {
    fn default() -> Self {
        Self { severity: Severity(4) }
    }
}

impl Transform for Spatter {
    fn check(&self) -> Result<(), SettingError> {
        Ok(())
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        grey(of)
    }

    fn apply(&self, image: View<'_>, seed: Seed, scratch: &mut Scratch, to: &mut Vec<f32>) {
        let noise = sized(&mut scratch.plane, image.pixels().len());
        normals(seed, &mut scratch.bits, noise);
        self.spattered(image, scratch, to);
    }
}

const MUD: f64 = 63.0 / 255.0;

impl Spatter {
    /// Covers an image with drops from the noise of mean 0 and variance 1 in `scratch.plane`.
    fn spattered(&self, image: View<'_>, scratch: &mut Scratch, to: &mut Vec<f32>) {
        let (mean, deviation, sigma, threshold, soft) = self.severity.of([
            (0.65, 0.3, 4.0, 0.69, 0.6),
            (0.65, 0.3, 3.0, 0.68, 0.6),
            (0.65, 0.3, 2.0, 0.68, 0.5),
            (0.65, 0.3, 1.0, 0.65, 1.5),
            (0.67, 0.4, 1.0, 0.65, 1.5),
        ]);
        let width = image.shape().width;
        let [liquid, held, _] = &mut scratch.wide;
        liquid.clear();
        liquid.extend(scratch.plane.iter().map(|noise| mean + deviation * f64::from(*noise)));
        smooth(liquid, width, [sigma; 2], Mode::Edge, held);
        for drop in liquid.iter_mut() {
            *drop = f64::from(*drop > threshold);
        }
        smooth(liquid, width, [soft; 2], Mode::Edge, held);
        to.clear();
        to.extend(image.pixels().iter().zip(liquid).map(|(pixel, drop)| {
            let mud = if *drop < 0.8 { 0.0 } else { *drop };
            unit(f64::from(*pixel) * (1.0 - mud) + MUD * mud)
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::{Severity, Spatter};
    use crate::transforms::golden;

    #[test]
    fn mud_equals_that_of_scipy() {
        let count = golden::mnist_c("spatter", |image, case, scratch, to| {
            let numbers = golden::formula(case.read("first"), image.pixels().len());
            scratch.plane = numbers.map(|number| (number * 4.0 - 2.0) as f32).collect();
            Spatter { severity: Severity(case.read("severity")) }.spattered(image, scratch, to);
        });
        assert_eq!(count, 5);
    }
}
