//! Smaller images.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::map::mapped;
use super::{SOURCE, Scratch, Severity, Transform, View, entry, grey};

pub(in crate::transforms) const ENTRY: Entry<dyn Transform> =
    entry::<Scale>("mnist-c-scale", "makes what an image shows smaller", SOURCE);

/// (x, y) comes from (x, y) / s.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Scale {
    /// Leaves 0.9, 0.8, 0.7, 0.6 or 0.5 of the size.
    severity: Severity,
}

impl Default for Scale {
    fn default() -> Self {
        Self { severity: Severity(3) }
    }
}

impl Transform for Scale {
    fn check(&self) -> Result<(), SettingError> {
        Ok(())
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        grey(of)
    }

    fn apply(&self, image: View<'_>, _: Seed, _: &mut Scratch, to: &mut Vec<f32>) {
        scaled(image, self.severity.of([0.9, 0.8, 0.7, 0.6, 0.5]), to);
    }
}

fn scaled(image: View<'_>, size: f64, to: &mut Vec<f32>) {
    mapped(image, [1.0 / size, 0.0, 0.0, 0.0, 1.0 / size, 0.0], to);
}

#[cfg(test)]
mod tests {
    use crate::transforms::golden;

    #[test]
    fn smaller_images_equal_those_of_scikit_image() {
        let count = golden::mnist_c("scale", |image, case, _, to| {
            super::scaled(image, case.number("size"), to);
        });
        assert_eq!(count, 4);
    }
}
