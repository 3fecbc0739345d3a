//! Products of dense layers, in which a lane is a feature and not a sample.
//!
//! Samples lie as rows of features, so that a short last batch costs no idle lanes and the first
//! layer reads images as they are.

use super::tile::{choose, cut, with_tile};
use super::{LANES, Lanes, Simd, Work};

/// Rows of numbers in a buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    /// All rows.
    pub(crate) values: &'a [f32],
    /// From one row to the next.
    pub(crate) step: usize,
    /// How many rows.
    pub(crate) count: usize,
    /// How many numbers of a row count.
    pub(crate) features: usize,
}

impl Rows<'_> {
    fn check(self) {
        let needed = self.count.saturating_sub(1) * self.step + self.features;
        assert!(self.count == 0 || self.values.len() >= needed, "as many rows as stated");
    }
}

/// The most sums that a tile of any level has.
const LARGEST_TILE: usize = 24;

/// Chooses the tiles of [`products`] of so many rows.
pub(crate) fn product_tiles<S: Simd>(left: usize, right: usize) -> (usize, usize) {
    choose::<S>(left, right)
}

/// Chooses the tiles of [`combine`].
pub(crate) fn combination_tiles<S: Simd>(outputs: usize, features: usize) -> (usize, usize) {
    choose::<S>(outputs, features.div_ceil(S::WIDTH))
}

/// Every row of one matrix times every row of another.
///
/// ```text
/// visit(a, b, Σ over features of left[a][feature] · right[b][feature])
/// ```
///
/// A sum is kept in sixteen parts, one for each remainder of the feature's number by 16, which
/// are folded at the end.
///
/// # Panics
/// When a matrix is smaller than stated.
pub(crate) fn products<S: Simd>(
    simd: S,
    (height, width): (usize, usize),
    left: Rows<'_>,
    right: Rows<'_>,
    mut visit: impl FnMut(usize, usize, f32),
) {
    let features = left.features.min(right.features);
    left.check();
    right.check();
    let mut sums = [0.0; LARGEST_TILE];
    for a in cut(left.count, height) {
        for b in cut(right.count, width) {
            let tile = ProductPlace {
                left: &left.values[a.start * left.step..],
                right: &right.values[b.start * right.step..],
                steps: (left.step, right.step),
                features,
                sums: &mut sums,
            };
            with_tile!(a.len, b.len, multiply(simd, tile));
            for (sums, a) in sums.chunks_exact(b.len).zip(a.start..a.start + a.len) {
                for (&sum, b) in sums.iter().zip(b.start..) {
                    visit(a, b, sum);
                }
            }
        }
    }
}

/// Sums of rows of a matrix, each row multiplied by a coefficient.
///
/// ```text
/// output[a][feature] = Σ over b of coefficient[a, b] · rows[b][feature]
/// ```
///
/// Replaces `outputs` rows of `output`.
///
/// # Panics
/// When a matrix is smaller than stated.
pub(crate) fn combine<S: Simd>(
    simd: S,
    (height, width): (usize, usize),
    coefficients: Coefficients<'_>,
    rows: Rows<'_>,
    outputs: usize,
    (output, output_step): (&mut [f32], usize),
) {
    let Rows { count, features, .. } = rows;
    if outputs == 0 || count == 0 {
        return;
    }
    let last = (outputs - 1) * coefficients.output_step + (count - 1) * coefficients.row_step;
    assert!(coefficients.values.len() > last, "as many coefficients as stated");
    assert!(output.len() >= (outputs - 1) * output_step + features, "as many outputs as stated");
    rows.check();
    for v in cut(features.div_ceil(S::WIDTH), width) {
        for a in cut(outputs, height) {
            let values = &coefficients.values[a.start * coefficients.output_step..];
            let tile = CombinationPlace {
                coefficients: Coefficients { values, ..coefficients },
                rows,
                first: v.start * S::WIDTH,
                output: &mut output[a.start * output_step..],
                output_step,
            };
            with_tile!(a.len, v.len, add_up(simd, tile));
        }
    }
}

/// The coefficients of [`combine`] in a buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coefficients<'a> {
    /// All coefficients.
    pub(crate) values: &'a [f32],
    /// From one output's coefficient to the next output's.
    pub(crate) output_step: usize,
    /// From one row's coefficient to the next row's.
    pub(crate) row_step: usize,
}

struct ProductPlace<'a> {
    left: &'a [f32],
    right: &'a [f32],
    steps: (usize, usize),
    features: usize,
    sums: &'a mut [f32; LARGEST_TILE],
}

fn multiply<S: Simd, const A: usize, const B: usize>(simd: S, place: ProductPlace<'_>) {
    if B <= S::TILE[A - 1] {
        simd.run(ProductTile::<A, B>(place));
    } else {
        unreachable!("no tile of {A} × {B} is planned for this level");
    }
}

struct ProductTile<'a, const A: usize, const B: usize>(ProductPlace<'a>);

impl<const A: usize, const B: usize> Work for ProductTile<'_, A, B> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let ProductPlace { left, right, steps, features, sums } = self.0;
        let whole = features / LANES * LANES;
        let mut partial = [Lanes::ZERO; LARGEST_TILE];
        for part in (0..LANES).step_by(S::WIDTH) {
            // SAFETY: `products` compared both matrices with the last row of any tile, and
            // `whole` and what is left after it are within the features of a row.
            unsafe {
                let (left, right) =
                    (left.as_ptr().wrapping_add(part), right.as_ptr().wrapping_add(part));
                let mut tile = [[simd.splat(0.0); B]; A];
                for v in (0..whole).step_by(LANES) {
                    let mut x = [simd.splat(0.0); A];
                    for a in 0..A {
                        x[a] = simd.load(left.add(a * steps.0 + v));
                    }
                    for b in 0..B {
                        let y = simd.load(right.add(b * steps.1 + v));
                        for a in 0..A {
                            tile[a][b] = simd.mul_add(x[a], y, tile[a][b]);
                        }
                    }
                }
                let rest = (features - whole).saturating_sub(part).min(S::WIDTH);
                if rest > 0 {
                    for b in 0..B {
                        let y = simd.load_first(rest, right.add(b * steps.1 + whole));
                        for a in 0..A {
                            let x = simd.load_first(rest, left.add(a * steps.0 + whole));
                            tile[a][b] = simd.mul_add(x, y, tile[a][b]);
                        }
                    }
                }
                for a in 0..A {
                    for b in 0..B {
                        simd.set_part(&mut partial[a * B + b], part, tile[a][b]);
                    }
                }
            }
        }
        for first in (0..A * B).step_by(S::WIDTH) {
            let end = (first + S::WIDTH).min(A * B);
            simd.sums(&partial[first..end], &mut sums[first..end]);
        }
    }
}

struct CombinationPlace<'a> {
    coefficients: Coefficients<'a>,
    rows: Rows<'a>,
    first: usize,
    output: &'a mut [f32],
    output_step: usize,
}

fn add_up<S: Simd, const A: usize, const V: usize>(simd: S, place: CombinationPlace<'_>) {
    if V <= S::TILE[A - 1] {
        simd.run(CombinationTile::<A, V>(place));
    } else {
        unreachable!("no tile of {A} × {V} is planned for this level");
    }
}

struct CombinationTile<'a, const A: usize, const V: usize>(CombinationPlace<'a>);

impl<const A: usize, const V: usize> Work for CombinationTile<'_, A, V> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        // The last vector of a tile may be the short one of the row.
        let last = self.0.rows.features - self.0.first - (V - 1) * S::WIDTH;
        // SAFETY: `combine` compared all three buffers with the last output and row; the first
        // `V − 1` vectors are whole ones and the last has `last` numbers left in a row.
        unsafe {
            if last < S::WIDTH {
                self.sum(
                    simd,
                    |from| simd.load_first(last, from),
                    |to, x| simd.store_first(last, to, x),
                );
            } else {
                self.sum(simd, |from| simd.load(from), |to, x| simd.store(to, x));
            }
        }
    }
}

impl<const A: usize, const V: usize> CombinationTile<'_, A, V> {
    /// # Safety
    /// All vectors but the last lie within the buffers, and the last as `load` and `store` touch
    /// it.
    #[inline(always)]
    unsafe fn sum<S: Simd>(
        self,
        simd: S,
        load: impl Fn(*const f32) -> S::Vector,
        store: impl Fn(*mut f32, S::Vector),
    ) {
        let CombinationPlace { coefficients, rows, first, output, output_step } = self.0;
        let mut tile = [[simd.splat(0.0); V]; A];
        // SAFETY: the caller's promise.
        unsafe {
            for b in 0..rows.count {
                let row = rows.values.as_ptr().add(b * rows.step + first);
                let coefficient = coefficients.values.as_ptr().add(b * coefficients.row_step);
                let mut each = [simd.splat(0.0); A];
                for a in 0..A {
                    each[a] = simd.splat(*coefficient.add(a * coefficients.output_step));
                }
                for v in 0..V {
                    let from = row.add(v * S::WIDTH);
                    let x = if v + 1 == V { load(from) } else { simd.load(from) };
                    for a in 0..A {
                        tile[a][v] = simd.mul_add(each[a], x, tile[a][v]);
                    }
                }
            }
            for a in 0..A {
                for v in 0..V {
                    let to = output.as_mut_ptr().add(a * output_step + first + v * S::WIDTH);
                    if v + 1 == V { store(to, tile[a][v]) } else { simd.store(to, tile[a][v]) }
                }
            }
        }
    }
}
