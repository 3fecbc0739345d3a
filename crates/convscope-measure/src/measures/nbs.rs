//! Normalised Bures similarity.

use convscope_core::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Laws, Measure, SHAPE, entry, similarity};
use crate::align::{self, Body};
use crate::{Estimate, Pair, Prepared, Refusal};

pub(super) const ENTRY: Entry<dyn Measure> = entry::<Nbs>(
    "nbs",
    "Normalised Bures similarity of Gram matrices: the fidelity of two layers.",
    "Tang, Maddox, Dickens, Diethe and Damianou 2020, arXiv:2003.11498",
);

/// Normalised Bures similarity.
///
/// ```text
/// tr((K^½ L K^½)^½) / √(tr K · tr L) = ‖XᵀY‖_* / (‖X‖ ‖Y‖),   K = XXᵀ and L = YYᵀ centred
/// ```
///
/// The cosine of `angular-shape` without whitening (Harvey, Larsen and Williams 2023,
/// arXiv:2311.11436); computed as a nuclear norm, which takes no roots of n × n matrices. Always above
/// 0, and rises with units per sample as CKA does.
///
/// Cost: npq and the singular values of the smaller of p × q and n × n; where that costs less than
/// 1e-10, as roots of the eigenvalues of its square, in half of the time.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Nbs {}

impl Measure for Nbs {
    fn laws(&self) -> Laws {
        similarity(SHAPE)
    }

    fn estimator(&self) -> String {
        "nuclear norm of the centred cross-product".into()
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        align::cosine(Body::of(pair.x), Body::of(pair.y)).map(Estimate::of)
    }

    fn warm(&self, layer: &Prepared) {
        layer.narrow();
    }
}
