//! Units of two layers beside each other.

use faer::{Mat, MatRef};

use crate::{Pair, linalg, transport};

/// Returns Pearson's correlation of every unit of one with every unit of the other layer, p × q.
///
/// Constant units have correlation 0.
pub(crate) fn correlations(pair: Pair<'_>) -> Mat<f64> {
    let (x, y) = (standardised(pair.x.centred()), standardised(pair.y.centred()));
    linalg::cross(x.as_ref(), y.as_ref())
}

fn standardised(x: MatRef<'_, f64>) -> Mat<f64> {
    let length = |column: usize| x.col(column).iter().map(|x| x * x).sum::<f64>().sqrt();
    let factor = |length: f64| if length > 0.0 { 1.0 / length } else { 0.0 };
    let factors: Vec<f64> = (0..x.ncols()).map(|column| factor(length(column))).collect();
    linalg::scaled_columns(x, &factors)
}

/// Returns the pairs (row, column) of the one-to-one matching with the largest sum.
pub(crate) fn partners(gain: MatRef<'_, f64>) -> Vec<(usize, usize)> {
    if gain.nrows() > gain.ncols() {
        let turned = partners(gain.transpose());
        let mut pairs: Vec<(usize, usize)> = turned.into_iter().map(|(i, j)| (j, i)).collect();
        pairs.sort_unstable();
        return pairs;
    }
    transport::assign(&costs(gain), gain.ncols()).into_iter().enumerate().collect()
}

/// Returns the largest sum over one-to-one matchings, and how many pairs it has.
pub(crate) fn best_matching(gain: MatRef<'_, f64>) -> (f64, usize) {
    let pairs = partners(gain);
    (pairs.iter().map(|pair| gain[*pair]).sum(), pairs.len())
}

/// Returns the mean of `value(row, column, gain)` over the transport plan of the largest mean gain.
pub(crate) fn best_transport(
    gain: MatRef<'_, f64>,
    value: impl Fn(usize, usize, f64) -> f64,
) -> f64 {
    let (p, q) = gain.shape();
    let common = greatest_common_divisor(p, q);
    let (supply, demand) = ((q / common) as u64, (p / common) as u64);
    let plan = transport::ship(&costs(gain), q, supply, demand);
    let whole = (p as u64 * supply) as f64;
    plan.into_iter().map(|(i, j, much)| much as f64 * value(i, j, gain[(i, j)])).sum::<f64>()
        / whole
}

/// Returns −gain, row after row.
fn costs(gain: MatRef<'_, f64>) -> Vec<f64> {
    gain.row_iter().flat_map(|row| row.iter().map(|gain| -gain).collect::<Vec<_>>()).collect()
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
