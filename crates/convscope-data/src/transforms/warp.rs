//! Images read at places between their pixels, as `torch.nn.functional.grid_sample` does it with
//! `align_corners=False` and zeros beyond the border.

use convscope_core::Shape;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::PerChannel;
use super::{Scratch, View};

/// How a value between pixels is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Interpolation {
    /// The nearest pixel; half-way the one of even number.
    Nearest,
    /// The four pixels around, weighted by nearness.
    Bilinear,
}

/// Writes the image whose pixels are found at `scratch.columns` and `scratch.rows`.
///
/// As torchvision, which also samples a mask of ones: where a share m of the four weights lies on the
/// image and v is what they sum to, the result is m · (v − fill) + fill. So the image fades towards
/// `fill` twice at its border, once in v and once by m.
pub(super) fn warped(
    image: View<'_>,
    scratch: &Scratch,
    how: Interpolation,
    fill: &PerChannel,
    to: &mut Vec<f32>,
) {
    let Shape { height, width, .. } = image.shape();
    to.clear();
    for (channel, plane) in image.planes().enumerate() {
        let places = scratch.columns.iter().zip(&scratch.rows);
        let fill = fill.of(channel);
        match how {
            Interpolation::Nearest => to.extend(places.map(|(column, row)| {
                let (column, row) = (nearest(*column, width), nearest(*row, height));
                column.zip(row).map_or(fill, |(column, row)| plane[row * width + column])
            })),
            Interpolation::Bilinear => to.extend(places.map(|(column, row)| {
                let (value, inside) = between(plane, height, width, *column, *row);
                (value - fill) * inside + fill
            })),
        }
    }
}

/// Returns the nearest of so many pixels, if the place is nearest to one.
fn nearest(place: f32, length: usize) -> Option<usize> {
    /// Added and taken away again, it leaves a whole number, the even one of two.
    const ROUNDS: f32 = 12_582_912.0;
    let whole = (near(place, length) + ROUNDS) - ROUNDS;
    (whole >= 0.0 && whole < length as f32).then_some(whole as usize)
}

/// Returns the weighted sum of the four pixels around a place, and the weight of those that exist.
fn between(plane: &[f32], height: usize, width: usize, column: f32, row: f32) -> (f32, f32) {
    let (x, right) = cell(column, width);
    let (y, bottom) = cell(row, height);
    let (left, top) = (1.0 - right, 1.0 - bottom);
    let weights = [top * left, top * right, bottom * left, bottom * right];
    if x >= 0 && y >= 0 && (x as usize) + 1 < width && (y as usize) + 1 < height {
        let above = &plane[y as usize * width + x as usize..][..width + 2];
        let corners = [above[0], above[1], above[width], above[width + 1]];
        let [a, b, c, d] = std::array::from_fn(|corner| corners[corner] * weights[corner]);
        return (a + b + c + d, weights[0] + weights[1] + weights[2] + weights[3]);
    }
    let (mut value, mut inside) = (0.0, 0.0);
    for (corner, weight) in weights.into_iter().enumerate() {
        let (row, column) = (y + corner as i32 / 2, x + corner as i32 % 2);
        let exists = |at: i32, length: usize| at >= 0 && (at as usize) < length;
        if exists(row, height) && exists(column, width) {
            value += plane[row as usize * width + column as usize] * weight;
            inside += weight;
        }
    }
    (value, inside)
}

/// Returns the pixel before a place and how far beyond it the place lies.
fn cell(place: f32, length: usize) -> (i32, f32) {
    let place = near(place, length);
    let cut = place as i32;
    let below = cut - i32::from((cut as f32) > place);
    (below, place - below as f32)
}

/// Brings a place that is far from the image, or no number, to just outside.
fn near(place: f32, length: usize) -> f32 {
    // Unlike `clamp`, `max` takes the number where one of two is none.
    place.max(-2.0).min(length as f32 + 1.0)
}

/// Goes from −1..1, the borders of the image, to pixels.
pub(super) fn in_pixels(place: f32, length: usize) -> f32 {
    ((place + 1.0) * length as f32 - 1.0) * 0.5
}
