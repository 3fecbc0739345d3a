//! A zigzag.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::line::add_line;
use super::{SOURCE, Scratch, Transform, View, entry, grey, unit};

pub(in crate::transforms) const ENTRY: Entry<dyn Transform> =
    entry::<Zigzag>("mnist-c-zigzag", "draws a zigzag line across an image", SOURCE);

/// From column 2 to the third last, between a row r drawn evenly from all but the last and one from r − 5
/// to r + 4; the line swings 2 pixels to either side, once every 4 pixels of its length. There is but
/// one severity.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Zigzag {}

impl Transform for Zigzag {
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
    let first = draws.below(height as u64 - 1) as f64;
    [first, first + draws.below(10) as f64 - 5.0]
}

/// Half the length of a swing, and how far it goes to the side.
const HALF: f64 = 2.0;
const SWING: f64 = 2.0;

fn drawn(image: View<'_>, [first, last]: [f64; 2], to: &mut Vec<f32>) {
    let width = image.shape().width;
    let start = [2.0, first];
    let columns = width as f64 - 5.0;
    let rise = last - first;
    let length = libm::sqrt(columns * columns + rise * rise);
    let (cosine, sine) = (columns / length, rise / length);
    // From along and beside the straight line to columns and rows.
    let placed = |[along, beside]: [f64; 2]| {
        [start[0] + along * cosine - beside * sine, start[1] + along * sine + beside * cosine]
    };
    to.clear();
    to.extend(image.pixels().iter().map(|pixel| unit(f64::from(*pixel))));
    let mut from = placed([0.0, 0.0]);
    let mut draw = |corner: [f64; 2]| {
        let at = placed(corner);
        add_line(to, width, from, at, |_| true);
        from = at;
    };
    let period = 2.0 * HALF;
    let swings = libm::floor((length - HALF) / period) as usize + 1;
    for swing in 0..swings {
        let side = if swing % 2 == 0 { SWING } else { -SWING };
        draw([(2 * swing + 1) as f64 * HALF, side]);
    }
    let left = length - period * libm::floor(length / period);
    if left > 0.0 {
        // The authors' formula for the last corner; close to a whole period it goes far to the side.
        let side = if swings % 2 == 1 { SWING } else { -SWING };
        draw([length, side / (2.0 * left)]);
    }
}

#[cfg(test)]
mod tests {
    use convscope_core::Seed;

    use crate::transforms::golden;

    /// Bounds are five standard errors.
    #[test]
    fn lines_begin_in_any_row_but_the_last_and_rise_or_fall_by_up_to_five() {
        let (mut begins, mut rises, n) = ([0; 27], [0; 10], 10_000);
        for number in 0..n {
            let [first, last] = super::rows(28, Seed::root(1).nth(number));
            begins[first as usize] += 1;
            rises[(last - first + 5.0) as usize] += 1;
        }
        for counts in [&begins[..], &rises[..]] {
            let share = 1.0 / counts.len() as f64;
            let error = (share * (1.0 - share) / n as f64).sqrt();
            let off = |count: &i32| (f64::from(*count) / n as f64 - share).abs();
            assert!(counts.iter().all(|count| off(count) < 5.0 * error), "{counts:?}");
        }
    }

    #[test]
    fn zigzag_images_equal_those_of_numpy() {
        let count = golden::mnist_c("zigzag", |image, case, _, to| {
            super::drawn(image, case.read("rows"), to);
        });
        assert_eq!(count, 6);
    }
}
