//! The distance from the first weights.

use convscope_core::Entry;

use super::{Regularizer, entry, read};

/// weight / 2 · Σ (w − w₀)², w₀ being the first weights; its slope is weight · (w − w₀).
pub(super) const ENTRY: Entry<Regularizer> = entry(
    "l2-to-start",
    "Half the squared distance from the first weights, such as those of a pretrained model.",
    "Li, Grandvalet, Davoine 2018, arXiv:1802.01483, as L2-SP",
    |settings| {
        let settings = read(settings)?;
        Ok(Box::new(Regularizer { settings, id: "l2-to-start", name: "L2 to the start", slope }))
    },
);

fn slope(weight: f32, start: f32) -> f32 {
    weight - start
}
