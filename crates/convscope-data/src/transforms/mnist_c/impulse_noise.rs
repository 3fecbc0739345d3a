//! Salt and pepper.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{SOURCE, Scratch, Severity, Transform, View, entry, grey, unit};
use crate::transforms::scratch::sized;

pub(in crate::transforms) const ENTRY: Entry<dyn Transform> = entry::<ImpulseNoise>(
    "mnist-c-impulse-noise",
    "makes some pixels white and as many black",
    SOURCE,
);

/// Each pixel with probability c; it is then white or black with equal chances.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct ImpulseNoise {
    /// Hits 3, 6, 9, 17 or 27 % of the pixels.
    severity: Severity,
}

impl Default for ImpulseNoise {
    fn default() -> Self {
        Self { severity: Severity(4) }
    }
}

impl Transform for ImpulseNoise {
    fn check(&self) -> Result<(), SettingError> {
        Ok(())
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        grey(of)
    }

    fn apply(&self, image: View<'_>, seed: Seed, scratch: &mut Scratch, to: &mut Vec<f32>) {
        let share = self.severity.of([0.03, 0.06, 0.09, 0.17, 0.27]);
        let bits = sized(&mut scratch.bits, 2 * image.pixels().len());
        seed.stream().fill(bits);
        let most = (share * 4_294_967_296.0) as u32;
        to.clear();
        to.extend(image.pixels().iter().zip(bits.as_chunks::<2>().0).map(
            |(pixel, [hit, salt])| match (*hit < most, salt >> 31) {
                (false, _) => unit(f64::from(*pixel)),
                (true, 0) => 0.0,
                (true, _) => 1.0,
            },
        ));
    }
}
