//! The matrices of Winograd's minimal filtering.

use std::marker::PhantomData;

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
pub(super) trait Form: Copy + Send + Sync {
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
#[derive(Clone, Copy)]
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
#[derive(Clone, Copy)]
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

/// One of the matrices of a form, as a type: its numbers steer what is compiled.
pub(super) trait Transform {
    /// The matrix.
    const MATRIX: Matrix;
    /// How many columns and rows it has.
    const FROM: usize;
    const TO: usize;
    /// The first term of each row's sum: one that needs no product, if there is one.
    const FIRST: [usize; MOST] = {
        let mut first = [MOST; MOST];
        let mut i = 0;
        while i < MOST * MOST {
            let (row, column) = (i / MOST, i % MOST);
            let (new, old) = (Self::MATRIX[row][column], first[row]);
            if new != 0.0 && (old == MOST || new == 1.0 && Self::MATRIX[row][old] != 1.0) {
                first[row] = column;
            }
            i += 1;
        }
        first
    };
}

macro_rules! transforms {
    ($($(#[$about:meta])* $name:ident: $matrix:ident, $from:expr => $to:expr;)*) => {$(
        $(#[$about])*
        pub(super) struct $name<F>(PhantomData<F>);

        impl<F: Form> Transform for $name<F> {
            const MATRIX: Matrix = F::$matrix;
            const FROM: usize = $from;
            const TO: usize = $to;
        }
    )*};
}

transforms! {
    /// [`Form::INPUT`].
    Input: INPUT, F::SIDE => F::SIDE;
    /// [`Form::KERNEL`].
    Kernel: KERNEL, 3 => F::SIDE;
    /// [`Form::OUTPUT`].
    Output: OUTPUT, F::SIDE => F::TILE;
    /// [`Form::SLOPE`].
    Slope: SLOPE, F::TILE => F::SIDE;
    /// [`Form::BACK`].
    Back: BACK, F::SIDE => 3;
}

/// Computes `matrix · x · matrixᵀ`; `read` returns a row, `write` takes a place and a value.
#[inline(always)]
pub(super) fn both<S: Simd, T: Transform>(
    simd: S,
    read: impl Fn(usize) -> [S::Vector; MOST],
    mut write: impl FnMut(usize, usize, S::Vector),
) {
    let mut half = [[simd.splat(0.0); MOST]; MOST];
    for i in 0..T::FROM {
        half[i] = once::<S, T>(simd, read(i));
    }
    for j in 0..T::TO {
        let mut column = [simd.splat(0.0); MOST];
        for i in 0..T::FROM {
            column[i] = half[i][j];
        }
        let column = once::<S, T>(simd, column);
        for i in 0..T::TO {
            write(i, j, column[i]);
        }
    }
}

/// Computes `matrix · x`.
#[inline(always)]
fn once<S: Simd, T: Transform>(simd: S, x: [S::Vector; MOST]) -> [S::Vector; MOST] {
    [
        row::<S, T, 0>(simd, x),
        row::<S, T, 1>(simd, x),
        row::<S, T, 2>(simd, x),
        row::<S, T, 3>(simd, x),
        row::<S, T, 4>(simd, x),
        row::<S, T, 5>(simd, x),
    ]
}

#[inline(always)]
fn row<S: Simd, T: Transform, const I: usize>(simd: S, x: [S::Vector; MOST]) -> S::Vector {
    let zero = simd.splat(0.0);
    let first = const { T::FIRST[I] };
    if first == MOST {
        return zero;
    }
    let factor = const { if T::FIRST[I] < MOST { T::MATRIX[I][T::FIRST[I]] } else { 0.0 } };
    let sum =
        if factor == 1.0 { x[first] } else { simd.mul_add(simd.splat(factor), x[first], zero) };
    let sum = term::<S, T, I, 0>(simd, x, sum);
    let sum = term::<S, T, I, 1>(simd, x, sum);
    let sum = term::<S, T, I, 2>(simd, x, sum);
    let sum = term::<S, T, I, 3>(simd, x, sum);
    let sum = term::<S, T, I, 4>(simd, x, sum);
    term::<S, T, I, 5>(simd, x, sum)
}

#[inline(always)]
fn term<S: Simd, T: Transform, const I: usize, const J: usize>(
    simd: S,
    x: [S::Vector; MOST],
    sum: S::Vector,
) -> S::Vector {
    let factor = const { T::MATRIX[I][J] };
    if factor == 0.0 || const { T::FIRST[I] } == J {
        sum
    } else if factor == 1.0 {
        simd.add(sum, x[J])
    } else {
        simd.mul_add(simd.splat(factor), x[J], sum)
    }
}
