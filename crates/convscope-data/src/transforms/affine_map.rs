//! Maps that keep straight lines, as torchvision numbers their parameters.

use convscope_core::Shape;

use super::scratch::sized;
use super::{Scratch, warp::in_pixels};

/// Rotation, shear, scale and translation about the centre of an image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct AffineMap {
    /// Degrees; above 0 turns the image clockwise, rows counted downwards.
    pub(super) angle: f64,
    /// Pixels to the right and down.
    pub(super) translate: [f64; 2],
    /// How many times as large; above 0.
    pub(super) scale: f64,
    /// Degrees along the columns and along the rows.
    pub(super) shear: [f64; 2],
}

impl AffineMap {
    /// Turns alone, anticlockwise: torchvision's `rotate` counts against its `affine`.
    pub(super) fn rotation(degrees: f64) -> Self {
        Self { angle: -degrees, translate: [0.0; 2], scale: 1.0, shear: [0.0; 2] }
    }

    /// Returns (a, b, c, d, e, f): the pixel at (x, y), counted from the centre, comes from
    /// (a x + b y + c, d x + e y + f).
    ///
    /// The inverse of T(t) R(angle) S(scale) SHy(shear) SHx(shear).
    fn inverse(&self) -> [f64; 6] {
        let [angle, shear_x, shear_y] =
            [self.angle, self.shear[0], self.shear[1]].map(f64::to_radians);
        let a = libm::cos(angle - shear_y) / libm::cos(shear_y);
        let b = -(a * libm::tan(shear_x) + libm::sin(angle));
        let c = libm::sin(angle - shear_y) / libm::cos(shear_y);
        let d = libm::cos(angle) - c * libm::tan(shear_x);
        let [x, y] = self.translate;
        let [p, q, r, s] = [d, -b, -c, a].map(|entry| entry / self.scale);
        [p, q, -p * x - q * y, r, s, -r * x - s * y]
    }

    /// Writes where each pixel comes from, in the 32-bit steps of torchvision's grid.
    pub(super) fn places(&self, shape: Shape, scratch: &mut Scratch) {
        let Shape { height, width, .. } = shape;
        let inverse = self.inverse().map(|entry| entry as f32);
        let half = [0.5 * width as f32, 0.5 * height as f32];
        let of_columns = [0, 1, 2].map(|entry| inverse[entry] / half[0]);
        let of_rows = [3, 4, 5].map(|entry| inverse[entry] / half[1]);
        let columns = sized(&mut scratch.columns, height * width).chunks_exact_mut(width);
        let rows = sized(&mut scratch.rows, height * width).chunks_exact_mut(width);
        for (row, (columns, rows)) in columns.zip(rows).enumerate() {
            let y = row as f32 - (height as f32 - 1.0) * 0.5;
            for (column, (from_column, from_row)) in columns.iter_mut().zip(rows).enumerate() {
                let x = column as f32 - (width as f32 - 1.0) * 0.5;
                let place = |[p, q, r]: [f32; 3]| x * p + y * q + r;
                *from_column = in_pixels(place(of_columns), width);
                *from_row = in_pixels(place(of_rows), height);
            }
        }
    }
}
