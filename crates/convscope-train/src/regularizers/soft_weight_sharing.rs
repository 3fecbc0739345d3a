//! Weights drawn to a few values that they agree on.

use convscope_core::{Entry, Mixture, Prior, SettingError};
use convscope_probe::Size;

use super::penalty::{Acts, OfKernels, OnKernels, scale};
use super::{Kind, Plain, Regularizer, entry, of_kernels, settings};

/// weight · −Σ ln p(w) over the weights of a layer's kernels, p being a mixture of Gaussians of the layer:
///
/// ```text
/// p(w) = Σⱼ πⱼ N(w; μⱼ, σⱼ²), μ₀ = 0;   slope  weight · Σⱼ rⱼ(w) (w − μⱼ) / σⱼ²
/// ```
///
/// rⱼ being the share of component j in p(w). The mixture is not descended with the weights, as in the source: it is
/// fitted to them before the first step of each epoch, by ten rounds of expectation and maximisation, and stays until
/// the next. So it needs no rate of its own, has nothing to tune against that of the weights, and lags
/// by up to an epoch. At first the means lie evenly from the smallest to the largest weight, the deviations are their
/// distance, and all shares are equal. The first mean stays at 0. A Gamma prior on 1 / σ², worth ten weights
/// at a deviation of a twentieth of the layer's root mean square, keeps components from closing about one weight.
/// Ullrich et al. give constants for weights of one size (17 components, deviation 0.25, Gamma priors of 250 and 0.1);
/// relative ones do for every layer.
///
/// Where it misleads: steps overshoot when rate · weight is above 2 σ² of the narrowest component, and with n weights one
/// can be as narrow as σ² = 0.025 / (10 + n) of the layer's mean square. What is left are values near a codebook; they
/// are rounded to it only by who reads them.
///
/// Costs `components` exponentials a weight and step: lenet-5 trains at about 0.55 of its speed
/// (example `penalties`).
pub(super) const ENTRY: Entry<Regularizer> = entry::<SoftWeightSharing>(
    "How unlikely weights are under a mixture of Gaussians fitted to their layer, one of them at 0.",
    "Nowlan & Hinton 1992; Ullrich, Meeds, Welling 2017, arXiv:1702.04008",
);

settings!(SoftWeightSharing {
    /// How many Gaussians a layer has, that at 0 included.
    components: u32 = 16,
});

impl Kind for SoftWeightSharing {
    const ID: &'static str = "soft-weight-sharing";

    fn plain(&self) -> Plain {
        self.plain_settings()
    }

    fn check(&self) -> Result<(), SettingError> {
        if (2..=256).contains(&self.components) {
            return Ok(());
        }
        let message = format!("a mixture has 2 to 256 components, not {}", self.components);
        Err(SettingError::at("components", message))
    }

    fn acts(&self) -> Acts {
        of_kernels(Sharing { components: self.components as usize })
    }

    fn name(&self) -> String {
        format!("weights shared by {} Gaussians", self.components)
    }
}

#[derive(Debug, Clone, Copy)]
struct Sharing {
    components: usize,
}

impl OfKernels for Sharing {
    fn at(&self, _: Size, _: usize) -> Box<dyn OnKernels> {
        Box::new(Shared { mixture: Mixture::new(self.components), begun: false })
    }
}

/// How often the mixture is fitted before an epoch.
const ROUNDS: usize = 10;
/// The deviation of the prior, as a share of the layer's root mean square.
const DEVIATION: f64 = 0.05;
/// How many weights the prior is worth.
const WORTH: f64 = 10.0;

struct Shared {
    mixture: Mixture,
    begun: bool,
}

impl OnKernels for Shared {
    fn begin(&mut self, weights: &[f64]) {
        let variance = (DEVIATION * scale(weights)).powi(2);
        // Of weights that are all 0 nothing can be learned.
        if variance == 0.0 {
            return;
        }
        if !self.begun {
            self.mixture.spread(weights, variance, None);
            self.begun = true;
        }
        for _ in 0..ROUNDS {
            self.mixture.fit(weights, Prior { variance, worth: WORTH, zero: None });
        }
    }

    fn memory(&self) -> Vec<f64> {
        if self.begun { self.mixture.memory() } else { Vec::new() }
    }

    fn recall(&mut self, memory: &[f64]) -> bool {
        let fits = memory.len() == self.mixture.memory().len();
        if fits {
            self.mixture.recall(memory);
            self.begun = true;
        }
        fits || memory.is_empty()
    }

    fn value(&mut self, weights: &[f64]) -> f64 {
        if !self.begun {
            return 0.0;
        }
        weights.iter().map(|&weight| -self.mixture.density(weight)).sum()
    }

    fn slope(&mut self, weights: &[f64], slope: &mut [f64]) {
        if !self.begun {
            return;
        }
        for (&weight, slope) in weights.iter().zip(slope) {
            *slope += self.mixture.pull(weight);
        }
    }
}
