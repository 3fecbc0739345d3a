//! The sum of sizes.

use convscope_core::Entry;

use super::penalty::{Acts, Each};
use super::{Kind, Plain, Regularizer, entry, settings};

/// weight · Σ |w|; its slope is weight · sign(w), and 0 at 0.
///
/// Weights come near 0 and jump about it by the rate times the weight; none becomes 0 exactly.
pub(super) const ENTRY: Entry<Regularizer> = entry::<L1>(
    "The sum of the sizes of weights, which drives those to 0 that matter least.",
    "Tibshirani 1996, Regression shrinkage and selection via the lasso",
);

settings!(L1 {});

impl Kind for L1 {
    const ID: &'static str = "l1";

    fn plain(&self) -> Plain {
        self.plain_settings()
    }

    fn acts(&self) -> Acts {
        Acts::Each(Each { value: |weight, _| weight.abs(), slope: |weight, _| sign(weight) })
    }

    fn name(&self) -> String {
        "L1".into()
    }
}

fn sign(weight: f32) -> f32 {
    if weight == 0.0 { 0.0 } else { 1.0_f32.copysign(weight) }
}
