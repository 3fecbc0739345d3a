//! Rotation by splines, as `scipy.ndimage.rotate` of version 1.17 with `reshape=False` and
//! `mode="constant"` does it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::canvas::Canvas;

/// The pole of the cubic B-spline filter, √3 − 2 (Unser, Aldroubi, Eden 1993).
const POLE: f64 = -0.267_949_192_431_122_7;
/// (1 − pole)(1 − 1 / pole): makes the filter keep a constant.
const GAIN: f64 = 6.0;

/// An angle, as its cosine and sine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    cosine: f64,
    sine: f64,
}

/// Turns by 30, 45, 120 and 135 degrees.
pub(super) const TURNS: [Turn; 4] = [
    Turn { cosine: HALF_SQRT_3, sine: 0.5 },
    Turn { cosine: HALF_SQRT_2, sine: HALF_SQRT_2 },
    Turn { cosine: -0.5, sine: HALF_SQRT_3 },
    Turn { cosine: -HALF_SQRT_2, sine: HALF_SQRT_2 },
];

const HALF_SQRT_2: f64 = std::f64::consts::FRAC_1_SQRT_2;
const HALF_SQRT_3: f64 = 0.866_025_403_784_438_6;

/// The order of the interpolating spline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub(super) enum SplineOrder {
    /// Straight between pixels: never beyond them.
    Linear,
    /// Smooth, and beyond the pixels beside a jump.
    Cubic,
}

impl Canvas {
    /// Turns the image about its centre; what comes from outside has the value `fill`. Needs at least
    /// two rows: an edge has no place in fewer.
    pub(super) fn rotated(&self, turn: Turn, order: SplineOrder, fill: f64) -> Self {
        let Turn { cosine, sine } = turn;
        let coefficients = order.coefficients(self);
        let last = (self.side() - 1) as f64;
        let centre = last / 2.0;
        let offset_row = centre - (cosine * centre + sine * centre);
        let offset_column = centre - (-sine * centre + cosine * centre);
        Self::from_fn(self.side(), |row, column| {
            let (row, column) = (row as f64, column as f64);
            let from_row = cosine * row + sine * column + offset_row;
            let from_column = -sine * row + cosine * column + offset_column;
            if (0.0..=last).contains(&from_row) && (0.0..=last).contains(&from_column) {
                order.between(&coefficients, from_row, from_column)
            } else {
                fill
            }
        })
    }
}

impl SplineOrder {
    /// Finds the numbers whose spline runs through the pixels.
    fn coefficients(self, image: &Canvas) -> Cow<'_, Canvas> {
        match self {
            Self::Linear => Cow::Borrowed(image),
            Self::Cubic => Cow::Owned(filtered_across(&filtered_across(image))),
        }
    }

    fn between(self, coefficients: &Canvas, row: f64, column: f64) -> f64 {
        let side = coefficients.side();
        let (rows, row_weights) = self.taps(row, side);
        let (columns, column_weights) = self.taps(column, side);
        let mut sum = 0.0;
        for (row, row_weight) in rows.into_iter().zip(row_weights) {
            let line = &coefficients.values()[row * side..][..side];
            for (column, column_weight) in columns.into_iter().zip(column_weights) {
                sum += line[column] * row_weight * column_weight;
            }
        }
        sum
    }

    /// Returns the four pixels around a place, mirrored at the border, and their weights.
    fn taps(self, place: f64, side: usize) -> ([usize; 4], [f64; 4]) {
        let first = place.floor() as isize - 1;
        let places = [0, 1, 2, 3].map(|step| mirrored(first + step, side));
        let right = place - place.floor();
        let left = 1.0 - right;
        let weights = match self {
            Self::Linear => [0.0, left, right, 0.0],
            Self::Cubic => {
                let near =
                    |distance: f64| (distance * distance * (distance - 2.0) * 3.0 + 4.0) / 6.0;
                let far = |distance: f64| distance * distance * distance / 6.0;
                [far(left), near(right), near(left), far(right)]
            }
        };
        (places, weights)
    }
}

/// Filters every row and swaps rows with columns: twice, and both are filtered.
fn filtered_across(image: &Canvas) -> Canvas {
    let side = image.side();
    let mut rows = image.clone();
    rows.values_mut().chunks_exact_mut(side).for_each(filter);
    Canvas::from_fn(side, |row, column| rows.values()[column * side + row])
}

/// Turns the pixels of a line, mirrored at both ends, into coefficients of a cubic spline.
fn filter(line: &mut [f64]) {
    let last = line.len() - 1;
    for value in line.iter_mut() {
        *value *= GAIN;
    }
    let (mut sum, mut power) = (0.0, 1.0);
    for place in 0..2 * last {
        sum += power * line[mirrored(place as isize, line.len())];
        power *= POLE;
    }
    line[0] = sum / (1.0 - power);
    for place in 1..=last {
        line[place] += POLE * line[place - 1];
    }
    line[last] = (POLE * line[last - 1] + line[last]) * POLE / (POLE * POLE - 1.0);
    for place in (0..last).rev() {
        line[place] = POLE * (line[place + 1] - line[place]);
    }
}

/// Folds a place back into `0..length`, the pixels at the ends not repeated.
fn mirrored(place: isize, length: usize) -> usize {
    let period = 2 * (length - 1);
    let folded = place.rem_euclid(period as isize) as usize;
    folded.min(period - folded)
}

impl TryFrom<u64> for SplineOrder {
    type Error = String;

    fn try_from(order: u64) -> Result<Self, String> {
        match order {
            1 => Ok(Self::Linear),
            3 => Ok(Self::Cubic),
            _ => Err(format!("splines are of order 1 (linear) or 3 (cubic); came {order}")),
        }
    }
}

impl From<SplineOrder> for u64 {
    fn from(order: SplineOrder) -> Self {
        match order {
            SplineOrder::Linear => 1,
            SplineOrder::Cubic => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::{Canvas, SplineOrder, TURNS};
    use crate::sources::edges::canvas::OutOfRange;

    const GOLDEN: &str =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../golden/rotation.json"));
    const ANGLES: [u32; 4] = [30, 45, 120, 135];

    #[derive(Deserialize)]
    struct Golden {
        images: Vec<Image>,
    }

    #[derive(Deserialize)]
    struct Image {
        side: usize,
        fill: f64,
        pixels: Vec<f64>,
        rotations: Vec<Rotation>,
    }

    #[derive(Deserialize)]
    struct Rotation {
        angle: u32,
        order: SplineOrder,
        values: Vec<f64>,
        saturate: String,
        wrap: String,
    }

    // values = rotate(pixels, angle, reshape=False, order=order, mode="constant", cval=fill)
    // saturate = clip(trunc(255 * values), 0, 255); wrap = trunc(255 * values) % 256
    #[test]
    fn rotations_equal_those_of_scipy() {
        let golden: Golden = serde_json::from_str(GOLDEN).unwrap();
        let mut compared = 0;
        for image in &golden.images {
            let side = image.side;
            let canvas = Canvas::from_fn(side, |row, column| image.pixels[row * side + column]);
            for rotation in &image.rotations {
                let turn = ANGLES.iter().position(|angle| *angle == rotation.angle).unwrap();
                let rotated = canvas.rotated(TURNS[turn], rotation.order, image.fill);
                assert_eq!(rotated.values().len(), rotation.values.len());
                for (here, there) in rotated.values().iter().zip(&rotation.values) {
                    assert!((here - there).abs() < 1e-10, "{}: {here} {there}", rotation.angle);
                }
                assert!(rotated.levels(OutOfRange::Saturate).eq(bytes(&rotation.saturate)));
                assert!(rotated.levels(OutOfRange::Wrap).eq(bytes(&rotation.wrap)));
                compared += 1;
            }
        }
        assert_eq!(compared, 4 * ANGLES.len() * 2, "four images, four angles, two orders");
    }

    fn bytes(hexadecimal: &str) -> impl Iterator<Item = u8> {
        let places = (0..hexadecimal.len()).step_by(2);
        places.map(|place| u8::from_str_radix(&hexadecimal[place..place + 2], 16).unwrap())
    }
}
