//! Dependence of linear kernels, on whichever side costs less: units or samples.

use crate::kernel::{self, Estimator, Kernel};
use crate::linalg::{cross, squared_norm};
use crate::matrix::each_pair;
use crate::{Caveat, Estimate, Moments, Pair, Prepared, Refusal, nulls};

/// Returns linear CKA of one pair with its null.
pub(crate) fn alignment(estimator: Estimator, pair: Pair<'_>) -> Result<(f64, Moments), Refusal> {
    let Pair { x, y } = pair;
    if units_side(&[x], &[y]) {
        return by_units(estimator, pair);
    }
    let kernels = [x.linear(), y.linear()];
    kernel::alignment(estimator, kernels, kernels[0].overlap(kernels[1]))
}

/// Returns linear CKA of all pairs, each product once.
pub(crate) fn alignments(
    estimator: Estimator,
    xs: &[&Prepared],
    ys: &[&Prepared],
    wide: impl Fn(Pair<'_>) -> bool + Sync,
) -> Vec<Vec<Result<Estimate, Refusal>>> {
    let noted = |pair: Pair<'_>, (value, null): (f64, Moments)| {
        Estimate::of(value).with_null(null).with(Caveat::BiasedOnWideData, wide(pair))
    };
    if units_side(xs, ys) {
        xs.iter().chain(ys).for_each(|layer| {
            layer.covariance_norm();
        });
        return each_pair(xs, ys, true, &|pair| {
            by_units(estimator, pair).map(|found| noted(pair, found))
        });
    }
    let found = kernel::alignments(estimator, &kernels(xs), &kernels(ys));
    let mut table = Vec::with_capacity(xs.len());
    for (x, row) in xs.iter().zip(found) {
        let pairs = ys.iter().map(|y| Pair { x, y });
        let row = row.into_iter().zip(pairs).map(|(one, pair)| one.map(|one| noted(pair, one)));
        table.push(row.collect());
    }
    table
}

fn kernels<'a>(layers: &[&'a Prepared]) -> Vec<&'a Kernel> {
    layers.iter().map(|layer| layer.linear()).collect()
}

/// Returns whether products of units cost less than Gram matrices, over all pairs.
fn units_side(xs: &[&Prepared], ys: &[&Prepared]) -> bool {
    let n = xs.first().map_or(0, |layer| layer.samples()) as u128;
    let units = |layers: &[&Prepared]| layers.iter().map(|l| l.units() as u128).sum::<u128>();
    let squares =
        |layers: &[&Prepared]| layers.iter().map(|l| (l.units() as u128).pow(2)).sum::<u128>();
    let (p, q) = (units(xs), units(ys));
    let by_units = 2 * n * p * q + n * (squares(xs) + squares(ys));
    let by_samples = n * n * (p + q) + n * n * (xs.len() * ys.len()) as u128;
    by_units < by_samples
}

fn by_units(estimator: Estimator, pair: Pair<'_>) -> Result<(f64, Moments), Refusal> {
    let Pair { x, y } = pair;
    let both = squared_norm(cross(x.centred(), y.centred()).as_ref());
    let n = pair.samples();
    let own = [x.covariance_norm(), y.covariance_norm()];
    match estimator {
        Estimator::Biased => {
            let scale = (own[0] * own[1]).sqrt();
            let null = nulls::bilinear(n, x.shape(), y.shape()).scaled(1.0 / scale);
            Ok((both / scale, null))
        }
        Estimator::Debiased => {
            let (a, b) = (x.row_norms(), y.row_norms());
            let selves = [debiased(own[0], a, a), debiased(own[1], b, b)];
            let scale = kernel::debiased_scale(selves, own)?;
            Ok((debiased(both, a, b) / scale, nulls::debiased(n)))
        }
    }
}

/// Returns n(n − 3) HSIC₁ from ‖XᵀY‖² and the squared lengths of centred samples.
pub(crate) fn debiased(both: f64, a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let (mut products, mut first, mut second) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        products += a * b;
        first += a;
        second += b;
    }
    debiased_from(n, both, products, first * second)
}

/// Returns n(n − 3) HSIC₁ from ‖XᵀY‖², Σ aᵢbᵢ and Σa · Σb.
pub(crate) fn debiased_from(n: f64, both: f64, products: f64, totals: f64) -> f64 {
    both - n / (n - 2.0) * products + totals / ((n - 1.0) * (n - 2.0))
}
