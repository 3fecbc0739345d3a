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
        drawn(image, rows(image.shape().height, seed), to);
    }
}

/// Draws the rows of both ends.
fn rows(height: usize, seed: Seed) -> [f64; 2] {
    let mut draws = seed.stream();
    let mut row = || draws.below(height as u64 - 1) as f64;
    [row(), row()]
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
    use convscope_core::Seed;

    use crate::transforms::golden;

    /// Bounds are five standard errors.
    #[test]
    fn lines_begin_and_end_in_any_row_but_the_last() {
        let (mut ends, n) = ([[0; 27]; 2], 10_000);
        for number in 0..n {
            let [first, last] = super::rows(28, Seed::root(1).nth(number));
            ends[0][first as usize] += 1;
            ends[1][last as usize] += 1;
        }
        let share = 1.0 / 27.0;
        let error = (share * (1.0 - share) / n as f64).sqrt();
        let off = |count: &i32| (f64::from(*count) / n as f64 - share).abs();
        assert!(ends.as_flattened().iter().all(|count| off(count) < 5.0 * error), "{ends:?}");
    }

    #[test]
    fn dotted_images_equal_those_of_numpy() {
        let count = golden::mnist_c("dotted-line", |image, case, _, to| {
            super::drawn(image, case.read("rows"), to);
        });
        assert_eq!(count, 4);
    }
}
