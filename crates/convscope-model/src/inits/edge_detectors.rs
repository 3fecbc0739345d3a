//! Kernels made by hand to answer to edges.

use convscope_core::{Entry, Seed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pytorch::PyTorch;
use super::{Init, InitError, entry};
use crate::layer::Op;
use crate::{Net, Parameter, Role};

pub(super) const ENTRY: Entry<dyn Init> = entry::<EdgeDetectors>(
    "edge-detectors",
    "conv1 and conv2 detect horizontal edges, vertical edges and nothing; the rest as pytorch.",
    "Exploring inductive bias of CNN, UC Berkeley EECS 182/282A homework, Q2",
);

/// Filters 0, 1, 2 of `conv1` and `conv2` are the horizontal detector, its transpose and "none",
/// the same on every input channel; their biases are 0.
///
/// ```text
/// k = 2           rows of +1 and −1;                          none is 0
/// k = 7           row 2 is +1, row 3 is −1, the rest 0;       none is the drawn conv1[0, 0]
/// other odd k     y / (x² + y²) from the centre, which is 0;  none is 0
/// ```
///
/// With x and y counted from the centre to the right and downwards. For other odd k the source
/// takes x / (x² + y²), which answers to vertical edges, as its horizontal detector, and the
/// transpose as its vertical one. Here each is what its name says; the two filters have changed
/// places, which no later layer can tell.
///
/// Refused: nets without `conv1` and `conv2` of three filters each and of one size, even k
/// other than 2, and k = 1, whose detectors would be 0.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct EdgeDetectors {}

impl Init for EdgeDetectors {
    fn weights(&self, net: &Net, seed: Seed) -> Result<Vec<f32>, InitError> {
        let mut weights = PyTorch {}.weights(net, seed)?;
        let convolutions = [convolution(net, "conv1")?, convolution(net, "conv2")?];
        let [first, second] = convolutions.map(|(weight, _)| weight);
        let [k, of_second] = [first, second].map(|weight| weight.dimensions[2]);
        if k != of_second {
            return Err(InitError::UnlikeKernels { first: k, second: of_second });
        }
        let kernels = detectors(k, &weights[first.range()][..k * k])?;
        for (weight, bias) in convolutions {
            let filter = weight.len() / FILTERS;
            for (numbers, kernel) in weights[weight.range()].chunks_mut(filter).zip(&kernels) {
                numbers.chunks_mut(k * k).for_each(|channel| channel.copy_from_slice(kernel));
            }
            if let Some(bias) = bias {
                weights[bias.range()].fill(0.0);
            }
        }
        Ok(weights)
    }
}

const FILTERS: usize = 3;

type WeightAndBias<'a> = (&'a Parameter, Option<&'a Parameter>);

fn convolution<'a>(net: &'a Net, name: &'static str) -> Result<WeightAndBias<'a>, InitError> {
    let index = net
        .layers()
        .iter()
        .position(|layer| layer.name == name && matches!(layer.op, Op::Conv(_)))
        .ok_or(InitError::NoSuchConvolution(name))?;
    let of_role = |role| net.parameters().iter().find(|p| p.layer == index && p.role == role);
    let weight = of_role(Role::Weight).ok_or(InitError::NoSuchConvolution(name))?;
    match weight.dimensions[0] {
        FILTERS => Ok((weight, of_role(Role::Bias))),
        came => Err(InitError::Filters { layer: name, came }),
    }
}

/// Returns the horizontal detector, the vertical one and none, each k × k.
fn detectors(k: usize, drawn: &[f32]) -> Result<[Vec<f32>; FILTERS], InitError> {
    let horizontal: Vec<f32> = match k {
        2 => vec![1.0, 1.0, -1.0, -1.0],
        7 => (0..49).map(|i| [0.0, 0.0, 1.0, -1.0, 0.0, 0.0, 0.0][i / 7]).collect(),
        _ if k > 1 && k % 2 == 1 => (0..k * k).map(|i| slope(i / k, i % k, k / 2)).collect(),
        _ => return Err(InitError::Kernel(k)),
    };
    let vertical = (0..k * k).map(|i| horizontal[i % k * k + i / k]).collect();
    let none = if k == 7 { drawn.to_vec() } else { vec![0.0; k * k] };
    Ok([horizontal, vertical, none])
}

/// y / (x² + y²) from the centre downwards; 0 at the centre.
fn slope(row: usize, column: usize, centre: usize) -> f32 {
    let (y, x) = (row as f64 - centre as f64, column as f64 - centre as f64);
    if x == 0.0 && y == 0.0 { 0.0 } else { (y / (x * x + y * y)) as f32 }
}
