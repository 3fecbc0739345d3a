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
    let to = sized(to, taps);
    let mut sum = 0.0;
    for tap in 0..taps.div_ceil(2) {
        let weight = weight(tap);
        (to[tap], to[taps - 1 - tap]) = (weight as f32, weight as f32);
        sum += if tap == taps - 1 - tap { weight } else { 2.0 * weight };
    }
    for weight in to {
        *weight = (f64::from(*weight) / sum) as f32;
    }
}

/// Memory for filters: their weights by pixel, and planes between two passes.
pub(super) struct Passes<'a> {
    pub(super) matrix: &'a mut Vec<f32>,
    pub(super) planes: &'a mut [Vec<f32>; 2],
}

/// Columns that are filtered side by side.
const LANES: usize = 16;

/// Filters a plane along its rows, then along its columns; the count of taps is odd.
///
/// Both passes go down columns, the first one on the plane with rows and columns exchanged.
pub(super) fn filtered(
    plane: &[f32],
    width: usize,
    [along, down]: [&[f32]; 2],
    beyond: Mode,
    memory: Passes<'_>,
    to: &mut [f32],
) {
    let Passes { matrix, planes: [first, second] } = memory;
    let height = plane.len() / width;
    let strides = [height, width].map(|side| side.next_multiple_of(LANES));
    exchanged(plane, width, [width, height], sized(first, width * strides[0]), strides[0]);
    folded(along, width, beyond, matrix);
    let reach = along.len() / 2;
    columns_filtered(matrix, reach, first, strides[0], sized(second, width * strides[0]));
    exchanged(second, strides[0], [height, width], sized(first, height * strides[1]), strides[1]);
    folded(down, height, beyond, matrix);
    let reach = down.len() / 2;
    columns_filtered(matrix, reach, first, strides[1], sized(second, height * strides[1]));
    for (to, row) in to.chunks_exact_mut(width).zip(second.chunks_exact(strides[1])) {
        to.copy_from_slice(&row[..width]);
    }
}

/// Writes, for each of so many pixels of a line, what every pixel of the line adds to it.
fn folded(taps: &[f32], length: usize, beyond: Mode, matrix: &mut Vec<f32>) {
    let reach = taps.len() / 2;
    let matrix = sized(matrix, length * length);
    matrix.fill(0.0);
    for (at, row) in matrix.chunks_exact_mut(length).enumerate() {
        for (tap, weight) in taps.iter().enumerate() {
            if let Some(from) = beyond.folded((at + tap) as isize - reach as isize, length) {
                row[from] += weight;
            }
        }
    }
}

/// Filters all columns of a plane, whose rows are `stride` long, by the rows of a square matrix.
fn columns_filtered(matrix: &[f32], reach: usize, plane: &[f32], stride: usize, to: &mut [f32]) {
    let length = plane.len() / stride;
    for (row, to) in to.chunks_exact_mut(stride).enumerate() {
        // What is mirrored lies within reach, too.
        let near = row.saturating_sub(reach)..(row + reach + 1).min(length);
        let weights = &matrix[row * length..][near.clone()];
        let rows = &plane[near.start * stride..near.end * stride];
        for (lanes, to) in to.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
            let mut sums = [0.0; LANES];
            for (weight, row) in weights.iter().zip(rows.chunks_exact(stride)) {
                let pixels = &row.as_chunks::<LANES>().0[lanes];
                for (sum, pixel) in sums.iter_mut().zip(pixels) {
                    *sum += weight * pixel;
                }
            }
            *to = sums;
        }
    }
}

/// Writes a plane with rows and columns exchanged: so many rows and columns afterwards.
fn exchanged(
    plane: &[f32],
    stride_before: usize,
    [rows, columns]: [usize; 2],
    to: &mut [f32],
    stride: usize,
) {
    for (row, to) in to.chunks_exact_mut(stride).take(rows).enumerate() {
        for (column, to) in to.iter_mut().take(columns).enumerate() {
            *to = plane[column * stride_before + row];
        }
    }
}
