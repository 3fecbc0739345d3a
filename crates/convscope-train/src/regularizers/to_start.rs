//! The distance from the first weights.

use convscope_core::Entry;

use super::penalty::{Acts, Each};
use super::{Kind, Plain, Regularizer, entry, settings};

/// weight / 2 · Σ (w − w₀)², w₀ being the first weights; its slope is weight · (w − w₀).
pub(super) const ENTRY: Entry<Regularizer> = entry::<ToStart>(
    "Half the squared distance from the first weights, such as those of a pretrained model.",
    "Li, Grandvalet, Davoine 2018, arXiv:1802.01483, as L2-SP",
);

settings!(ToStart {});

impl Kind for ToStart {
    const ID: &'static str = "l2-to-start";

    fn plain(&self) -> Plain {
        self.plain_settings()
    }

    fn acts(&self) -> Acts {
        Acts::Each(Each {
            value: |weight, start| (weight - start).powi(2) / 2.0,
            slope: |weight, start| weight - start,
        })
    }

    fn name(&self) -> String {
        "L2 to the start".into()
    }
}
