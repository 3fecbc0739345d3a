//! The noise of few photons.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{SOURCE, Scratch, Severity, Transform, View, entry, grey};
use crate::transforms::scratch::sized;

pub(in crate::transforms) const ENTRY: Entry<dyn Transform> =
    entry::<ShotNoise>("mnist-c-shot-noise", "replaces each pixel by a Poisson count", SOURCE);

/// Poisson(c · pixel) / c, clipped to 0..1, for c photons of a white pixel; a pixel below 0 counts as black.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct ShotNoise {
    /// Counts 60, 25, 12, 5 or 3 photons of a white pixel.
    severity: Severity,
}

impl Default for ShotNoise {
    fn default() -> Self {
        Self { severity: Severity(5) }
    }
}

impl Transform for ShotNoise {
    fn check(&self) -> Result<(), SettingError> {
        Ok(())
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        grey(of)
    }

    fn apply(&self, image: View<'_>, seed: Seed, scratch: &mut Scratch, to: &mut Vec<f32>) {
        let white = self.severity.of([60, 25, 12, 5, 3]);
        let bits = sized(&mut scratch.bits, 2 * image.pixels().len());
        seed.stream().fill(bits);
        let chances = bits.as_chunks::<2>().0.iter();
        to.clear();
        to.extend(image.pixels().iter().zip(chances).map(|(pixel, [high, low])| {
            let chance = (f64::from(*high) + f64::from(*low) / SPAN) / SPAN;
            counted(*pixel, white, chance)
        }));
    }
}

/// 2³², the count of numbers of 32 bits.
const SPAN: f64 = 4_294_967_296.0;

/// Returns the count at which the Poisson distribution reaches a chance, as a share of `white`.
fn counted(pixel: f32, white: u32, chance: f64) -> f32 {
    let mean = f64::from(pixel).max(0.0) * f64::from(white);
    if mean == 0.0 {
        return 0.0;
    }
    let mut term = libm::exp(-mean);
    let (mut sum, mut count) = (term, 0);
    // What lies above white is clipped to it.
    while chance > sum && count < white {
        count += 1;
        term *= mean / f64::from(count);
        sum += term;
    }
    (f64::from(count) / f64::from(white)) as f32
}

#[cfg(test)]
mod tests {
    use crate::transforms::golden;

    #[test]
    fn counts_equal_the_quantiles_of_scipy() {
        let count = golden::mnist_c("shot-noise", |image, case, _, to| {
            let chances = golden::formula(case.read("first"), image.pixels().len());
            let white = case.read("white");
            to.clear();
            let pixels = image.pixels().iter().zip(chances);
            to.extend(pixels.map(|(pixel, chance)| super::counted(*pixel, white, chance)));
        });
        assert_eq!(count, 5);
    }
}
