//! Stochastic gradient descent.

use convscope_core::Entry;
use convscope_core::registry::SettingError;
use convscope_engine::{Level, update};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Descent, Optimizer, Pace, Rule, Span, check_rate, check_weight_decay, decay_in_words, entry,
};

pub(super) const ENTRY: Entry<dyn Optimizer> = entry::<Sgd>(
    "sgd",
    "Stochastic gradient descent, with momentum, Nesterov's look ahead and weight decay if wanted.",
    "Sutskever, Martens, Dahl, Hinton 2013, as torch.optim.SGD computes it",
);

/// Stochastic gradient descent as `PyTorch` computes it.
///
/// ```text
/// g = gradient + weight-decay · w
/// v = momentum · v + g
/// w = w − lr · (nesterov ? g + momentum · v : v)
/// ```
///
/// The velocity v is a sum, not a mean: momentum 0.9 makes steps ten times as long in the end, and
/// a change of the rate acts on all of v at once.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Sgd {
    /// The learning rate.
    lr: f64,
    /// How much of the last step is kept, from 0 to below 1.
    momentum: f64,
    /// Whether the gradient is taken as if the step had been made; needs momentum.
    nesterov: bool,
    /// How strongly weights are pulled to 0, through the gradient.
    weight_decay: f64,
}

impl Default for Sgd {
    fn default() -> Self {
        Self { lr: 0.01, momentum: 0.0, nesterov: false, weight_decay: 0.0 }
    }
}

impl Optimizer for Sgd {
    fn check(&self) -> Result<(), SettingError> {
        check_rate(self.lr)?;
        check_weight_decay(self.weight_decay)?;
        if !(0.0..1.0).contains(&self.momentum) {
            let message = format!("momentum is at least 0 and below 1, not {}", self.momentum);
            return Err(SettingError::at("momentum", message));
        }
        if self.nesterov && self.momentum == 0.0 {
            return Err(SettingError::at("nesterov", "nesterov needs a momentum above 0"));
        }
        Ok(())
    }

    fn rate(&self) -> f64 {
        self.lr
    }

    fn start(&self, weights: usize, level: Level) -> Box<dyn Descent> {
        Box::new(SgdDescent { settings: self.clone(), level, velocity: vec![0.0; weights] })
    }

    fn rule(&self) -> Rule {
        Rule::Sgd(self.at(self.lr))
    }

    fn describe(&self) -> String {
        let Self { lr, momentum, nesterov, weight_decay } = *self;
        let kind = if nesterov { "Nesterov momentum" } else { "momentum" };
        let momentum = if momentum == 0.0 { String::new() } else { format!(", {kind} {momentum}") };
        format!("SGD at rate {lr}{momentum}{}", decay_in_words(weight_decay))
    }
}

impl Sgd {
    fn at(&self, rate: f64) -> update::Sgd {
        let Self { momentum, nesterov, weight_decay, .. } = *self;
        let (momentum, weight_decay) = (momentum as f32, weight_decay as f32);
        update::Sgd { lr: rate as f32, momentum, nesterov, weight_decay }
    }
}

struct SgdDescent {
    settings: Sgd,
    level: Level,
    velocity: Vec<f32>,
}

impl Descent for SgdDescent {
    fn step(&mut self, pace: Pace, weights: &mut [f32], gradients: &[f32], spans: &[Span]) {
        let Sgd { momentum, nesterov, weight_decay, .. } = self.settings;
        let momentum = pace.momentum.unwrap_or(momentum) as f32;
        for Span { range, decays } in spans {
            let here = || range.clone();
            let weight_decay = if *decays { weight_decay as f32 } else { 0.0 };
            let step = update::Sgd { lr: pace.rate as f32, momentum, nesterov, weight_decay };
            let velocity = &mut self.velocity[here()];
            update::sgd(self.level, &step, &mut weights[here()], &gradients[here()], velocity);
        }
    }

    fn memory(&mut self) -> Vec<(&'static str, &mut [f32])> {
        vec![("velocity", &mut self.velocity)]
    }
}
