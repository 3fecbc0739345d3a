//! Moved images.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::map::mapped;
use super::{SOURCE, Scratch, Severity, Transform, View, entry, grey};

pub(in crate::transforms) const ENTRY: Entry<dyn Transform> =
    entry::<Translate>("mnist-c-translate", "moves an image along both axes", SOURCE);

/// The same count of pixels along either axis, each to either side with equal chances.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Translate {
    /// Moves by 1, 2, 3, 4 or 5 pixels.
    severity: Severity,
}

impl Default for Translate {
    fn default() -> Self {
        Self { severity: Severity(3) }
    }
}

impl Transform for Translate {
    fn check(&self) -> Result<(), SettingError> {
        Ok(())
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        grey(of)
    }

    fn apply(&self, image: View<'_>, seed: Seed, _: &mut Scratch, to: &mut Vec<f32>) {
        let pixels = self.severity.of([1.0, 2.0, 3.0, 4.0, 5.0]);
        let mut draws = seed.stream();
        let mut side = || if draws.below(2) == 0 { -1.0 } else { 1.0 };
        translated(image, [side() * pixels, side() * pixels], to);
    }
}

/// Takes each pixel from so many columns to the right and rows further down.
fn translated(image: View<'_>, [right, down]: [f64; 2], to: &mut Vec<f32>) {
    mapped(image, [1.0, 0.0, right, 0.0, 1.0, down], to);
}

#[cfg(test)]
mod tests {
    use crate::transforms::golden;

    #[test]
    fn moved_images_equal_those_of_scikit_image() {
        let count = golden::mnist_c("translate", |image, case, _, to| {
            super::translated(image, case.read("moves"), to);
        });
        assert_eq!(count, 4);
    }
}
