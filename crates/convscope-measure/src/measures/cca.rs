//! Canonical correlations and their averages.

use convscope_core::{Entry, SettingError};
use faer::Mat;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Laws, Measure, SHAPE, SPAN, entry, similarity, wanted};
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
/// [`Refusal::TooWide`] if either layer spans everything (rank n − 1, which p ≥ n − 1 units
/// have unless some depend on others).
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
    let directions = pair.x.rank()?.max(pair.y.rank()?);
    if directions + 1 >= samples {
        return Err(Refusal::TooWide { samples, directions });
    }
    Ok(())
}

/// Makes sure that a ridge is none or above none.
pub(super) fn ridge(ridge: f64) -> Result<(), SettingError> {
    wanted(ridge >= 0.0 && ridge.is_finite(), "ridge", "a ridge of at least 0", ridge)
}

/// Returns sᵢ² / (sᵢ² + λ) of each direction: what the ridge leaves of its variance.
fn left(layer: &Prepared, ridge: f64) -> Result<Vec<f64>, Refusal> {
    let lambda = ridge * layer.squared_size() / layer.units() as f64;
    Ok(layer.directions()?.s.iter().map(|s| s * s / (s * s + lambda)).collect())
}

/// Returns `D UᵀV E`, with the roots of what the ridge leaves of each direction in D and E.
fn shrunk_cosines(pair: Pair<'_>, ridge: f64) -> Result<Mat<f64>, Refusal> {
    let basis = |layer: &Prepared| -> Result<Mat<f64>, Refusal> {
        let roots: Vec<f64> = left(layer, ridge)?.into_iter().map(f64::sqrt).collect();
        Ok(linalg::scaled_columns(layer.directions()?.u.as_ref(), &roots))
    };
    Ok(linalg::cross(basis(pair.x)?.as_ref(), basis(pair.y)?.as_ref()))
}

fn laws(ridge: f64) -> Laws {
    if ridge > 0.0 {
        return Laws { of_self: None, ..similarity(SHAPE) };
    }
    similarity(SPAN)
}

fn in_words(average: &str, ridge: f64) -> String {
    let plain = format!("{average} over min(rank, rank)");
    if ridge > 0.0 {
        format!("{plain}, ridge {ridge} ‖X‖²/p and {ridge} ‖Y‖²/q")
    } else {
        plain
    }
}

/// Adds that averages run over directions.
fn with_directions(estimate: Estimate, pair: Pair<'_>) -> Result<Estimate, Refusal> {
    let units = [pair.x.units(), pair.y.units()];
    let ranks = [pair.x.directions()?.rank(), pair.y.directions()?.rank()];
    Ok(estimate.with(Caveat::RankBelowUnits { ranks, units }, ranks != units))
}

/// Adds what ranks say of an average over canonical correlations.
pub(super) fn with_ranks(estimate: Estimate, pair: Pair<'_>, ranks: [usize; 2]) -> Estimate {
    let units = [pair.x.units(), pair.y.units()];
    let estimate = estimate.with(Caveat::RankBelowUnits { ranks, units }, ranks != units);
    with_forced(estimate, pair, ranks)
}

/// Adds how many canonical correlations of so many directions are 1 whatever the data.
pub(super) fn with_forced(estimate: Estimate, pair: Pair<'_>, directions: [usize; 2]) -> Estimate {
    let forced = (directions[0] + directions[1] + 1).saturating_sub(pair.samples());
    estimate.with(Caveat::ForcedCorrelations(forced), forced > 0)
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
///
/// With a ridge (Vinod 1976, doi:10.1016/0304-4076(76)90010-5) the ρᵢ are the singular values of
///
/// ```text
/// (XᵀX + λI)^−½ XᵀY (YᵀY + μI)^−½,   λ = ridge · ‖X‖²/p,   μ = ridge · ‖Y‖²/q
/// ```
///
/// which exist for every width. Directions well below the ridge then count less, a layer no longer
/// has 1 with itself, and changes of basis other than rotations are seen. Cost: one decomposition a
/// layer, always.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Mean {
    /// The ridge, in units of the mean squared size of a unit; 0 for none.
    ridge: f64,
}

impl Measure for Mean {
    fn laws(&self) -> Laws {
        laws(self.ridge)
    }

    fn estimator(&self) -> String {
        in_words("mean of canonical correlations", self.ridge)
    }

    fn check(&self) -> Result<(), SettingError> {
        ridge(self.ridge)
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        if self.ridge > 0.0 {
            let cosines = shrunk_cosines(pair, self.ridge)?;
            let rho = linalg::singular_values(cosines.as_ref())?;
            let mean = rho.iter().sum::<f64>() / rho.len() as f64;
            return with_directions(Estimate::of(mean), pair);
        }
        let rho = canonical_correlations(pair)?;
        let mean = rho.iter().sum::<f64>() / rho.len() as f64;
        Ok(with_ranks(Estimate::of(mean), pair, [pair.x.rank()?, pair.y.rank()?]))
    }

    fn warm(&self, layer: &Prepared) {
        if self.ridge > 0.0 {
            let _ = layer.directions();
        } else {
            let _ = layer.rank();
        }
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
/// max(r, s)/(n − 1). Needs no decomposition of the pair: nrs. The ridge is that of `mean-cca`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Squared {
    /// The ridge, in units of the mean squared size of a unit; 0 for none.
    ridge: f64,
}

impl Measure for Squared {
    fn laws(&self) -> Laws {
        laws(self.ridge)
    }

    fn estimator(&self) -> String {
        in_words("mean of squared canonical correlations", self.ridge)
    }

    fn check(&self) -> Result<(), SettingError> {
        ridge(self.ridge)
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        if self.ridge <= 0.0 {
            room(pair)?;
        }
        let (x, y) = (pair.x.directions()?, pair.y.directions()?);
        let both = linalg::squared_norm(shrunk_cosines(pair, self.ridge)?.as_ref());
        let fewer = x.rank().min(y.rank()) as f64;
        let shapes = [x.shape(&left(pair.x, self.ridge)?), y.shape(&left(pair.y, self.ridge)?)];
        let null = nulls::bilinear(pair.samples(), shapes[0], shapes[1]).scaled(1.0 / fewer);
        let estimate = Estimate::of(both / fewer).with_null(null);
        if self.ridge > 0.0 {
            return with_directions(estimate, pair);
        }
        Ok(with_ranks(estimate, pair, [x.rank(), y.rank()]))
    }

    fn warm(&self, layer: &Prepared) {
        let _ = layer.directions();
    }
}
