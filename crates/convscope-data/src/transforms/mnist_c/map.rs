//! Linear maps about the centre, as scikit-image's `warp` reads them.

use convscope_core::Shape;

use crate::transforms::View;

/// Writes the image whose pixel (x, y), counted from the centre, comes from
/// (a x + b y + c, d x + e y + f); in between straight, and black outside.
pub(super) fn mapped(image: View<'_>, [a, b, c, d, e, f]: [f64; 6], to: &mut Vec<f32>) {
    let Shape { height, width, .. } = image.shape();
    let centre = [width, height].map(|side| (side as f64 - 1.0) / 2.0);
    let pixel = |row: i64, column: i64| {
        let inside = (0..height as i64).contains(&row) && (0..width as i64).contains(&column);
        if inside { f64::from(image.pixels()[row as usize * width + column as usize]) } else { 0.0 }
    };
    to.clear();
    for row in 0..height {
        let y = row as f64 - centre[1];
        to.extend((0..width).map(|column| {
            let x = column as f64 - centre[0];
            let from_x = (a * x + b * y + c + centre[0]).clamp(-2.0, width as f64 + 1.0);
            let from_y = (d * x + e * y + f + centre[1]).clamp(-2.0, height as f64 + 1.0);
            let (left, top) = (floor(from_x), floor(from_y));
            let (right, down) = (from_x - left as f64, from_y - top as f64);
            let between = |row| (1.0 - right) * pixel(row, left) + right * pixel(row, left + 1);
            super::unit((1.0 - down) * between(top) + down * between(top + 1))
        }));
    }
}

fn floor(place: f64) -> i64 {
    let cut = place as i64;
    cut - i64::from(cut as f64 > place)
}
