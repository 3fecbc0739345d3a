//! Images seen from the side.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape, Stream};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scratch::sized;
use super::settings::{PerChannel, probability};
use super::warp::{Interpolation, in_pixels, warped};
use super::{Scratch, Transform, View, entry};

pub(super) const ENTRY: Entry<dyn Transform> = entry::<Perspective>(
    "perspective",
    "moves the four corners of an image inwards, each by itself",
    "torchvision 0.29, transforms.v2.RandomPerspective",
);

/// Each corner moves by whole pixels, 0 to ⌊distortion · ⌊side / 2⌋⌋ on either axis, with equal
/// chances, as in torchvision's `RandomPerspective`.
///
/// Corners that lie on one line, which distortions near 1 can give, are drawn again; torchvision's
/// result is then undefined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Perspective {
    /// How far corners move, as a share of half a side.
    distortion: f64,
    /// With what probability an image is changed at all.
    p: f64,
    /// How a value between pixels is found.
    interpolation: Interpolation,
    /// What comes from outside: a number, or one for each channel.
    fill: PerChannel,
}

impl Default for Perspective {
    fn default() -> Self {
        Self {
            distortion: 0.5,
            p: 0.5,
            interpolation: Interpolation::Bilinear,
            fill: PerChannel::All(0.0),
        }
    }
}

/// x and y of the four corners: top left, top right, bottom right, bottom left.
type Corners = [[f64; 2]; 4];

impl Perspective {
    /// Draws where the corners go, if the image is changed.
    fn drawn(&self, shape: Shape, draws: &mut Stream) -> Option<[f32; 8]> {
        if draws.uniform() >= self.p {
            return None;
        }
        loop {
            if let Some(map) = coefficients(shape, self.corners(shape, draws)) {
                return Some(map);
            }
        }
    }

    fn corners(&self, shape: Shape, draws: &mut Stream) -> Corners {
        let mut inwards = |side: usize| {
            let most = (self.distortion * (side / 2) as f64) as u64;
            draws.below(most + 1) as f64
        };
        let [right, bottom] = [shape.width as f64 - 1.0, shape.height as f64 - 1.0];
        [[false, false], [true, false], [true, true], [false, true]].map(|[at_right, at_bottom]| {
            let (x, y) = (inwards(shape.width), inwards(shape.height));
            [if at_right { right - x } else { x }, if at_bottom { bottom - y } else { y }]
        })
    }
}

impl Transform for Perspective {
    fn check(&self) -> Result<(), SettingError> {
        probability("p", self.p)?;
        if !(0.0..=1.0).contains(&self.distortion) {
            let message = format!("a share in 0..1 is wanted; came {}", self.distortion);
            return Err(SettingError::at("distortion", message));
        }
        self.fill.check("fill")
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        self.fill.fits("fill", of.channels)?;
        if of.height < 2 || of.width < 2 {
            let message =
                format!("images of at least 2×2 pixels have four corners; these are {of}");
            return Err(SettingError::at("", message));
        }
        Ok(of)
    }

    fn apply(&self, image: View<'_>, seed: Seed, scratch: &mut Scratch, to: &mut Vec<f32>) {
        let Some(map) = self.drawn(image.shape(), &mut seed.stream()) else {
            to.clear();
            return to.extend_from_slice(image.pixels());
        };
        places(map, image.shape(), scratch);
        warped(image, scratch, self.interpolation, &self.fill, to);
    }
}

/// Returns (a … h) such that the pixel at (x, y) comes from ((a x + b y + c) / (g x + h y + 1),
/// (d x + e y + f) / (g x + h y + 1)), where `corners` come from those of the image; none if three
/// lie on a line.
fn coefficients(shape: Shape, corners: Corners) -> Option<[f32; 8]> {
    // The corners are whole numbers, so what lies on a line is exactly 0.
    let on_a_line =
        |[[x, y], [u, v], [p, q]]: [[f64; 2]; 3]| (u - x) * (q - y) - (p - x) * (v - y) == 0.0;
    let [first, second, third, fourth] = corners;
    let threes = [
        [first, second, third],
        [first, second, fourth],
        [first, third, fourth],
        [second, third, fourth],
    ];
    if threes.into_iter().any(on_a_line) {
        return None;
    }
    let [right, bottom] = [shape.width as f64 - 1.0, shape.height as f64 - 1.0];
    let from = [[0.0, 0.0], [right, 0.0], [right, bottom], [0.0, bottom]];
    let mut rows = [[0.0; 9]; 8];
    for (corner, ([x, y], [u, v])) in corners.into_iter().zip(from).enumerate() {
        rows[2 * corner] = [x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u];
        rows[2 * corner + 1] = [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v];
    }
    solved(rows).map(|solution| solution.map(|entry| entry as f32))
}

/// Solves eight equations by elimination with row pivots; none if they do not say enough.
fn solved(mut rows: [[f64; 9]; 8]) -> Option<[f64; 8]> {
    for place in 0..8 {
        let largest =
            |a: &usize, b: &usize| rows[*a][place].abs().total_cmp(&rows[*b][place].abs());
        let pivot = (place..8).max_by(largest)?;
        rows.swap(place, pivot);
        let top = rows[place];
        if top[place].abs() < 1e-9 {
            return None;
        }
        for row in rows.iter_mut().enumerate().filter(|(at, _)| *at != place).map(|(_, row)| row) {
            let factor = row[place] / top[place];
            row.iter_mut().zip(top).for_each(|(entry, of_top)| *entry -= factor * of_top);
        }
    }
    Some(std::array::from_fn(|place| rows[place][8] / rows[place][place]))
}

/// Writes where each pixel comes from, in the 32-bit steps of torchvision's grid.
fn places(map: [f32; 8], shape: Shape, scratch: &mut Scratch) {
    let Shape { height, width, .. } = shape;
    let [a, b, c, d, e, f, g, h] = map;
    let of_columns = [a, b, c].map(|entry| entry / (0.5 * width as f32));
    let of_rows = [d, e, f].map(|entry| entry / (0.5 * height as f32));
    let columns = sized(&mut scratch.columns, height * width).chunks_exact_mut(width);
    let rows = sized(&mut scratch.rows, height * width).chunks_exact_mut(width);
    for (row, (columns, rows)) in columns.zip(rows).enumerate() {
        let y = row as f32 + 0.5;
        for (column, (from_column, from_row)) in columns.iter_mut().zip(rows).enumerate() {
            let x = column as f32 + 0.5;
            let sum = |[p, q, r]: [f32; 3]| x * p + y * q + r;
            let below = sum([g, h, 1.0]);
            *from_column = in_pixels(sum(of_columns) / below - 1.0, width);
            *from_row = in_pixels(sum(of_rows) / below - 1.0, height);
        }
    }
}

#[cfg(test)]
mod tests {
    use convscope_core::Shape;

    use crate::transforms::golden;
    use crate::transforms::warp::warped;

    #[test]
    fn perspectives_equal_those_of_torchvision() {
        let count = golden::compared("perspective", |image, case, scratch, to| {
            let map = super::coefficients(image.shape(), case.read("corners")).unwrap();
            super::places(map, image.shape(), scratch);
            warped(image, scratch, case.how(), &case.fill(), to);
        });
        assert_eq!(count, 12);
    }

    #[test]
    fn corners_on_a_line_say_nothing() {
        let line = [[3.0, 3.0], [5.0, 3.0], [8.0, 3.0], [0.0, 9.0]];
        assert_eq!(super::coefficients(Shape::image(1, 10, 10), line), None);
    }
}
