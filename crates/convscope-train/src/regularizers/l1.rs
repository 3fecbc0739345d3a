//! The sum of sizes.

use convscope_core::Entry;

use super::{Regularizer, entry, read};

/// weight · Σ |w|; its slope is weight · sign(w), and 0 at 0.
///
/// Weights come near 0 and jump about it by the rate times the weight; none becomes 0 exactly.
pub(super) const ENTRY: Entry<Regularizer> = entry(
    "l1",
    "The sum of the sizes of weights, which drives those to 0 that matter least.",
    "Tibshirani 1996, Regression shrinkage and selection via the lasso",
    |settings| {
        let settings = read(settings)?;
        Ok(Box::new(Regularizer { settings, id: "l1", name: "L1", slope }))
    },
);

fn slope(weight: f32, _start: f32) -> f32 {
    if weight == 0.0 { 0.0 } else { 1.0_f32.copysign(weight) }
}
