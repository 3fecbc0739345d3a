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
    let (left, right) = halves(column, width);
    let (top, bottom) = halves(row, height);
    let pixel = |row: Half, column: Half| match (row.pixel, column.pixel) {
        (Some(y), Some(x)) => {
            let weight = row.weight * column.weight;
            (plane[y * width + x] * weight, weight)
        }
        _ => (0.0, 0.0),
    };
    let corners = [pixel(top, left), pixel(top, right), pixel(bottom, left), pixel(bottom, right)];
    corners.into_iter().fold((0.0, 0.0), |(v, w), (value, weight)| (v + value, w + weight))
}

/// One of the two pixels around a place on one axis.
#[derive(Debug, Clone, Copy)]
struct Half {
    pixel: Option<usize>,
    weight: f32,
}

fn halves(place: f32, length: usize) -> (Half, Half) {
    let place = near(place, length);
    let cut = place as i32;
    let below = cut - i32::from((cut as f32) > place);
    let above = place - below as f32;
    let on = |pixel: i32| usize::try_from(pixel).ok().filter(|pixel| *pixel < length);
    (Half { pixel: on(below), weight: 1.0 - above }, Half { pixel: on(below + 1), weight: above })
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
