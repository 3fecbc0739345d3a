//! A dotted stroke.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::line::add_line;
use super::{SOURCE, Scratch, Transform, View, entry, grey, unit};

pub(in crate::transforms) const ENTRY: Entry<dyn Transform> =
    entry::<DottedLine>("mnist-c-dotted-line", "draws a dotted line across an image", SOURCE);

/// From the first column to the last, between two rows drawn evenly from all but the last; two columns in
/// four have ink. There is but one severity.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct DottedLine {}

impl Transform for DottedLine {
    fn check(&self) -> Result<(), SettingError> {
        Ok(())
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        grey(of)
    }

    fn apply(&self, image: View<'_>, seed: Seed, _: &mut Scratch, to: &mut Vec<f32>) {
        let mut draws = seed.stream();
        let mut row = || draws.below(image.shape().height as u64 - 1) as f64;
        drawn(image, [row(), row()], to);
    }
}

fn drawn(image: View<'_>, [first, last]: [f64; 2], to: &mut Vec<f32>) {
    let width = image.shape().width;
    to.clear();
    to.extend(image.pixels().iter().map(|pixel| unit(f64::from(*pixel))));
    let end = [width as f64 - 1.0, last];
    add_line(to, width, [0.0, first], end, |column| column / 2 % 2 == 1);
}

#[cfg(test)]
mod tests {
    use crate::transforms::golden;

    #[test]
    fn dotted_images_equal_those_of_numpy() {
        let count = golden::mnist_c("dotted-line", |image, case, _, to| {
            super::drawn(image, case.read("rows"), to);
        });
        assert_eq!(count, 4);
    }
}
