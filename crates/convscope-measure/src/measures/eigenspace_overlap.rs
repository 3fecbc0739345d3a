//! How much of one layer's space lies in the other's.

use convscope_core::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Change, Laws, Measure, entry, similarity};
use crate::{Caveat, Estimate, Pair, Prepared, Refusal, linalg};

pub(super) const ENTRY: Entry<dyn Measure> = entry::<EigenspaceOverlap>(
    "eigenspace-overlap",
    "How much of the larger of two spaces, spanned by uncentred layers, lies in the other.",
    "May, Zhang, Dao and Ré 2019, arXiv:1909.01264",
);

/// The eigenspace overlap score.
///
/// ```text
/// ‖UᵀV‖² / max(r, s),   U and V orthonormal bases of the layers as they came, not centred
/// ```
///
/// Divides by the larger rank, so a layer inside another does not score 1; `squared-cca` is the
/// same of centred layers over the smaller. By chance about min(r, s)/n. Refuses layers that span
/// all n dimensions. Cost: one decomposition a
/// layer, of its own since it is not centred, and nrs a pair.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct EigenspaceOverlap {}

impl Measure for EigenspaceOverlap {
    fn laws(&self) -> Laws {
        similarity(&[
            Change::Orthogonal,
            Change::Linear,
            Change::Scale,
            Change::UnitOrder,
            Change::SampleOrder,
        ])
    }

    fn estimator(&self) -> String {
        "uncentred, over the larger rank".into()
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        let (x, y) = (pair.x.raw_basis()?, pair.y.raw_basis()?);
        let (samples, larger) = (pair.samples(), x.ncols().max(y.ncols()));
        if larger >= samples {
            return Err(Refusal::TooWide { samples, directions: larger });
        }
        let both = linalg::squared_norm(linalg::cross(x, y).as_ref());
        let (ranks, units) = ([x.ncols(), y.ncols()], [pair.x.units(), pair.y.units()]);
        Ok(Estimate::of(both / larger as f64)
            .with(Caveat::RankBelowUnits { ranks, units }, ranks != units))
    }

    fn warm(&self, layer: &Prepared) {
        let _ = layer.raw_basis();
    }
}
