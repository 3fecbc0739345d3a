//! A pass through a net.

use burn_tensor::{FloatDType, Tensor};
use convscope_core::Seed;
use convscope_model::{Net, Op, Source};

use crate::layers::{self, Observed};
use crate::population::Precision;

/// How a net is computed.
#[derive(Clone, Copy)]
pub(crate) struct Pass<'a> {
    pub(crate) net: &'a Net,
    pub(crate) members: usize,
    pub(crate) precision: Precision,
    /// As in training: where each member's draws come from. Without, by running statistics and with
    /// nothing left out.
    pub(crate) noise: Option<&'a [Seed]>,
}

/// What a pass leaves.
pub(crate) struct Left {
    /// The values of the last layer computed: batch × (members · channels) × rows × columns.
    pub(crate) output: Tensor<4>,
    /// What batch norms saw of the batch.
    pub(crate) observed: Vec<Observed>,
}

/// Computes the layers up to one, itself included.
///
/// `numbers` are the population's, one tensor for each of the net's, members × count.
pub(crate) fn forward(
    pass: Pass<'_>,
    numbers: &[Tensor<2>],
    input: Tensor<4>,
    last: usize,
) -> Left {
    let Pass { net, precision, .. } = pass;
    let mut sample = Values::new(input.cast(precision.of_activations()));
    let mut values: Vec<Values> = (0..=last).map(|_| Values::empty()).collect();
    sample.uses = uses(net, Source::Sample, last);
    let mut observed = Vec::new();
    for index in 0..=last {
        let mut take = |source| match source {
            Source::Sample => sample.take(),
            Source::Layer(layer) => values[layer].take(),
        };
        let sources = net.sources(index);
        let input = take(sources[0]);
        let output = match &net.layers()[index].op {
            Op::Add(_) => input + take(sources[1]),
            _ => layers::forward(pass, numbers, index, input, &mut observed),
        };
        let uses = uses(net, Source::Layer(index), last);
        values[index] = Values { tensor: Some(output), uses };
    }
    let output = values[last].tensor.take().expect("the last layer was computed");
    Left { output: output.cast(FloatDType::F32), observed }
}

/// A layer's values, let go after their last use.
struct Values {
    tensor: Option<Tensor<4>>,
    uses: usize,
}

impl Values {
    fn new(tensor: Tensor<4>) -> Self {
        Self { tensor: Some(tensor), uses: 0 }
    }

    fn empty() -> Self {
        Self { tensor: None, uses: 0 }
    }

    fn take(&mut self) -> Tensor<4> {
        self.uses -= 1;
        let values = if self.uses == 0 { self.tensor.take() } else { self.tensor.clone() };
        values.expect("values stay until their last use")
    }
}

fn uses(net: &Net, source: Source, last: usize) -> usize {
    (0..=last).flat_map(|layer| net.sources(layer)).filter(|&&taken| taken == source).count()
}
