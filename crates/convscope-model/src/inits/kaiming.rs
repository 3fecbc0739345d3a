//! Starts that keep the variance of activations through relus.

use convscope_core::{Entry, Seed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pytorch::fan_in_uniform;
use super::{Init, InitError, draw, entry};
use crate::{Net, Role};

pub(super) const UNIFORM: Entry<dyn Init> = entry::<KaimingUniform>(
    "kaiming-uniform",
    "Weights uniform within √(6 / fan-in), biases as PyTorch leaves them.",
    "He, Zhang, Ren, Sun 2015, arXiv:1502.01852",
);

pub(super) const NORMAL: Entry<dyn Init> = entry::<KaimingNormal>(
    "kaiming-normal",
    "Weights normal with variance 2 / fan-in, biases as PyTorch leaves them.",
    "He, Zhang, Ren, Sun 2015, arXiv:1502.01852",
);

/// Weights uniform in ±√(6 / fan-in).
///
/// What `torch.nn.init.kaiming_uniform_(weight, nonlinearity="relu")` draws. Biases stay as
/// `PyTorch` made them, uniform in ±1/√fan-in: that function is given weights only.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct KaimingUniform {}

impl Init for KaimingUniform {
    fn weights(&self, net: &Net, seed: Seed) -> Result<Vec<f32>, InitError> {
        Ok(draw(net, seed, |parameter, stream| match parameter.role {
            Role::Weight => {
                let bound = (6.0 / parameter.fan_in as f64).sqrt();
                stream.uniform_in(-bound, bound)
            }
            _ => fan_in_uniform(parameter, stream),
        }))
    }
}

/// Weights normal with mean 0 and variance 2 / fan-in; biases as for [`KaimingUniform`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct KaimingNormal {}

impl Init for KaimingNormal {
    fn weights(&self, net: &Net, seed: Seed) -> Result<Vec<f32>, InitError> {
        Ok(draw(net, seed, |parameter, stream| match parameter.role {
            Role::Weight => (2.0 / parameter.fan_in as f64).sqrt() * stream.normal(),
            _ => fan_in_uniform(parameter, stream),
        }))
    }
}
