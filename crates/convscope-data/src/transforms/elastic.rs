//! Images on a sheet of rubber.

use convscope_core::draws::uniforms;
use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::blur::{Passes, filtered, gaussian};
use super::gaussian_blur::can_be_mirrored;
use super::pad::Mode;
use super::scratch::sized;
use super::settings::{PerAxis, PerChannel, not_negative};
use super::warp::{Interpolation, in_pixels, warped};
use super::{Scratch, Transform, View, entry};

pub(super) const ENTRY: Entry<dyn Transform> = entry::<Elastic>(
    "elastic",
    "moves pixels by smooth random fields",
    "Simard, Steinkraus, Platt 2003; torchvision 0.29, transforms.v2.ElasticTransform",
);

/// Every pixel draws a move from −1..1 on either axis; both fields are blurred by σ and multiplied
/// by alpha / 2 pixels.
///
/// As torchvision's `ElasticTransform`: a filter of 8σ + 1 taps, one more if that is even, mirrored
/// at the outermost pixels. The default fill is 0: mid-grey after normalisation to −1..1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Elastic {
    /// How far pixels move: a number, or that along x and that along y.
    alpha: PerAxis,
    /// How smooth the moves are, in pixels: a number, or that along x and that along y; 0 leaves them
    /// rough.
    sigma: PerAxis,
    /// How a value between pixels is found.
    interpolation: Interpolation,
    /// What comes from outside: a number, or one for each channel.
    fill: PerChannel,
}

impl Default for Elastic {
    fn default() -> Self {
        Self {
            alpha: PerAxis::Both(50.0),
            sigma: PerAxis::Both(5.0),
            interpolation: Interpolation::Bilinear,
            fill: PerChannel::All(0.0),
        }
    }
}

impl Transform for Elastic {
    fn check(&self) -> Result<(), SettingError> {
        self.alpha.both().into_iter().try_for_each(|alpha| not_negative("alpha", alpha))?;
        self.sigma.both().into_iter().try_for_each(|sigma| not_negative("sigma", sigma))?;
        let [x, y] = self.sigma.both();
        if (x == 0.0) != (y == 0.0) {
            let message = format!("both widths or neither may be 0; came {x} and {y}");
            return Err(SettingError::at("sigma", message));
        }
        self.fill.check("fill")
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        self.fill.fits("fill", of.channels)?;
        for sigma in self.sigma.both() {
            can_be_mirrored("sigma", taps(sigma), of)?;
        }
        Ok(of)
    }

    fn apply(&self, image: View<'_>, seed: Seed, scratch: &mut Scratch, to: &mut Vec<f32>) {
        let rough = |axis: usize, bits: &mut Vec<u32>, to: &mut [f32]| {
            uniforms(seed.child(["x", "y"][axis]), bits, to);
        };
        self.stretched(image, rough, scratch, to);
    }
}

impl Elastic {
    /// Moves pixels by fields of which `rough` writes, for either axis, one number in 0..1 a pixel.
    fn stretched(
        &self,
        image: View<'_>,
        rough: impl Fn(usize, &mut Vec<u32>, &mut [f32]),
        scratch: &mut Scratch,
        to: &mut Vec<f32>,
    ) {
        let Shape { height, width, .. } = image.shape();
        let sigma = self.sigma.both();
        let Scratch { columns, rows, plane, planes, matrix, taps: weights, bits, .. } = scratch;
        for (axis, (moves, side)) in [(columns, width), (rows, height)].into_iter().enumerate() {
            let field = sized(plane, height * width);
            rough(axis, bits, field);
            for value in field.iter_mut() {
                *value = *value * 2.0 - 1.0;
            }
            let moves = sized(moves, height * width);
            let memory = Passes { matrix, planes };
            smoothed(field, width, taps(sigma[axis]), sigma, (weights, memory), moves);
            let alpha = self.alpha.both()[axis] as f32;
            for value in moves {
                *value = *value * alpha / side as f32;
            }
        }
        displaced(image, scratch, self.interpolation, &self.fill, to);
    }
}

/// Returns torchvision's count of taps for a width.
fn taps(sigma: f64) -> usize {
    (8.0 * sigma + 1.0) as usize | 1
}

/// Blurs a field with as many taps on both axes, by the width of either.
fn smoothed(
    rough: &[f32],
    width: usize,
    taps: usize,
    sigma: [f64; 2],
    (weights, memory): (&mut [Vec<f32>; 2], Passes<'_>),
    to: &mut [f32],
) {
    if sigma[0] == 0.0 {
        return to.copy_from_slice(rough);
    }
    for (weights, sigma) in weights.iter_mut().zip(sigma) {
        gaussian(taps, sigma, weights);
    }
    let [across, down] = weights;
    filtered(rough, width, [across, down], Mode::Reflect, memory, to);
}

/// Moves every pixel by what `scratch.columns` and `scratch.rows` hold, in halves of a side.
fn displaced(
    image: View<'_>,
    scratch: &mut Scratch,
    how: Interpolation,
    fill: &PerChannel,
    to: &mut Vec<f32>,
) {
    let Shape { height, width, .. } = image.shape();
    for (row, columns) in scratch.columns.chunks_exact_mut(width).enumerate() {
        let rows = &mut scratch.rows[row * width..][..width];
        for (column, (x, y)) in columns.iter_mut().zip(rows).enumerate() {
            *x = in_pixels(middle(column, width) + *x, width);
            *y = in_pixels(middle(row, height) + *y, height);
        }
    }
    warped(image, scratch, how, fill, to);
}

/// Returns where the middle of a pixel lies between −1 and 1, as `torch.linspace` counts from both
/// ends.
fn middle(pixel: usize, side: usize) -> f32 {
    let first = (1.0 - side as f64) / side as f64;
    let step = (-2.0 * first / (side as f64 - 1.0).max(1.0)) as f32;
    if pixel < side / 2 {
        first as f32 + step * pixel as f32
    } else {
        -first as f32 - step * (side - 1 - pixel) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::Elastic;
    use crate::transforms::golden;

    #[test]
    fn elastic_images_equal_those_of_torchvision() {
        let count = golden::compared("elastic", |image, case, scratch, to| {
            let elastic = Elastic {
                alpha: case.read("alpha"),
                sigma: case.read("sigma"),
                interpolation: case.how(),
                fill: case.fill(),
            };
            let first: [u32; 2] = case.read("first");
            let rough = |axis: usize, _: &mut Vec<u32>, to: &mut [f32]| {
                let numbers = golden::formula(first[axis], to.len());
                for (value, number) in to.iter_mut().zip(numbers) {
                    *value = number as f32;
                }
            };
            elastic.stretched(image, rough, scratch, to);
        });
        assert_eq!(count, 8);
    }
}
