//! The start that `PyTorch` gives to convolutions and linear layers.

use convscope_core::{Entry, Seed, Stream};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Init, InitError, draw, entry};
use crate::{Net, Parameter};

pub(super) const ENTRY: Entry<dyn Init> = entry::<PyTorch>(
    "pytorch",
    "PyTorch's default: uniform within 1/√fan-in, weights and biases alike.",
    "torch.nn.Conv2d and torch.nn.Linear, reset_parameters",
);

/// Weights and biases uniform in ±1/√fan-in.
///
/// `PyTorch` calls it Kaiming uniform with a = √5: √(6 / ((1 + 5) · fan-in)) = 1/√fan-in. The
/// distribution is `PyTorch`'s, the random numbers are convscope's own.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PyTorch {}

impl Init for PyTorch {
    fn weights(&self, net: &Net, seed: Seed) -> Result<Vec<f32>, InitError> {
        Ok(draw(net, seed, fan_in_uniform))
    }
}

pub(super) fn fan_in_uniform(parameter: &Parameter, stream: &mut Stream) -> f64 {
    let bound = 1.0 / (parameter.fan_in as f64).sqrt();
    stream.uniform_in(-bound, bound)
}
