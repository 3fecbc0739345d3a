//! Singular values of a kernel.

use crate::Size;

/// A kernel as a sum of products of a column and a row, the largest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Singular {
    size: Size,
    /// The singular values, falling; as many as there are rows or columns, whichever are fewer.
    pub values: Vec<f64>,
    /// For each value its column, times the value.
    columns: Vec<Vec<f64>>,
    /// For each value its row, of length 1.
    rows: Vec<Vec<f64>>,
}

impl Singular {
    /// Returns the nearest kernel that is one product of a column and a row.
    pub fn first(&self) -> Vec<f64> {
        self.sum(1)
    }

    /// Returns the rows, each of length 1, the largest number of each positive.
    pub(crate) fn into_rows(self) -> Vec<Vec<f64>> {
        self.rows
    }

    /// Returns the nearest kernel of a rank.
    pub fn sum(&self, rank: usize) -> Vec<f64> {
        let mut sum = vec![0.0; self.size.count()];
        for (column, row) in self.columns.iter().zip(&self.rows).take(rank) {
            for (line, &scale) in sum.chunks_exact_mut(self.size.columns).zip(column) {
                line.iter_mut().zip(row).for_each(|(sum, value)| *sum += scale * value);
            }
        }
        sum
    }
}

/// Sweeps over all pairs; kernels of ten columns need five or six.
const SWEEPS: usize = 30;

/// Decomposes a kernel by rotating its columns, two by two, until they are orthogonal.
///
/// One-sided Jacobi: small values keep their digits. Signs are such that the largest number of each
/// row, the first of them, is positive.
///
/// # Panics
/// When the kernel has another number of values than the size: a caller's bug.
pub fn singular(kernel: &[f64], size: Size) -> Singular {
    assert_eq!(kernel.len(), size.count(), "caller's bug: a kernel of {size}");
    let mut columns: Vec<Vec<f64>> = (0..size.columns)
        .map(|c| kernel.iter().skip(c).step_by(size.columns).copied().collect())
        .collect();
    let mut turned: Vec<Vec<f64>> = (0..size.columns)
        .map(|c| (0..size.columns).map(|at| f64::from(u8::from(at == c))).collect())
        .collect();
    for _ in 0..SWEEPS {
        let mut still = true;
        for p in 0..size.columns {
            for q in p + 1..size.columns {
                still &= !orthogonalise(&mut columns, &mut turned, p, q);
            }
        }
        if still {
            break;
        }
    }
    let lengths: Vec<f64> = columns.iter().map(|column| dot(column, column).sqrt()).collect();
    let mut order: Vec<usize> = (0..size.columns).collect();
    order.sort_by(|a, b| lengths[*b].total_cmp(&lengths[*a]));
    order.truncate(size.rows.min(size.columns));
    for &place in &order {
        let largest = turned[place].iter().fold(0.0_f64, |most, value| {
            if value.abs() > most.abs() + 1e-12 { *value } else { most }
        });
        if largest < 0.0 {
            turned[place].iter_mut().chain(&mut columns[place]).for_each(|value| *value = -*value);
        }
    }
    Singular {
        size,
        values: order.iter().map(|&place| lengths[place]).collect(),
        columns: order.iter().map(|&place| columns[place].clone()).collect(),
        rows: order.iter().map(|&place| turned[place].clone()).collect(),
    }
}

/// Rotates two columns until they are orthogonal; whether they were not.
fn orthogonalise(columns: &mut [Vec<f64>], turned: &mut [Vec<f64>], p: usize, q: usize) -> bool {
    let (a, b) = (dot(&columns[p], &columns[p]), dot(&columns[q], &columns[q]));
    let across = dot(&columns[p], &columns[q]);
    if across.abs() <= f64::EPSILON * (a * b).sqrt() {
        return false;
    }
    let zeta = (b - a) / (2.0 * across);
    let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = cosine * tangent;
    for list in [columns, turned] {
        let (before, after) = list.split_at_mut(q);
        for (x, y) in before[p].iter_mut().zip(&mut after[0]) {
            (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
        }
    }
    true
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
