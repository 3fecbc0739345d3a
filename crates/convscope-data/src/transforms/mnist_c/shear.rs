//! Leaning images.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::map::mapped;
use super::{SOURCE, Scratch, Severity, Transform, View, entry, grey};

pub(in crate::transforms) const ENTRY: Entry<dyn Transform> =
    entry::<Shear>("mnist-c-shear", "lets an image lean to the left or to the right", SOURCE);

/// A lean of c to either side with equal chances: (x, y) comes from (x − y sin c, y cos c).
///
/// So scikit-image defined its shear when the data set was made; from 0.20 on it is another map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Shear {
    /// Leans by 0.2, 0.4, 0.6, 0.8 or 1 radian.
    severity: Severity,
}

impl Default for Shear {
    fn default() -> Self {
        Self { severity: Severity(2) }
    }
}

impl Transform for Shear {
    fn check(&self) -> Result<(), SettingError> {
        Ok(())
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        grey(of)
    }

    fn apply(&self, image: View<'_>, seed: Seed, _: &mut Scratch, to: &mut Vec<f32>) {
        let lean = self.severity.of([0.2, 0.4, 0.6, 0.8, 1.0]);
        let side = if seed.stream().below(2) == 0 { -1.0 } else { 1.0 };
        sheared(image, side * lean, to);
    }
}

fn sheared(image: View<'_>, lean: f64, to: &mut Vec<f32>) {
    mapped(image, [1.0, -libm::sin(lean), 0.0, 0.0, libm::cos(lean), 0.0], to);
}

#[cfg(test)]
mod tests {
    use crate::transforms::golden;

    #[test]
    fn leaning_images_equal_those_of_scikit_image() {
        let count = golden::mnist_c("shear", |image, case, _, to| {
            super::sheared(image, case.number("lean"), to);
        });
        assert_eq!(count, 4);
    }
}
