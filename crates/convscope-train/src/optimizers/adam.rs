//! Adam, and Adam with weight decay beside the gradient.

use convscope_core::Entry;
use convscope_core::registry::SettingError;
use convscope_engine::{Level, update};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Descent, Optimizer, Pace, Rule, Span, check_rate, check_weight_decay, decay_in_words, entry,
};

pub(super) const ADAM: Entry<dyn Optimizer> = entry::<Adam>(
    "adam",
    "Steps scaled by running means of gradients and of their squares.",
    "Kingma and Ba 2014, arXiv:1412.6980, as torch.optim.Adam computes it",
);

pub(super) const ADAM_W: Entry<dyn Optimizer> = entry::<AdamW>(
    "adamw",
    "Adam with a weight decay that is not scaled with the gradient.",
    "Loshchilov and Hutter 2017, arXiv:1711.05101, as torch.optim.AdamW computes it",
);

/// Adam; weight decay is added to the gradient, and so scaled with it.
///
/// ```text
/// g = gradient + weight-decay · w
/// m = β₁ m + (1 − β₁) g          v = β₂ v + (1 − β₂) g²
/// w = w − lr · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + eps)
/// ```
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Adam {
    /// The learning rate.
    lr: f64,
    /// Decay of the mean of gradients and of that of their squares, each from 0 to below 1.
    betas: [f64; 2],
    /// Keeps the quotient finite.
    eps: f64,
    /// How strongly weights are pulled to 0.
    weight_decay: f64,
}

/// [`Adam`] with the weight decay beside the step: w = w − lr · weight-decay · w.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct AdamW {
    /// The learning rate.
    lr: f64,
    /// Decay of the mean of gradients and of that of their squares, each from 0 to below 1.
    betas: [f64; 2],
    /// Keeps the quotient finite.
    eps: f64,
    /// How strongly weights are pulled to 0.
    weight_decay: f64,
}

impl Default for Adam {
    fn default() -> Self {
        Self { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0.0 }
    }
}

impl Default for AdamW {
    fn default() -> Self {
        let Adam { lr, betas, eps, .. } = Adam::default();
        Self { lr, betas, eps, weight_decay: 0.01 }
    }
}

impl Adam {
    fn descent(&self, weights: usize, level: Level, decoupled: bool) -> Box<dyn Descent> {
        let step = self.step(decoupled);
        let (mean, square) = (vec![0.0; weights], vec![0.0; weights]);
        Box::new(AdamDescent { step, level, steps: 0, mean, square })
    }

    fn step(&self, decoupled: bool) -> update::Adam {
        let Self { lr, betas: [beta1, beta2], eps, weight_decay } = *self;
        update::Adam { lr, beta1, beta2, epsilon: eps, weight_decay, decoupled }
    }

    fn in_words(&self, name: &str) -> String {
        let Self { lr, betas: [first, second], weight_decay, .. } = *self;
        format!("{name} at rate {lr}, betas {first} and {second}{}", decay_in_words(weight_decay))
    }
}

impl AdamW {
    fn as_adam(&self) -> Adam {
        let Self { lr, betas, eps, weight_decay } = *self;
        Adam { lr, betas, eps, weight_decay }
    }
}

impl Optimizer for Adam {
    fn check(&self) -> Result<(), SettingError> {
        check_rate(self.lr)?;
        check_weight_decay(self.weight_decay)?;
        if !self.betas.iter().all(|beta| (0.0..1.0).contains(beta)) {
            let [first, second] = self.betas;
            let message = format!("betas are at least 0 and below 1, not {first} and {second}");
            return Err(SettingError::at("betas", message));
        }
        let eps = self.eps as f32;
        if !(eps > 0.0 && eps.is_finite()) {
            let message = format!("eps is a finite number above 0, not {}", self.eps);
            return Err(SettingError::at("eps", message));
        }
        Ok(())
    }

    fn rate(&self) -> f64 {
        self.lr
    }

    fn start(&self, weights: usize, level: Level) -> Box<dyn Descent> {
        self.descent(weights, level, false)
    }

    fn rule(&self) -> Rule {
        Rule::Adam(self.step(false))
    }

    fn describe(&self) -> String {
        self.in_words("Adam")
    }
}

impl Optimizer for AdamW {
    fn check(&self) -> Result<(), SettingError> {
        self.as_adam().check()
    }

    fn rate(&self) -> f64 {
        self.lr
    }

    fn start(&self, weights: usize, level: Level) -> Box<dyn Descent> {
        self.as_adam().descent(weights, level, true)
    }

    fn rule(&self) -> Rule {
        Rule::Adam(self.as_adam().step(true))
    }

    fn describe(&self) -> String {
        self.as_adam().in_words("AdamW")
    }
}

struct AdamDescent {
    step: update::Adam,
    level: Level,
    steps: u64,
    mean: Vec<f32>,
    square: Vec<f32>,
}

impl Descent for AdamDescent {
    fn step(&mut self, pace: Pace, weights: &mut [f32], gradients: &[f32], spans: &[Span]) {
        let Self { step, level, steps, mean, square } = self;
        *steps += 1;
        let beta1 = pace.momentum.unwrap_or(step.beta1);
        for Span { range, decays } in spans {
            let here = || range.clone();
            let weight_decay = if *decays { step.weight_decay } else { 0.0 };
            let step = update::Adam { lr: pace.rate, beta1, weight_decay, ..*step };
            let (mean, square) = (&mut mean[here()], &mut square[here()]);
            let weights = &mut weights[here()];
            update::adam(*level, &step, *steps, weights, &gradients[here()], (mean, square));
        }
    }

    fn memory(&mut self) -> Vec<(&'static str, &mut [f32])> {
        vec![("mean", &mut self.mean), ("square", &mut self.square)]
    }

    fn go_on_after(&mut self, steps: u64) {
        self.steps = steps;
    }
}
