//! Centred kernel alignment of linear kernels.

use convscope_core::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Laws, Measure, SHAPE, entry, similarity};
use crate::kernel::Estimator;
use crate::linear;
use crate::{Caveat, Estimate, Pair, Prepared, Refusal, Streaming};

pub(super) const BIASED: Entry<dyn Measure> = entry::<Biased>(
    "cka",
    "Centred kernel alignment of linear kernels, the plug-in estimate: the RV coefficient.",
    "Kornblith, Norouzi, Lee and Hinton 2019, arXiv:1905.00414; Robert and Escoufier 1976",
);

pub(super) const DEBIASED: Entry<dyn Measure> = entry::<Debiased>(
    "debiased-cka",
    "Centred kernel alignment of linear kernels from unbiased HSIC; near 0 for unrelated layers.",
    "Nguyen, Raghu and Kornblith 2021, arXiv:2010.15327; Song et al. 2012",
);

/// Linear CKA, plug-in.
///
/// ```text
/// ‖XᵀY‖² / (‖XᵀX‖ ‖YᵀY‖),   X and Y centred
/// ```
///
/// 1 if the layers differ by rotation and scale, and at least 0. It misleads on wide layers: two
/// independent Gaussian layers of 512 units have 0.94 on 32 samples and 0.67 on 256 (Murphy et al.
/// 2024, arXiv:2405.01012), and a few far samples decide it (Davari et al. 2023, arXiv:2210.16156).
/// The null mean and z show the first.
///
/// Cost for a pair: npq on the units' side, or n²/2 beside a Gram matrix kept for each layer.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Biased {}

impl Measure for Biased {
    fn laws(&self) -> Laws {
        similarity(SHAPE)
    }

    fn estimator(&self) -> String {
        "linear kernel, biased".into()
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        let (value, null) = linear::alignment(Estimator::Biased, pair)?;
        let wide = pair.x.units().max(pair.y.units()) >= pair.samples();
        Ok(Estimate::of(value).with_null(null).with(Caveat::BiasedOnWideData, wide))
    }

    fn estimates(&self, xs: &[&Prepared], ys: &[&Prepared]) -> Vec<Vec<Result<Estimate, Refusal>>> {
        let wide = |pair: Pair<'_>| pair.x.units().max(pair.y.units()) >= pair.samples();
        linear::alignments(Estimator::Biased, xs, ys, wide)
    }
}

/// Linear CKA from the unbiased estimator of HSIC.
///
/// ```text
/// HSIC₁(X, Y) / √(HSIC₁(X, X) HSIC₁(Y, Y))
/// n(n−3) HSIC₁(X, Y) = ‖XᵀY‖² − n/(n−2) Σ aᵢbᵢ + Σa Σb / ((n−1)(n−2)),   aᵢ = ‖xᵢ‖², bᵢ = ‖yᵢ‖²
/// ```
///
/// with X and Y centred. 0 on average for unrelated layers of any width, and below 0 half of the
/// time: a negative value is a finding, not an error. Under a random order of the samples its mean
/// is exactly 0 and its variance exactly 2/(n(n−3)). The ratio itself is not unbiased.
///
/// Refuses layers whose own HSIC₁ is not positive. Needs n > 3. Cost as for the biased one.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Debiased {}

impl Measure for Debiased {
    fn laws(&self) -> Laws {
        similarity(SHAPE)
    }

    fn estimator(&self) -> String {
        "linear kernel, debiased (HSIC₁)".into()
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        let (value, null) = linear::alignment(Estimator::Debiased, pair)?;
        Ok(Estimate::of(value).with_null(null))
    }

    fn estimates(&self, xs: &[&Prepared], ys: &[&Prepared]) -> Vec<Vec<Result<Estimate, Refusal>>> {
        linear::alignments(Estimator::Debiased, xs, ys, |_| false)
    }

    fn streaming(&self) -> Option<Streaming> {
        Some(Streaming::Sums)
    }
}
