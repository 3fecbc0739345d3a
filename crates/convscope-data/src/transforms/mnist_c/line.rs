//! A soft straight stroke.

/// Adds to an image the stroke from column `c0`, row `r0` to column `c1`, row `r1`, clipped to 0..1.
///
/// A pixel at d rows from the line, counted straight up or down, gets 1 + log(1 − d / 2.3), no less
/// than 0; columns before ⌊c0⌋ and from ⌈c1⌉ on get nothing.
pub(super) fn add_line(
    pixels: &mut [f32],
    width: usize,
    [c0, r0]: [f64; 2],
    [c1, r1]: [f64; 2],
    covers: impl Fn(usize) -> bool,
) {
    if c1 <= c0 {
        return;
    }
    let slope = (r1 - r0) / (c1 - c0);
    let columns = libm::floor(c0).max(0.0) as usize..(libm::ceil(c1).max(0.0) as usize).min(width);
    for (row, pixels) in pixels.chunks_exact_mut(width).enumerate() {
        for column in columns.clone().filter(|column| covers(*column)) {
            let distance = (row as f64 - (slope * (column as f64 - c0) + r0)).abs();
            if distance < FADES {
                let ink = (libm::log(1.0 - distance / FADES) + 1.0).clamp(0.0, 1.0);
                pixels[column] = super::unit(f64::from(pixels[column]) + ink);
            }
        }
    }
}

/// At this distance the logarithm has no value.
const FADES: f64 = 2.3 - 1e-10;
