//! More light.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{SOURCE, Scratch, Severity, Transform, View, entry, grey, unit};

pub(in crate::transforms) const ENTRY: Entry<dyn Transform> = entry::<Brightness>(
    "mnist-c-brightness",
    "makes all pixels brighter by the same amount",
    SOURCE,
);

/// The value in hue, saturation and value goes up, which for grey is the pixel itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Brightness {
    /// Adds 0.1, 0.2, 0.3, 0.4 or 0.5.
    severity: Severity,
}

impl Default for Brightness {
    fn default() -> Self {
        Self { severity: Severity(5) }
    }
}

impl Transform for Brightness {
    fn check(&self) -> Result<(), SettingError> {
        Ok(())
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        grey(of)
    }

    fn apply(&self, image: View<'_>, _: Seed, _: &mut Scratch, to: &mut Vec<f32>) {
        let more = self.severity.of([0.1, 0.2, 0.3, 0.4, 0.5]);
        to.clear();
        to.extend(image.pixels().iter().map(|pixel| unit(f64::from(*pixel) + more)));
    }
}

#[cfg(test)]
mod tests {
    use convscope_core::Seed;

    use super::{Brightness, Severity};
    use crate::transforms::{Transform, golden};

    #[test]
    fn bright_images_equal_those_of_scikit_image() {
        let count = golden::mnist_c("brightness", |image, case, scratch, to| {
            let severity = Severity(case.read("severity"));
            Brightness { severity }.apply(image, Seed::root(1), scratch, to);
        });
        assert_eq!(count, 4);
    }
}
