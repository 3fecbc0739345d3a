//! The matrices of Winograd's minimal filtering.

use crate::simd::Simd;

/// The longest side of a tile.
pub(super) const MOST: usize = 6;

/// A matrix of at most six rows and columns, the others 0.
pub(super) type Matrix = [[f32; MOST]; MOST];

/// The transforms of F(m × m, 3 × 3), as data.
///
/// ```text
/// output tile = OUTPUT · ((KERNEL · kernel · KERNELᵀ) ⊙ (INPUT · input tile · INPUTᵀ)) · OUTPUTᵀ
/// ```
pub(super) trait Form: Send + Sync {
    /// The side `m` of a tile of outputs.
    const TILE: usize;
    /// The side `m + 2` of a tile of inputs; its square counts the products of a tile.
    const SIDE: usize = Self::TILE + 2;
    /// From a tile of inputs to its products' factors.
    const INPUT: Matrix;
    /// From a kernel to its products' factors.
    const KERNEL: Matrix;
    /// From the products to a tile of outputs.
    const OUTPUT: Matrix;
    /// From the slopes by a tile of outputs to those by its products.
    const SLOPE: Matrix = transposed(Self::OUTPUT);
    /// From the slopes by a kernel's factors to those by the kernel.
    const BACK: Matrix = transposed(Self::KERNEL);
}

const fn transposed(matrix: Matrix) -> Matrix {
    let mut result = [[0.0; MOST]; MOST];
    let mut i = 0;
    while i < MOST * MOST {
        result[i / MOST][i % MOST] = matrix[i % MOST][i / MOST];
        i += 1;
    }
    result
}

/// F(2 × 2, 3 × 3), on the points 0, 1, −1 and ∞: 16 products where there were 36.
pub(super) struct Two;

impl Form for Two {
    const TILE: usize = 2;
    const INPUT: Matrix = [
        [1.0, 0.0, -1.0, 0.0, 0.0, 0.0],
        [0.0, 1.0, 1.0, 0.0, 0.0, 0.0],
        [0.0, -1.0, 1.0, 0.0, 0.0, 0.0],
        [0.0, -1.0, 0.0, 1.0, 0.0, 0.0],
        [0.0; 6],
        [0.0; 6],
    ];
    const KERNEL: Matrix = [
        [1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [0.5, 0.5, 0.5, 0.0, 0.0, 0.0],
        [0.5, -0.5, 0.5, 0.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0, 0.0, 0.0],
        [0.0; 6],
        [0.0; 6],
    ];
    const OUTPUT: Matrix = [
        [1.0, 1.0, 1.0, 0.0, 0.0, 0.0],
        [0.0, 1.0, -1.0, 1.0, 0.0, 0.0],
        [0.0; 6],
        [0.0; 6],
        [0.0; 6],
        [0.0; 6],
    ];
}

/// F(4 × 4, 3 × 3), on the points 0, 1, −1, 2, −2 and ∞: 36 products where there were 144.
pub(super) struct Four;

impl Form for Four {
    const TILE: usize = 4;
    const INPUT: Matrix = [
        [4.0, 0.0, -5.0, 0.0, 1.0, 0.0],
        [0.0, -4.0, -4.0, 1.0, 1.0, 0.0],
        [0.0, 4.0, -4.0, -1.0, 1.0, 0.0],
        [0.0, -2.0, -1.0, 2.0, 1.0, 0.0],
        [0.0, 2.0, -1.0, -2.0, 1.0, 0.0],
        [0.0, 4.0, 0.0, -5.0, 0.0, 1.0],
    ];
    const KERNEL: Matrix = [
        [1.0 / 4.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0, 0.0, 0.0, 0.0],
        [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0, 0.0, 0.0, 0.0],
        [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0, 0.0, 0.0, 0.0],
        [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0, 0.0, 0.0],
    ];
    const OUTPUT: Matrix = [
        [1.0, 1.0, 1.0, 1.0, 1.0, 0.0],
        [0.0, 1.0, -1.0, 2.0, -2.0, 0.0],
        [0.0, 1.0, 1.0, 4.0, 4.0, 0.0],
        [0.0, 1.0, -1.0, 8.0, -8.0, 1.0],
        [0.0; 6],
        [0.0; 6],
    ];
}

/// Computes `matrix · x · matrixᵀ` from `from` rows and columns to `to` of them.
///
/// `read` returns a row, `write` takes a place and a value. With the matrix and the sizes known to
/// the compiler, nothing is left of factors that are 0 or 1.
#[inline(always)]
pub(super) fn both<S: Simd>(
    simd: S,
    matrix: &Matrix,
    (from, to): (usize, usize),
    read: impl Fn(usize) -> [S::Vector; MOST],
    mut write: impl FnMut(usize, usize, S::Vector),
) {
    let mut half = [[simd.splat(0.0); MOST]; MOST];
    for i in 0..from {
        half[i] = once(simd, matrix, (from, to), read(i));
    }
    for j in 0..to {
        let mut column = [simd.splat(0.0); MOST];
        for i in 0..from {
            column[i] = half[i][j];
        }
        let column = once(simd, matrix, (from, to), column);
        for i in 0..to {
            write(i, j, column[i]);
        }
    }
}

/// Computes `matrix · x`.
#[inline(always)]
fn once<S: Simd>(
    simd: S,
    matrix: &Matrix,
    (from, to): (usize, usize),
    x: [S::Vector; MOST],
) -> [S::Vector; MOST] {
    let zero = simd.splat(0.0);
    let mut result = [zero; MOST];
    for i in 0..to {
        let mut started = false;
        for j in 0..from {
            let factor = matrix[i][j];
            if factor == 0.0 {
                continue;
            }
            result[i] = match (started, factor == 1.0) {
                (false, true) => x[j],
                (true, true) => simd.add(result[i], x[j]),
                (false, false) => simd.mul_add(simd.splat(factor), x[j], zero),
                (true, false) => simd.mul_add(simd.splat(factor), x[j], result[i]),
            };
            started = true;
        }
    }
    result
}
