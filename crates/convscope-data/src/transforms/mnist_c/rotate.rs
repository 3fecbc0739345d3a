//! Turned images.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::map::mapped;
use super::{SOURCE, Scratch, Severity, Transform, View, entry, grey};

pub(in crate::transforms) const ENTRY: Entry<dyn Transform> =
    entry::<Rotate>("mnist-c-rotate", "turns an image to the left or to the right", SOURCE);

/// An angle to either side with equal chances, about the centre of the pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Rotate {
    /// Turns by 0.2, 0.4, 0.6, 0.8 or 1 radian.
    severity: Severity,
}

impl Default for Rotate {
    fn default() -> Self {
        Self { severity: Severity(2) }
    }
}

impl Transform for Rotate {
    fn check(&self) -> Result<(), SettingError> {
        Ok(())
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        grey(of)
    }

    fn apply(&self, image: View<'_>, seed: Seed, _: &mut Scratch, to: &mut Vec<f32>) {
        let angle = self.severity.of([0.2, 0.4, 0.6, 0.8, 1.0]);
        let side = if seed.stream().below(2) == 0 { -1.0 } else { 1.0 };
        turned(image, side * angle, to);
    }
}

fn turned(image: View<'_>, angle: f64, to: &mut Vec<f32>) {
    let (sine, cosine) = (libm::sin(angle), libm::cos(angle));
    mapped(image, [cosine, -sine, 0.0, sine, cosine, 0.0], to);
}

#[cfg(test)]
mod tests {
    use crate::transforms::golden;

    #[test]
    fn turned_images_equal_those_of_scikit_image() {
        let count = golden::mnist_c("rotate", |image, case, _, to| {
            super::turned(image, case.number("angle"), to);
        });
        assert_eq!(count, 4);
    }
}
