//! Images read at places between their pixels, as `torch.nn.functional.grid_sample` does it with
//! `align_corners=False` and zeros beyond the border.

use convscope_core::Shape;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scratch::sized;
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
    scratch: &mut Scratch,
    how: Interpolation,
    fill: &PerChannel,
    to: &mut Vec<f32>,
) {
    let Scratch { columns, rows, plane: bordered, .. } = scratch;
    match how {
        Interpolation::Nearest => to_nearest(image, columns, rows, fill, to),
        Interpolation::Bilinear => between(image, columns, rows, fill, bordered, to),
    }
}

/// Goes from −1..1, the borders of the image, to pixels.
pub(super) fn in_pixels(place: f32, length: usize) -> f32 {
    ((place + 1.0) * length as f32 - 1.0) * 0.5
}

fn to_nearest(
    image: View<'_>,
    columns: &[f32],
    rows: &[f32],
    fill: &PerChannel,
    to: &mut Vec<f32>,
) {
    let Shape { height, width, .. } = image.shape();
    to.clear();
    for (channel, plane) in image.planes().enumerate() {
        let fill = fill.of(channel);
        to.extend(columns.iter().zip(rows).map(|(column, row)| {
            let (column, row) = (nearest(*column, width), nearest(*row, height));
            column.zip(row).map_or(fill, |(column, row)| plane[row * width + column])
        }));
    }
}

/// Returns the nearest of so many pixels, if the place is nearest to one.
fn nearest(place: f32, length: usize) -> Option<usize> {
    /// Added and taken away again, it leaves a whole number, the even one of two.
    const ROUNDS: f32 = 12_582_912.0;
    let whole = (near(place, length) + ROUNDS) - ROUNDS;
    (whole >= 0.0 && whole < length as f32).then_some(whole as usize)
}

/// Places that are looked up side by side.
const LANES: usize = 16;
/// Pixels around the image, so that the four around any place can be read.
const BORDER: usize = 2;

fn between(
    image: View<'_>,
    columns: &[f32],
    rows: &[f32],
    fill: &PerChannel,
    bordered: &mut Vec<f32>,
    to: &mut Vec<f32>,
) {
    let Shape { channels, height, width } = image.shape();
    let (stride, count) = (width + 2 * BORDER, columns.len());
    let area = (height + 2 * BORDER) * stride;
    let bordered = sized(bordered, channels * area);
    bordered.fill(0.0);
    for (plane, bordered) in image.planes().zip(bordered.chunks_exact_mut(area)) {
        let inner = bordered[BORDER * stride..].chunks_exact_mut(stride);
        for (row, inner) in plane.chunks_exact(width).zip(inner) {
            inner[BORDER..BORDER + width].copy_from_slice(row);
        }
    }
    let to = sized(to, channels * count);
    for first in (0..count).step_by(LANES) {
        let lanes = LANES.min(count - first);
        let across = Cells::of(&columns[first..first + lanes], width);
        let down = Cells::of(&rows[first..first + lanes], height);
        for channel in 0..channels {
            let fill = fill.of(channel);
            let plane = &bordered[channel * area..][..area];
            let to = &mut to[channel * count + first..][..lanes];
            for (lane, to) in to.iter_mut().enumerate() {
                let corner = down.before[lane] as usize * stride + across.before[lane] as usize;
                let pixels = &plane[corner..corner + stride + 2];
                let (right, below) = (across.beyond[lane], down.beyond[lane]);
                let upper = pixels[0] * (1.0 - right) + pixels[1] * right;
                let lower = pixels[stride] * (1.0 - right) + pixels[stride + 1] * right;
                let value = upper * (1.0 - below) + lower * below;
                *to = (value - fill) * (across.inside[lane] * down.inside[lane]) + fill;
            }
        }
    }
}

/// Where places lie among the pixels of an axis.
struct Cells {
    /// The pixel before, counted in the image with its border.
    before: [u32; LANES],
    /// How far beyond it, in 0..1.
    beyond: [f32; LANES],
    /// The weight of those of the two pixels around that exist.
    inside: [f32; LANES],
}

impl Cells {
    fn of(places: &[f32], length: usize) -> Self {
        let mut near_places = [0.0; LANES];
        near_places[..places.len()].copy_from_slice(places);
        let mut cells = Self { before: [0; LANES], beyond: [0.0; LANES], inside: [0.0; LANES] };
        let last = length as f32 - 1.0;
        for (lane, place) in near_places.into_iter().enumerate() {
            let place = near(place, length);
            // Above 0 a cut is a floor.
            let before = (place + BORDER as f32) as i32;
            let pixel = (before - BORDER as i32) as f32;
            let beyond = place - pixel;
            let first = if pixel >= 0.0 && pixel <= last { 1.0 - beyond } else { 0.0 };
            let second = if pixel >= -1.0 && pixel < last { beyond } else { 0.0 };
            cells.before[lane] = before as u32;
            cells.beyond[lane] = beyond;
            cells.inside[lane] = first + second;
        }
        cells
    }
}

/// Brings a place that is far from the image, or no number, to where it has no pixel of it beside it.
fn near(place: f32, length: usize) -> f32 {
    // Unlike `clamp`, `max` takes the number where one of two is none.
    place.max(-(BORDER as f32)).min(length as f32)
}
