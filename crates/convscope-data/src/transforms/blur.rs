//! Gaussian filters, one axis after the other.

use super::pad::Mode;
use super::scratch::sized;

/// Writes the `taps` weights of a Gaussian filter: exp(−x² / 2σ²) at whole x, their sum 1.
pub(super) fn gaussian(taps: usize, sigma: f64, to: &mut Vec<f32>) {
    let middle = (taps as f64 - 1.0) / 2.0;
    let weight = |tap: usize| {
        let x = (tap as f64 - middle) / sigma;
        libm::exp(-0.5 * x * x)
    };
    let sum: f64 = (0..taps).map(weight).sum();
    to.clear();
    to.extend((0..taps).map(|tap| (weight(tap) / sum) as f32));
}

/// Filters a plane along its rows, then along its columns, into `to`; the count of taps is odd.
///
/// `passed` and `line` are memory for what lies between.
pub(super) fn filtered(
    plane: &[f32],
    width: usize,
    taps: [&[f32]; 2],
    beyond: Mode,
    (passed, line): (&mut Vec<f32>, &mut Vec<f32>),
    to: &mut [f32],
) {
    let height = plane.len() / width;
    let [across, down] = taps;
    let passed = sized(passed, plane.len());
    let reach = across.len() / 2;
    let line = sized(line, width + 2 * reach);
    for (row, out) in plane.chunks_exact(width).zip(passed.chunks_exact_mut(width)) {
        line[reach..reach + width].copy_from_slice(row);
        for at in 1..=reach {
            let value = |place: isize| beyond.folded(place, width).map_or(0.0, |at| row[at]);
            line[reach - at] = value(-(at as isize));
            line[reach + width + at - 1] = value((width + at - 1) as isize);
        }
        out.fill(0.0);
        for (tap, weight) in across.iter().enumerate() {
            add_times(out, &line[tap..], *weight);
        }
    }
    let reach = down.len() / 2;
    for (row, out) in to.chunks_exact_mut(width).enumerate() {
        out.fill(0.0);
        for (tap, weight) in down.iter().enumerate() {
            if let Some(from) = beyond.folded((row + tap) as isize - reach as isize, height) {
                add_times(out, &passed[from * width..], *weight);
            }
        }
    }
}

fn add_times(to: &mut [f32], from: &[f32], weight: f32) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += weight * from;
    }
}
