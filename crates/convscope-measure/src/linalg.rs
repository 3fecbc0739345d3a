//! Products and decompositions whose bits do not depend on the number of threads.
//!
//! Work is cut into pieces of a fixed shape; each piece is computed on one thread, and sums over
//! pieces are taken in order.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::matmul::{matmul, triangular};
use faer::linalg::svd::{ComputeSvdVectors, svd, svd_scratch};
use faer::linalg::triangular_inverse::invert_lower_triangular;
use faer::{Accum, Mat, MatMut, MatRef, Par, Spec};
use rayon::prelude::*;

use crate::Refusal;

/// Columns of a product that one task computes.
const PANEL: usize = 256;
/// Columns of a packed triangle that one task works on.
const TRIANGLE_PANEL: usize = 512;
/// Terms of a long sum that one task adds.
const RUN: usize = 1 << 15;

/// Returns a · b.
pub(crate) fn product(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Mat<f64> {
    if a.nrows() * b.ncols() <= PANEL * PANEL && a.ncols() > 2 * RUN {
        return long_product(a, b);
    }
    let mut out = Mat::zeros(a.nrows(), b.ncols());
    panels(out.as_mut()).into_par_iter().for_each(|(first, panel)| {
        let b = b.subcols(first, panel.ncols());
        matmul(panel, Accum::Replace, a, b, 1.0, Par::Seq);
    });
    out
}

/// Returns aᵀ · b.
pub(crate) fn cross(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Mat<f64> {
    product(a.transpose(), b)
}

fn long_product(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Mat<f64> {
    let terms = a.ncols();
    let parts: Vec<Mat<f64>> = (0..terms.div_ceil(RUN))
        .into_par_iter()
        .map(|run| {
            let (first, count) = (run * RUN, RUN.min(terms - run * RUN));
            let mut part = Mat::zeros(a.nrows(), b.ncols());
            let (a, b) = (a.subcols(first, count), b.subrows(first, count));
            matmul(part.as_mut(), Accum::Replace, a, b, 1.0, Par::Seq);
            part
        })
        .collect();
    let mut sum = Mat::zeros(a.nrows(), b.ncols());
    for part in parts {
        sum += part;
    }
    sum
}

/// Puts tasks that shrink evenly in such an order, the largest beside the smallest, that each half of the list, and each
/// half of that, is as much work as the other.
pub(crate) fn balanced<T>(tasks: impl DoubleEndedIterator<Item = T>) -> Vec<T> {
    let (mut tasks, mut order) = (tasks, Vec::new());
    while let Some(large) = tasks.next() {
        order.push(large);
        order.extend(tasks.next_back());
    }
    order
}

/// Adds the lower trapezium of aᵀ · a, of as many first columns as `out` has.
fn add_own_products(out: MatMut<'_, f64>, a: MatRef<'_, f64>) {
    use triangular::BlockStructure::{Rectangular, TriangularLower};
    let count = out.ncols();
    let (ours, others) = a.split_at_col(count);
    let (own, below) = out.split_at_row_mut(count);
    let rows = ours.transpose();
    triangular::matmul(
        own,
        TriangularLower,
        Accum::Add,
        rows,
        Rectangular,
        ours,
        Rectangular,
        1.0,
        Par::Seq,
    );
    if below.nrows() > 0 {
        matmul(below, Accum::Add, others.transpose(), ours, 1.0, Par::Seq);
    }
}

/// Cuts a packed strict lower triangle of order n into whole columns: first column, how many, them.
pub(crate) fn packed_columns(packed: &mut [f64], n: usize) -> Vec<(usize, usize, &mut [f64])> {
    let mut rest = packed;
    let mut cut = Vec::new();
    for first in (0..n).step_by(TRIANGLE_PANEL) {
        let count = TRIANGLE_PANEL.min(n - first);
        let len = (first..first + count).map(|j| n - j - 1).sum();
        let (columns, after) = rest.split_at_mut(len);
        cut.push((first, count, columns));
        rest = after;
    }
    cut
}

/// Returns a packed strict lower triangle of rows and columns in another order.
///
/// Row and column i are what were row and column `order[i]`.
pub(crate) fn reordered_pairs(packed: &[f64], order: &[usize]) -> Vec<f64> {
    let n = order.len();
    let starts: Vec<usize> = (0..n).map(|j| j * (2 * n - j - 1) / 2).collect();
    let mut moved = vec![0.0; packed.len()];
    packed_columns(&mut moved, n).into_par_iter().for_each(|(first, count, columns)| {
        let mut rest = columns.iter_mut();
        for j in first..first + count {
            let own = order[j];
            for (&other, slot) in order[j + 1..].iter().zip(&mut rest) {
                let (low, high) = (own.min(other), own.max(other));
                *slot = packed[starts[low] + high - low - 1];
            }
        }
    });
    moved
}

/// Returns rows in another order: row i is what was row `order[i]`.
pub(crate) fn reordered_rows(a: MatRef<'_, f64>, order: &[usize]) -> Mat<f64> {
    Mat::from_fn(order.len(), a.ncols(), |i, j| a[(order[i], j)])
}

/// Returns aᵀ · a.
pub(crate) fn covariance(a: MatRef<'_, f64>) -> Mat<f64> {
    let mut out = Mat::zeros(a.ncols(), a.ncols());
    add_covariance(out.as_mut(), a);
    mirror(&mut out);
    out
}

/// Adds the lower triangle of aᵀ · a to that of `out`.
pub(crate) fn add_covariance(out: MatMut<'_, f64>, a: MatRef<'_, f64>) {
    let p = a.ncols();
    balanced(panels(out).into_iter()).into_par_iter().for_each(|(first, panel)| {
        let below = panel.subrows_mut(first, p - first);
        add_own_products(below, a.subcols(first, p - first));
    });
}

/// Adds aᵀ · b to `out`.
pub(crate) fn add_cross(out: MatMut<'_, f64>, a: MatRef<'_, f64>, b: MatRef<'_, f64>) {
    panels(out).into_par_iter().for_each(|(first, panel)| {
        let b = b.subcols(first, panel.ncols());
        matmul(panel, Accum::Add, a.transpose(), b, 1.0, Par::Seq);
    });
}

/// Copies what is below the diagonal of a square matrix to above it.
pub(crate) fn mirror(a: &mut Mat<f64>) {
    for j in 0..a.ncols() {
        for i in 0..j {
            a[(i, j)] = a[(j, i)];
        }
    }
}

fn panels(mut matrix: MatMut<'_, f64>) -> Vec<(usize, MatMut<'_, f64>)> {
    let mut cut = Vec::new();
    let mut first = 0;
    while matrix.ncols() > 0 {
        let count = PANEL.min(matrix.ncols());
        let (panel, rest) = matrix.split_at_col_mut(count);
        cut.push((first, panel));
        first += count;
        matrix = rest;
    }
    cut
}

/// Returns Σ xᵢ yᵢ, added in runs of fixed length.
pub(crate) fn dot(x: &[f64], y: &[f64]) -> f64 {
    let parts: Vec<f64> =
        x.par_chunks(RUN).zip(y.par_chunks(RUN)).map(|(x, y)| short_dot(x, y)).collect();
    parts.iter().sum()
}

/// Returns the dot products of all pairs of long vectors, each run of entries as one product.
///
/// Of a list with itself each product once.
pub(crate) fn all_dots(x: &[&[f64]], y: &[&[f64]]) -> Mat<f64> {
    let len = x.first().map_or(0, |vector| vector.len());
    let same = x.len() == y.len() && x.iter().zip(y).all(|(x, y)| std::ptr::eq(*x, *y));
    let parts: Vec<Mat<f64>> = (0..len.div_ceil(RUN))
        .into_par_iter()
        .map(|run| {
            let rows = run * RUN..len.min((run + 1) * RUN);
            let stack = |vectors: &[&[f64]]| {
                let mut stack = Mat::zeros(rows.len(), vectors.len());
                for (j, vector) in vectors.iter().enumerate() {
                    stack.col_as_slice_mut(j).copy_from_slice(&vector[rows.clone()]);
                }
                stack
            };
            let x = stack(x);
            if same {
                return covariance(x.as_ref());
            }
            let mut part = Mat::zeros(x.ncols(), y.len());
            matmul(part.as_mut(), Accum::Replace, x.transpose(), &stack(y), 1.0, Par::Seq);
            part
        })
        .collect();
    parts.into_iter().fold(Mat::zeros(x.len(), y.len()), |sum, part| sum + part)
}

/// Returns Σ xᵢ yᵢ on one thread, added in lanes.
pub(crate) fn short_dot(x: &[f64], y: &[f64]) -> f64 {
    const LANES: usize = 16;
    let mut sums = [0.0; LANES];
    let (x_whole, x_rest) = x.as_chunks::<LANES>();
    let (y_whole, y_rest) = y.as_chunks::<LANES>();
    for (x, y) in x_whole.iter().zip(y_whole) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let tail: f64 = x_rest.iter().zip(y_rest).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f64>() + tail
}

/// Returns Σ xᵢ of a column, added in lanes.
pub(crate) fn total(x: &[f64]) -> f64 {
    const LANES: usize = 16;
    let mut sums = [0.0; LANES];
    let (whole, rest) = x.as_chunks::<LANES>();
    for x in whole {
        for lane in 0..LANES {
            sums[lane] += x[lane];
        }
    }
    sums.iter().sum::<f64>() + rest.iter().sum::<f64>()
}

/// Returns Σ xᵢ² of a column, added in lanes.
pub(crate) fn squares(x: &[f64]) -> f64 {
    short_dot(x, x)
}

/// Returns Σ aᵢⱼ².
pub(crate) fn squared_norm(a: MatRef<'_, f64>) -> f64 {
    let square = |column: faer::ColRef<'_, f64>| match column.try_as_col_major() {
        Some(column) => squares(column.as_slice()),
        None => column.iter().map(|x| x * x).sum(),
    };
    a.col_iter().map(square).sum()
}

/// Returns a · diag(sizes).
pub(crate) fn scaled_columns(a: MatRef<'_, f64>, sizes: &[f64]) -> Mat<f64> {
    Mat::from_fn(a.nrows(), a.ncols(), |i, j| a[(i, j)] * sizes[j])
}

/// Singular vectors of a thin decomposition a = u · diag(s) · vᵀ.
#[derive(Debug)]
pub(crate) struct ThinSvd {
    pub(crate) u: Mat<f64>,
    pub(crate) v: Mat<f64>,
}

/// Returns the singular vectors of a matrix, by falling singular values.
pub(crate) fn thin_svd(a: MatRef<'_, f64>) -> Result<ThinSvd, Refusal> {
    let (n, size) = (a.ncols(), a.nrows().min(a.ncols()));
    let mut v = Mat::zeros(n, size);
    let (u, _) = decomposed(a, Some(v.as_mut()))?;
    Ok(ThinSvd { u, v })
}

/// Returns the left singular vectors and the singular values of a matrix, falling.
pub(crate) fn left_svd(a: MatRef<'_, f64>) -> Result<(Mat<f64>, Vec<f64>), Refusal> {
    decomposed(a, None)
}

fn decomposed(
    a: MatRef<'_, f64>,
    v: Option<MatMut<'_, f64>>,
) -> Result<(Mat<f64>, Vec<f64>), Refusal> {
    let (m, n) = a.shape();
    let size = m.min(n);
    let (mut u, mut s) = (Mat::zeros(m, size), Diag::zeros(size));
    let right = if v.is_some() { ComputeSvdVectors::Thin } else { ComputeSvdVectors::No };
    let scratch =
        svd_scratch::<f64>(m, n, ComputeSvdVectors::Thin, right, Par::Seq, Spec::default());
    let mut memory = MemBuffer::new(scratch);
    let stack = MemStack::new(&mut memory);
    svd(a, s.as_mut(), Some(u.as_mut()), v, Par::Seq, stack, Spec::default())
        .map_err(|_| Refusal::NoConvergence)?;
    Ok((u, s.column_vector().iter().copied().collect()))
}

/// Returns the singular values of a matrix, falling.
pub(crate) fn singular_values(a: MatRef<'_, f64>) -> Result<Vec<f64>, Refusal> {
    let (m, n) = a.shape();
    let mut s = Diag::zeros(m.min(n));
    let none = ComputeSvdVectors::No;
    let scratch = svd_scratch::<f64>(m, n, none, none, Par::Seq, Spec::default());
    let mut memory = MemBuffer::new(scratch);
    let stack = MemStack::new(&mut memory);
    svd(a, s.as_mut(), None, None, Par::Seq, stack, Spec::default())
        .map_err(|_| Refusal::NoConvergence)?;
    Ok(s.column_vector().iter().copied().collect())
}

/// Returns the sum of the singular values, with an error of at most `room(sum)`.
///
/// They are roots of the eigenvalues of aᵀa, which take half of the time. That loses digits of small
/// ones: an eigenvalue is off by at most η = √(m n) ε₆₄/2 · λ₁ (as in `whitening`), and so its root by
/// η/√λ. Where these add up to more than there is room for, the matrix itself is decomposed.
pub(crate) fn nuclear_norm(a: MatRef<'_, f64>, room: impl Fn(f64) -> f64) -> Result<f64, Refusal> {
    match sum_of_roots(a) {
        Some((sum, error)) if error <= room(sum) => Ok(sum),
        _ => Ok(singular_values(a)?.iter().sum()),
    }
}

/// Returns the sum of the roots of the eigenvalues of aᵀa, and what it may be off by.
fn sum_of_roots(a: MatRef<'_, f64>) -> Option<(f64, f64)> {
    let largest_of = |column: faer::ColRef<'_, f64>| {
        column.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()))
    };
    let largest = a.col_iter().map(largest_of).fold(0.0, f64::max);
    if !(1e-290..=1e290).contains(&largest) {
        return None;
    }
    let tall = if a.nrows() < a.ncols() { a.transpose() } else { a };
    let scaled = Mat::from_fn(tall.nrows(), tall.ncols(), |i, j| tall[(i, j)] / largest);
    let values = eigenvalues(covariance(scaled.as_ref()).as_ref())?;
    let off = (a.nrows() as f64 * a.ncols() as f64).sqrt() * f64::EPSILON / 2.0;
    let off = off * values.iter().copied().fold(0.0, f64::max);
    let roots = || values.iter().map(|value| value.max(0.0).sqrt());
    let error: f64 = roots().map(|root| off / root).sum();
    Some((roots().sum::<f64>() * largest, error * largest))
}

/// Returns l and its inverse, with l · lᵀ = a; `None` if `a` is not positive definite.
pub(crate) fn cholesky(a: Mat<f64>) -> Option<(Mat<f64>, Mat<f64>)> {
    use faer::linalg::cholesky::llt::factor;
    let p = a.nrows();
    let mut lower = a;
    let scratch = factor::cholesky_in_place_scratch::<f64>(p, Par::Seq, Spec::default());
    let mut memory = MemBuffer::new(scratch);
    let stack = MemStack::new(&mut memory);
    let plain = factor::LltRegularization::default();
    factor::cholesky_in_place(lower.as_mut(), plain, Par::Seq, stack, Spec::default()).ok()?;
    for j in 1..p {
        lower.col_as_slice_mut(j)[..j].fill(0.0);
    }
    let mut inverse = Mat::zeros(p, p);
    invert_lower_triangular(inverse.as_mut(), lower.as_ref(), Par::Seq);
    Some((lower, inverse))
}

/// Returns the eigenvalues of a symmetric matrix, falling, with their vectors.
pub(crate) fn eigen(a: MatRef<'_, f64>) -> Option<(Vec<f64>, Mat<f64>)> {
    let p = a.nrows();
    let mut vectors = Mat::zeros(p, p);
    let rising = diagonalised(a, Some(vectors.as_mut()))?;
    let falling: Vec<f64> = rising.into_iter().rev().collect();
    Some((falling, vectors.as_ref().reverse_cols().to_owned()))
}

/// Returns the eigenvalues of a symmetric matrix.
fn eigenvalues(a: MatRef<'_, f64>) -> Option<Vec<f64>> {
    diagonalised(a, None)
}

fn diagonalised(a: MatRef<'_, f64>, vectors: Option<MatMut<'_, f64>>) -> Option<Vec<f64>> {
    let p = a.nrows();
    let mut values = Diag::zeros(p);
    let wanted = if vectors.is_some() { ComputeEigenvectors::Yes } else { ComputeEigenvectors::No };
    let scratch = self_adjoint_evd_scratch::<f64>(p, wanted, Par::Seq, Spec::default());
    let mut memory = MemBuffer::new(scratch);
    let stack = MemStack::new(&mut memory);
    self_adjoint_evd(a, values.as_mut(), vectors, Par::Seq, stack, Spec::default()).ok()?;
    Some(values.column_vector().iter().copied().collect())
}

/// Returns l, n × n, with l · lᵀ = a · aᵀ, of a matrix with more columns than rows.
pub(crate) fn narrowed(a: MatRef<'_, f64>) -> Mat<f64> {
    use faer::linalg::qr::no_pivoting::factor;
    let n = a.nrows();
    let mut tall = a.transpose().to_owned();
    let block = factor::recommended_block_size::<f64>(tall.nrows(), n);
    let mut householder = Mat::zeros(block, n);
    let scratch =
        factor::qr_in_place_scratch::<f64>(tall.nrows(), n, block, Par::Seq, Spec::default());
    factor::qr_in_place(
        tall.as_mut(),
        householder.as_mut(),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Spec::default(),
    );
    Mat::from_fn(n, n, |i, j| if j <= i { tall[(j, i)] } else { 0.0 })
}
