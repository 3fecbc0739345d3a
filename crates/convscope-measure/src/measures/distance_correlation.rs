//! Distance correlation.

use convscope_core::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Laws, Measure, SHAPE, entry, similarity};
use crate::kernel::{self, Estimator, Kernel};
use crate::{Estimate, Moments, Pair, Prepared, Refusal};

pub(super) const BIASED: Entry<dyn Measure> = entry::<Biased>(
    "distance-correlation",
    "The correlation of double-centred Euclidean distances between samples.",
    "Székely, Rizzo and Bakirov 2007, doi:10.1214/009053607000000505",
);

pub(super) const DEBIASED: Entry<dyn Measure> = entry::<Debiased>(
    "debiased-distance-correlation",
    "The bias-corrected squared distance correlation; near 0 for unrelated layers.",
    "Székely and Rizzo 2013, doi:10.1016/j.jmva.2013.02.012",
);

/// Distance correlation, plug-in.
///
/// ```text
/// √(dCov²(X, Y) / √(dCov²(X, X) dCov²(Y, Y))),   dCov² = ⟨HDH, HEH⟩ / n²
/// ```
///
/// with D and E the Euclidean distances between samples. In the population it is 0 exactly for
/// independent variables, linear or not; in samples it is biased upwards, and towards 1 for wide
/// layers. The root is reported, as its authors do. Cost: n²p a layer, n²/2 a pair.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Biased {}

impl Measure for Biased {
    fn laws(&self) -> Laws {
        similarity(SHAPE)
    }

    fn estimator(&self) -> String {
        "Euclidean distances, biased, root of the ratio".into()
    }

    fn keeps_pairs(&self) -> bool {
        true
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        let (x, y) = (pair.x.distance(), pair.y.distance());
        let (squared, _) = kernel::alignment(Estimator::Biased, [x, y], x.overlap(y))?;
        Ok(rooted(squared))
    }

    fn estimates(&self, xs: &[&Prepared], ys: &[&Prepared]) -> Vec<Vec<Result<Estimate, Refusal>>> {
        alignments(Estimator::Biased, xs, ys, |(squared, _)| rooted(squared))
    }

    fn warm(&self, layer: &Prepared) {
        layer.distance();
    }
}

/// The bias-corrected squared distance correlation.
///
/// ```text
/// ⟨D*, E*⟩ / (‖D*‖ ‖E*‖),   D* and E* the U-centred distances
/// ```
///
/// `debiased-cka` with distances for kernels: may be negative, mean 0 and variance 2/(n(n−3)) under
/// a random order of the samples. A square, unlike `distance-correlation`: compare neither with
/// the other. Cost: n²p a layer, n²/2 a pair.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Debiased {}

impl Measure for Debiased {
    fn laws(&self) -> Laws {
        similarity(SHAPE)
    }

    fn estimator(&self) -> String {
        "Euclidean distances, U-centred, squared".into()
    }

    fn keeps_pairs(&self) -> bool {
        true
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        let (x, y) = (pair.x.distance(), pair.y.distance());
        let (value, null) = kernel::alignment(Estimator::Debiased, [x, y], x.overlap(y))?;
        Ok(Estimate::of(value).with_null(null))
    }

    fn estimates(&self, xs: &[&Prepared], ys: &[&Prepared]) -> Vec<Vec<Result<Estimate, Refusal>>> {
        let noted = |(value, null)| Estimate::of(value).with_null(null);
        alignments(Estimator::Debiased, xs, ys, noted)
    }

    fn warm(&self, layer: &Prepared) {
        layer.distance();
    }
}

fn rooted(squared: f64) -> Estimate {
    Estimate::of(squared.max(0.0).sqrt())
}

fn alignments(
    estimator: Estimator,
    xs: &[&Prepared],
    ys: &[&Prepared],
    noted: impl Fn((f64, Moments)) -> Estimate,
) -> Vec<Vec<Result<Estimate, Refusal>>> {
    let k: Vec<&Kernel> = xs.iter().map(|layer| layer.distance()).collect();
    let l: Vec<&Kernel> = ys.iter().map(|layer| layer.distance()).collect();
    let table = kernel::alignments(estimator, &k, &l);
    table.into_iter().map(|row| row.into_iter().map(|one| one.map(&noted)).collect()).collect()
}
