//! Canonical correlations and their averages.

use convscope_core::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Laws, Measure, SPAN, entry, similarity};
use crate::prepared::Directions;
use crate::{Caveat, Estimate, Pair, Prepared, Refusal, linalg, nulls, whitening};

pub(super) const MEAN: Entry<dyn Measure> = entry::<Mean>(
    "mean-cca",
    "The mean canonical correlation.",
    "Hotelling 1936, doi:10.2307/2333955; Raghu, Gilmer, Yosinski and Sohl-Dickstein 2017, arXiv:1706.05806",
);

pub(super) const SQUARED: Entry<dyn Measure> = entry::<Squared>(
    "squared-cca",
    "The mean squared canonical correlation, R² of canonical correlations.",
    "Kornblith, Norouzi, Lee and Hinton 2019, arXiv:1905.00414",
);

/// Returns the canonical correlations of two layers, falling: min(r, s) of them, for ranks r and s.
///
/// ```text
/// ρ = singular values of UᵀV,   U and V orthonormal bases of the centred layers
/// ```
///
/// The cosines of the angles between the spaces that the layers span over the samples. With
/// r + s > n − 1 the spaces must meet, and r + s − (n − 1) correlations are 1 whatever the data.
/// Cost: one decomposition a layer, then nrs and a singular value decomposition of r × s. Where the
/// units of both layers are far enough from dependent that it costs less than 1e-10, the layers are
/// not decomposed: the bases come from Cholesky factors of `XᵀX` and `YᵀY`.
///
/// Hotelling 1936, doi:10.2307/2333955; by orthonormal bases Björck and Golub 1973.
///
/// # Errors
/// [`Refusal::TooWide`] if either layer spans everything (rank n − 1, so whenever n ≤ p).
///
/// ```
/// use convscope_measure::{Activations, Pair, Prepared, canonical_correlations};
///
/// let wave = |step: f64| -> Vec<f64> { (0..60).map(|i| (step * f64::from(i)).sin()).collect() };
/// let x = Prepared::new(&Activations::from_f64(&wave(1.0), 2)?);
/// let rho = canonical_correlations(Pair::new(&x, &x)?)?;
/// assert!(rho.iter().all(|rho| (rho - 1.0).abs() < 1e-12));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn canonical_correlations(pair: Pair<'_>) -> Result<Vec<f64>, Refusal> {
    room(pair)?;
    let rho = linalg::singular_values(whitening::all_cosines(pair)?.as_ref())?;
    // Rounding may put the cosine of equal directions a digit above 1.
    Ok(rho.into_iter().map(|rho| rho.min(1.0)).collect())
}

/// Makes sure that neither layer spans everything.
pub(super) fn room(pair: Pair<'_>) -> Result<(), Refusal> {
    let samples = pair.samples();
    if pair.x.rank()?.max(pair.y.rank()?) + 1 >= samples {
        let units = pair.x.units().max(pair.y.units());
        return Err(Refusal::TooWide { samples, units });
    }
    Ok(())
}

/// Adds what ranks say of an average over canonical correlations.
pub(super) fn with_ranks(estimate: Estimate, pair: Pair<'_>, ranks: [usize; 2]) -> Estimate {
    let units = [pair.x.units(), pair.y.units()];
    let forced = (ranks[0] + ranks[1] + 1).saturating_sub(pair.samples());
    estimate
        .with(Caveat::RankBelowUnits { ranks, units }, ranks != units)
        .with(Caveat::ForcedCorrelations(forced), forced > 0)
}

/// The mean canonical correlation.
///
/// ```text
/// Σ ρᵢ / min(r, s),   r and s the ranks of the centred layers
/// ```
///
/// Unchanged by any change of basis, so a direction of tiny variance counts as much as the first:
/// rounding noise or a dead unit that is not quite dead lowers it. Rises with units per sample: two
/// independent Gaussian layers of p units on n samples have about √(p/n). The divisor is of ranks
/// and not of units; a caveat says where they differ. Cost as for [`canonical_correlations`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Mean {}

impl Measure for Mean {
    fn laws(&self) -> Laws {
        similarity(SPAN)
    }

    fn estimator(&self) -> String {
        "mean of canonical correlations over min(rank, rank)".into()
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        let rho = canonical_correlations(pair)?;
        let mean = rho.iter().sum::<f64>() / rho.len() as f64;
        Ok(with_ranks(Estimate::of(mean), pair, [pair.x.rank()?, pair.y.rank()?]))
    }

    fn warm(&self, layer: &Prepared) {
        let _ = layer.rank();
    }
}

/// The mean squared canonical correlation.
///
/// ```text
/// ‖UᵀV‖² / min(r, s) = Σ ρᵢ² / min(r, s)
/// ```
///
/// The share of the variance of one layer's canonical variates that the other explains. As
/// `mean-cca` it weighs all directions alike. Under a random order of the samples its mean is
/// max(r, s)/(n − 1). Needs no decomposition of the pair: nrs.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Squared {}

impl Measure for Squared {
    fn laws(&self) -> Laws {
        similarity(SPAN)
    }

    fn estimator(&self) -> String {
        "mean of squared canonical correlations over min(rank, rank)".into()
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        room(pair)?;
        let (x, y) = (pair.x.directions()?, pair.y.directions()?);
        let both = linalg::squared_norm(linalg::cross(x.u.as_ref(), y.u.as_ref()).as_ref());
        let fewer = x.rank().min(y.rank()) as f64;
        let shape = |span: &Directions| span.shape(&vec![1.0; span.rank()]);
        let null = nulls::bilinear(pair.samples(), shape(x), shape(y)).scaled(1.0 / fewer);
        let estimate = Estimate::of(both / fewer).with_null(null);
        Ok(with_ranks(estimate, pair, [x.rank(), y.rank()]))
    }

    fn warm(&self, layer: &Prepared) {
        let _ = layer.directions();
    }
}
