//! Centred kernel alignment of Gaussian kernels.

use std::sync::Arc;

use convscope_core::{Entry, SettingError};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Laws, Measure, SHAPE, entry, similarity, wanted};
use crate::kernel::{self, Estimator, Kernel};
use crate::{Estimate, Pair, Prepared, Refusal, pairs};

pub(super) const BIASED: Entry<dyn Measure> = entry::<Biased>(
    "rbf-cka",
    "Centred kernel alignment of Gaussian kernels, the plug-in estimate.",
    "Kornblith, Norouzi, Lee and Hinton 2019, arXiv:1905.00414",
);

pub(super) const DEBIASED: Entry<dyn Measure> = entry::<Debiased>(
    "debiased-rbf-cka",
    "Centred kernel alignment of Gaussian kernels from unbiased HSIC.",
    "Song, Smola, Gretton, Bedo and Borgwardt 2012, JMLR 13",
);

/// CKA of Gaussian kernels, plug-in.
///
/// ```text
/// Kᵢⱼ = exp(−dᵢⱼ² / (2 t² m)),   m the median of dᵢⱼ² over all n² entries, t the bandwidth
/// ```
///
/// The median counts the zeros of the diagonal, as the authors' own code does; others take the
/// median of distances without them or a fixed width, so numbers of two programs are comparable
/// only where t and m are. Small t sees near neighbours only; large t tends to linear CKA. Biased
/// upwards as linear CKA is, the more so for small t.
///
/// Cost: n²p and n²/2 exponentials a layer, n²/2 a pair.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Biased {
    /// The kernel's width, in roots of the median squared distance.
    bandwidth: f64,
}

impl Default for Biased {
    fn default() -> Self {
        Self { bandwidth: 1.0 }
    }
}

impl Measure for Biased {
    fn laws(&self) -> Laws {
        similarity(SHAPE)
    }

    fn estimator(&self) -> String {
        format!("Gaussian kernel, width {} √median d², biased", self.bandwidth)
    }

    fn keeps_pairs(&self) -> bool {
        true
    }

    fn check(&self) -> Result<(), SettingError> {
        bandwidth(self.bandwidth)
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        estimate(Estimator::Biased, pair, self.bandwidth)
    }

    fn warm(&self, layer: &Prepared) {
        let _ = gaussian(layer, self.bandwidth);
    }
}

/// CKA of Gaussian kernels from unbiased HSIC.
///
/// Formula and width as for `rbf-cka`, HSIC₁ as for `debiased-cka`: mean 0 and variance 2/(n(n−3))
/// under a random order of the samples.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Debiased {
    /// The kernel's width, in roots of the median squared distance.
    bandwidth: f64,
}

impl Default for Debiased {
    fn default() -> Self {
        Self { bandwidth: 1.0 }
    }
}

impl Measure for Debiased {
    fn laws(&self) -> Laws {
        similarity(SHAPE)
    }

    fn estimator(&self) -> String {
        format!("Gaussian kernel, width {} √median d², debiased (HSIC₁)", self.bandwidth)
    }

    fn keeps_pairs(&self) -> bool {
        true
    }

    fn check(&self) -> Result<(), SettingError> {
        bandwidth(self.bandwidth)
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        estimate(Estimator::Debiased, pair, self.bandwidth)
    }

    fn warm(&self, layer: &Prepared) {
        let _ = gaussian(layer, self.bandwidth);
    }
}

fn bandwidth(bandwidth: f64) -> Result<(), SettingError> {
    let holds = bandwidth > 0.0 && bandwidth.is_finite();
    wanted(holds, "bandwidth", "a bandwidth above 0", bandwidth)
}

fn estimate(estimator: Estimator, pair: Pair<'_>, bandwidth: f64) -> Result<Estimate, Refusal> {
    let (x, y) = (gaussian(pair.x, bandwidth), gaussian(pair.y, bandwidth));
    let (x, y) = (kernel_of(&x)?, kernel_of(&y)?);
    let (value, null) = kernel::alignment(estimator, [x, y], x.overlap(y))?;
    Ok(Estimate::of(value).with_null(null))
}

fn gaussian(layer: &Prepared, bandwidth: f64) -> Arc<Result<Kernel, Refusal>> {
    layer.factors.gaussian(bandwidth.to_bits(), || {
        let (distances, mean) = layer.distance().off();
        let n = layer.samples();
        let squares: Vec<f64> = distances.iter().map(|d| (d + mean).powi(2)).collect();
        let median = full_median(&squares, n);
        if median <= 0.0 {
            return Err(Refusal::FlatDistances);
        }
        let width = -1.0 / (2.0 * bandwidth * bandwidth * median);
        let off = squares.into_par_iter().map(|square| (square * width).exp()).collect();
        Ok(Kernel::new(off, vec![1.0; n]))
    })
}

fn kernel_of(kept: &Arc<Result<Kernel, Refusal>>) -> Result<&Kernel, Refusal> {
    kept.as_ref().as_ref().map_err(Clone::clone)
}

/// Returns the median over a whole symmetric matrix with a zero diagonal.
fn full_median(below: &[f64], n: usize) -> f64 {
    let mut sorted = below.to_vec();
    let mut at = |place: usize| {
        // n zeros come first, then every pair twice.
        place.checked_sub(n).map_or(0.0, |place| pairs::nth(&mut sorted, place / 2))
    };
    let all = n * n;
    if all % 2 == 1 { at(all / 2) } else { f64::midpoint(at(all / 2 - 1), at(all / 2)) }
}
