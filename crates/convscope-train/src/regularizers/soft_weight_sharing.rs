//! Weights drawn to a few values that they agree on.

use std::f64::consts::PI;

use convscope_core::{Entry, SettingError};
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
        Box::new(Mixture {
            components: vec![Gaussian::default(); self.components],
            shares: vec![0.0; self.components],
            moments: vec![[0.0; 3]; self.components],
            begun: false,
        })
    }
}

/// How often the mixture is fitted before an epoch.
const ROUNDS: usize = 10;
/// The deviation of the prior, as a share of the layer's root mean square.
const DEVIATION: f64 = 0.05;
/// How many weights the prior is worth.
const WORTH: f64 = 10.0;

struct Mixture {
    components: Vec<Gaussian>,
    /// What each component is of the density at one weight.
    shares: Vec<f64>,
    /// For each component the sums of shares, shares · weights, shares · squares.
    moments: Vec<[f64; 3]>,
    begun: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Gaussian {
    mean: f64,
    variance: f64,
    /// ln π − ln σ − ½ ln 2π: the logarithm of how high it is.
    height: f64,
}

impl Gaussian {
    fn new(share: f64, mean: f64, variance: f64) -> Self {
        let height = libm::log(share) - libm::log(2.0 * PI * variance) / 2.0;
        Self { mean, variance, height }
    }
}

impl Mixture {
    /// Spreads the components over the weights, none narrower than the prior.
    fn spread(&mut self, weights: &[f64], narrowest: f64) {
        let least = weights.iter().copied().fold(f64::INFINITY, f64::min);
        let most = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let count = self.components.len();
        let apart = (most - least) / count.saturating_sub(2).max(1) as f64;
        for (place, own) in self.components.iter_mut().enumerate() {
            let mean = if place == 0 { 0.0 } else { least + (place - 1) as f64 * apart };
            *own = Gaussian::new(1.0 / count as f64, mean, (apart * apart).max(narrowest));
        }
    }

    /// Takes one round of expectation and maximisation.
    fn fit(&mut self, weights: &[f64], prior: f64) {
        self.moments.fill([0.0; 3]);
        for &weight in weights {
            self.density(weight);
            for (moments, share) in self.moments.iter_mut().zip(&self.shares) {
                moments[0] += share;
                moments[1] += share * weight;
                moments[2] += share * weight * weight;
            }
        }
        let components = self.components.iter_mut().zip(&self.moments).enumerate();
        for (place, (own, &[count, sum, squares])) in components {
            let moves = place > 0 && count > 0.0;
            let mean = if moves { sum / count } else { own.mean };
            let spread = (squares - 2.0 * mean * sum + mean * mean * count).max(0.0);
            let variance = (WORTH * prior + spread) / (WORTH + count);
            *own = Gaussian::new(count / weights.len() as f64, mean, variance);
        }
    }

    /// Returns the logarithm of the density at a weight, and notes the share of each component in it.
    fn density(&mut self, weight: f64) -> f64 {
        let mut highest = f64::NEG_INFINITY;
        for (share, own) in self.shares.iter_mut().zip(&self.components) {
            *share = own.height - (weight - own.mean).powi(2) / (2.0 * own.variance);
            highest = highest.max(*share);
        }
        let mut sum = 0.0;
        for share in &mut self.shares {
            *share = libm::exp(*share - highest);
            sum += *share;
        }
        for share in &mut self.shares {
            *share /= sum;
        }
        highest + libm::log(sum)
    }
}

impl OnKernels for Mixture {
    fn begin(&mut self, weights: &[f64]) {
        let prior = (DEVIATION * scale(weights)).powi(2);
        // Of weights that are all 0 nothing can be learned.
        if prior == 0.0 {
            return;
        }
        if !self.begun {
            self.spread(weights, prior);
            self.begun = true;
        }
        for _ in 0..ROUNDS {
            self.fit(weights, prior);
        }
    }

    fn value(&mut self, weights: &[f64]) -> f64 {
        if !self.begun {
            return 0.0;
        }
        weights.iter().map(|&weight| -self.density(weight)).sum()
    }

    fn slope(&mut self, weights: &[f64], slope: &mut [f64]) {
        if !self.begun {
            return;
        }
        for (&weight, slope) in weights.iter().zip(slope) {
            self.density(weight);
            let pulls = self.shares.iter().zip(&self.components);
            *slope +=
                pulls.map(|(share, own)| share * (weight - own.mean) / own.variance).sum::<f64>();
        }
    }
}
