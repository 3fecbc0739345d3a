//! Kernels from a bank of known operators.

use convscope_arrays::names::matches;
use convscope_core::registry::nearest;
use convscope_core::{Entry, Seed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pytorch::PyTorch;
use super::{Init, InitError, entry};
use crate::{Net, Parameter, Role};

pub(super) const ENTRY: Entry<dyn Init> = entry::<OperatorBank>(
    "operator-bank",
    "Kernels are Gaussians and their slopes and curvatures, drawn from a bank; the rest as pytorch.",
    "Freeman & Adelson 1991; Babaiee et al. 2025, The master key filters hypothesis, arXiv:2509.11711",
);

/// Every kernel of the convolutions that it acts on is one of seven operators, each as likely, or its negative.
///
/// ```text
/// g = exp(−(x² + y²) / 2σ²), σ = k / 4                             blur
/// x·g, y·g                                                         edges
/// (x²/σ² − 1)·g, (y²/σ² − 1)·g, x·y·g, ((x² + y²)/σ² − 2)·g        lines, corners, spots
/// ```
///
/// with x and y counted from the middle of the kernel. All but the blur have their mean taken away, so that
/// they do not answer to even areas; those of which nothing is left then (lines and spots of 2 × 2) are left
/// out. Each kernel is scaled to the variance that `pytorch` draws it with, 1 / (3 · fan-in), so that it differs from a
/// drawn one in its pattern only. With `freeze` on the same weights it is a fixed bank: a layer then learns
/// nothing but what later ones make of it.
///
/// Kernels of one number have no pattern and stay as `pytorch` drew them. Refused: a pattern that matches
/// no convolution with larger kernels.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct OperatorBank {
    /// Name patterns of the weights of convolutions, such as `conv1.weight`.
    on: Vec<String>,
}

impl Default for OperatorBank {
    fn default() -> Self {
        Self { on: vec!["*".into()] }
    }
}

impl Init for OperatorBank {
    fn weights(&self, net: &Net, seed: Seed) -> Result<Vec<f32>, InitError> {
        let mut weights = PyTorch {}.weights(net, seed)?;
        let convolutions: Vec<&Parameter> = net.parameters().iter().filter(|p| takes(p)).collect();
        let names = || convolutions.iter().map(|own| own.name.as_str());
        if let Some(pattern) =
            self.on.iter().find(|pattern| !names().any(|name| matches(pattern, name)))
        {
            let nearest = nearest(pattern, names());
            return Err(InitError::NoKernels { pattern: pattern.clone(), nearest });
        }
        let wanted = |own: &&Parameter| self.on.iter().any(|pattern| matches(pattern, &own.name));
        for own in convolutions.into_iter().filter(wanted) {
            let bank = operators(own.dimensions[2], own.dimensions[3]);
            let deviation = 1.0 / (3.0 * own.fan_in as f64).sqrt();
            let mut stream = seed.child(&own.name).child("operators").stream();
            for kernel in weights[own.range()].chunks_exact_mut(bank[0].len()) {
                let operator = &bank[stream.below(bank.len() as u64) as usize];
                let scale = if stream.below(2) == 0 { deviation } else { -deviation };
                kernel
                    .iter_mut()
                    .zip(operator)
                    .for_each(|(to, value)| *to = (scale * value) as f32);
            }
        }
        Ok(weights)
    }
}

/// Returns whether a parameter has kernels of more than one number.
fn takes(own: &Parameter) -> bool {
    own.role == Role::Weight
        && matches!(own.dimensions[..], [_, _, rows, columns] if rows * columns > 1)
}

/// Returns the operators of a size, each with a mean square of 1.
fn operators(rows: usize, columns: usize) -> Vec<Vec<f64>> {
    let middle = [(rows - 1) as f64 / 2.0, (columns - 1) as f64 / 2.0];
    let variance = (rows.max(columns) as f64 / 4.0).powi(2);
    let kernel = |height: &dyn Fn(f64, f64) -> f64| -> Vec<f64> {
        let at = |place: usize| {
            let y = (place / columns) as f64 - middle[0];
            let x = (place % columns) as f64 - middle[1];
            height(x, y) * libm::exp(-(x * x + y * y) / (2.0 * variance))
        };
        (0..rows * columns).map(at).collect()
    };
    let curved = |at: f64| at * at / variance - 1.0;
    let derivatives = [
        kernel(&|x, _| x),
        kernel(&|_, y| y),
        kernel(&|x, _| curved(x)),
        kernel(&|_, y| curved(y)),
        kernel(&|x, y| x * y),
        kernel(&|x, y| curved(x) + curved(y)),
    ];
    let centred = derivatives.into_iter().map(|kernel| {
        let mean = kernel.iter().sum::<f64>() / kernel.len() as f64;
        kernel.iter().map(|value| value - mean).collect()
    });
    let all = [kernel(&|_, _| 1.0)].into_iter().chain(centred);
    let square = |kernel: &[f64]| kernel.iter().map(|v| v * v).sum::<f64>() / kernel.len() as f64;
    let left = all.filter(|kernel| square(kernel) > VANISHED);
    left.map(|kernel| {
        let length = square(&kernel).sqrt();
        kernel.iter().map(|value| value / length).collect()
    })
    .collect()
}

/// The mean square below which a centred operator is rounding errors.
const VANISHED: f64 = 1e-20;
