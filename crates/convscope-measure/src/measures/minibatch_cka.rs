//! CKA from batches of samples.

use convscope_core::{Entry, SettingError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Change, Laws, Measure, entry, similarity, wanted};
use crate::{Caveat, Estimate, MinibatchHsic, Pair, Prepared, Refusal, Streaming};

pub(super) const ENTRY: Entry<dyn Measure> = entry::<MinibatchCka>(
    "minibatch-cka",
    "Debiased linear CKA from HSIC averaged over consecutive batches of samples.",
    "Nguyen, Raghu and Kornblith 2021, arXiv:2010.15327",
);

/// CKA from HSIC₁ of batches: HSIC is averaged first, the ratio is taken once.
///
/// ```text
/// Σ_b HSIC₁(X_b, Y_b) / √(Σ_b HSIC₁(X_b, X_b) · Σ_b HSIC₁(Y_b, Y_b))
/// ```
///
/// It estimates what `debiased-cka` estimates, with more noise, and depends on which samples meet
/// in a batch; use it to compare with published numbers. For data that do not fit into memory,
/// [`crate::StreamingCka`] gives the value over all samples in one pass. Samples after the last
/// whole batch are left out, and a caveat says so. Cost: n·batch·(p + q).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct MinibatchCka {
    /// How many consecutive samples make a batch; at least 4.
    batch: usize,
}

impl Default for MinibatchCka {
    fn default() -> Self {
        Self { batch: 64 }
    }
}

impl Measure for MinibatchCka {
    fn laws(&self) -> Laws {
        similarity(&[Change::Orthogonal, Change::Scale, Change::Translation, Change::UnitOrder])
    }

    fn estimator(&self) -> String {
        format!("linear kernel, HSIC₁ averaged over batches of {}", self.batch)
    }

    fn check(&self) -> Result<(), SettingError> {
        wanted(self.batch >= 4, "batch", "batches of at least 4 samples", self.batch)
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        let n = pair.samples();
        if self.batch > n {
            let message = format!("wanted batches of 4 to {n} samples, got {}", self.batch);
            return Err(Refusal::Setting(message));
        }
        let mut hsic = MinibatchHsic::default();
        for first in (0..=n - self.batch).step_by(self.batch) {
            let rows = |layer: &Prepared| layer.centred().subrows(first, self.batch).to_owned();
            hsic.add(rows(pair.x).as_ref(), rows(pair.y).as_ref());
        }
        let left = n % self.batch;
        Ok(Estimate::of(hsic.cka()?).with(Caveat::SamplesLeftOut(left), left > 0))
    }

    fn streaming(&self) -> Option<Streaming> {
        Some(Streaming::Batches(self.batch))
    }
}
