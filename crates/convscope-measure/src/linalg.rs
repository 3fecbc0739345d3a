//! Products and decompositions whose bits do not depend on the number of threads.
//!
//! Work is cut into pieces of a fixed shape; each piece is computed on one thread, and sums over
//! pieces are taken in order.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::matmul::matmul;
use faer::linalg::svd::{ComputeSvdVectors, svd, svd_scratch};
use faer::{Accum, Mat, MatMut, MatRef, Par, Spec};
use rayon::prelude::*;

use crate::Refusal;

/// Columns of a product that one task computes.
const PANEL: usize = 128;
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

/// Returns the lower triangle of a · aᵀ without its diagonal, column after column.
pub(crate) fn packed_gram(a: MatRef<'_, f64>) -> Vec<f64> {
    let n = a.nrows();
    let mut packed = vec![0.0; n * n.saturating_sub(1) / 2];
    packed_columns(&mut packed, n).into_par_iter().for_each(|(first, count, columns)| {
        let rows = a.subrows(first, n - first);
        let mut panel = Mat::zeros(n - first, count);
        matmul(
            panel.as_mut(),
            Accum::Replace,
            rows,
            rows.subrows(0, count).transpose(),
            1.0,
            Par::Seq,
        );
        let mut rest = columns;
        for j in 0..count {
            let (column, after) = rest.split_at_mut(n - first - j - 1);
            for (to, from) in column.iter_mut().zip(panel.col(j).iter().skip(j + 1)) {
                *to = *from;
            }
            rest = after;
        }
    });
    packed
}

/// Cuts a packed strict lower triangle of order n into whole columns: first column, how many, them.
pub(crate) fn packed_columns(packed: &mut [f64], n: usize) -> Vec<(usize, usize, &mut [f64])> {
    let mut rest = packed;
    let mut cut = Vec::new();
    for first in (0..n).step_by(PANEL) {
        let count = PANEL.min(n - first);
        let len = (first..first + count).map(|j| n - j - 1).sum();
        let (columns, after) = rest.split_at_mut(len);
        cut.push((first, count, columns));
        rest = after;
    }
    cut
}

/// Returns aᵀ · a.
pub(crate) fn covariance(a: MatRef<'_, f64>) -> Mat<f64> {
    let p = a.ncols();
    let mut out = Mat::zeros(p, p);
    panels(out.as_mut()).into_par_iter().for_each(|(first, panel)| {
        let below = panel.subrows_mut(first, p - first);
        let count = below.ncols();
        let columns = a.subcols(first, p - first).transpose();
        matmul(below, Accum::Replace, columns, a.subcols(first, count), 1.0, Par::Seq);
    });
    for j in 0..p {
        for i in 0..j {
            out[(i, j)] = out[(j, i)];
        }
    }
    out
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
pub(crate) fn all_dots(x: &[&[f64]], y: &[&[f64]]) -> Mat<f64> {
    let len = x.first().map_or(0, |vector| vector.len());
    let parts: Vec<Mat<f64>> = (0..len.div_ceil(RUN))
        .into_par_iter()
        .map(|run| {
            let rows = run * RUN..len.min((run + 1) * RUN);
            let stack = |vectors: &[&[f64]]| {
                Mat::from_fn(rows.len(), vectors.len(), |i, j| vectors[j][rows.start + i])
            };
            let mut part = Mat::zeros(x.len(), y.len());
            let (x, y) = (stack(x), stack(y));
            matmul(part.as_mut(), Accum::Replace, x.transpose(), &y, 1.0, Par::Seq);
            part
        })
        .collect();
    parts.into_iter().fold(Mat::zeros(x.len(), y.len()), |sum, part| sum + part)
}

fn short_dot(x: &[f64], y: &[f64]) -> f64 {
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

/// Returns Σ aᵢⱼ².
pub(crate) fn squared_norm(a: MatRef<'_, f64>) -> f64 {
    a.col_iter().map(|column| column.iter().map(|x| x * x).sum::<f64>()).sum()
}

/// Returns a · diag(sizes).
pub(crate) fn scaled_columns(a: MatRef<'_, f64>, sizes: &[f64]) -> Mat<f64> {
    Mat::from_fn(a.nrows(), a.ncols(), |i, j| a[(i, j)] * sizes[j])
}

/// A thin decomposition a = u · diag(s) · vᵀ.
#[derive(Debug)]
pub(crate) struct ThinSvd {
    pub(crate) u: Mat<f64>,
    pub(crate) s: Vec<f64>,
    pub(crate) v: Mat<f64>,
}

/// Decomposes a matrix; singular values fall.
pub(crate) fn thin_svd(a: MatRef<'_, f64>) -> Result<ThinSvd, Refusal> {
    let (m, n) = a.shape();
    let size = m.min(n);
    let (mut u, mut v, mut s) = (Mat::zeros(m, size), Mat::zeros(n, size), Diag::zeros(size));
    let thin = ComputeSvdVectors::Thin;
    let scratch = svd_scratch::<f64>(m, n, thin, thin, Par::Seq, Spec::default());
    svd(
        a,
        s.as_mut(),
        Some(u.as_mut()),
        Some(v.as_mut()),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Spec::default(),
    )
    .map_err(|_| Refusal::NoConvergence)?;
    Ok(ThinSvd { u, s: s.column_vector().iter().copied().collect(), v })
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

/// Returns the sum of the singular values.
pub(crate) fn nuclear_norm(a: MatRef<'_, f64>) -> Result<f64, Refusal> {
    Ok(singular_values(a)?.iter().sum())
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
