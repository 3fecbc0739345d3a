//! The loss of a batch and its gradients.

use burn_tensor::{Device, Int, Tensor, TensorData, activation::log_softmax};

use crate::forward::{Pass, forward};
use crate::layers::Observed;
use crate::numbers::{Numbers, upload};

/// What every member is to learn from: batch × members samples.
pub(crate) struct Batch {
    /// Batch × (members · channels) × rows × columns.
    pub(crate) input: Tensor<4>,
    /// The class of each sample, those of a place for all members together.
    pub(crate) labels: Vec<u16>,
}

/// What a batch teaches.
pub(crate) struct Lessons {
    /// The gradients of each parameter, members × count; none where it is frozen.
    pub(crate) gradients: Vec<Option<Tensor<2>>>,
    /// What batch norms saw.
    pub(crate) observed: Vec<Observed>,
    /// The sum of each member's cross-entropies.
    pub(crate) losses: Tensor<1>,
    /// How many right answers each member gave.
    pub(crate) correct: Tensor<1>,
}

/// Computes the gradient of each member's mean cross-entropy by its parameters.
///
/// The sum of all members' losses is derived once: no member's loss depends on another's weights.
pub(crate) fn learn(
    pass: Pass<'_>,
    numbers: &Numbers,
    frozen: &[bool],
    smoothing: f32,
    batch: Batch,
) -> Lessons {
    let (net, members) = (pass.net, pass.members);
    let classes = net.output().len();
    let size = batch.labels.len() / members;
    let device = batch.input.device();
    let parameters = net.parameters().len();
    let leaves: Vec<Tensor<2>> = numbers
        .tensors
        .iter()
        .enumerate()
        .map(|(place, tensor)| {
            let changes = place < parameters && !frozen[place];
            tensor.clone().autodiff().set_require_grad(changes)
        })
        .collect();
    let left = forward(pass, &leaves, batch.input.autodiff(), net.layers().len() - 1);
    let logits = left.output.reshape([size, members, classes]);
    let targets = targets(&batch.labels, [size, members, classes], smoothing, &device);
    let products = log_softmax(logits.clone(), 2) * targets.autodiff();
    let losses: Tensor<1> = products.sum_dim(2).sum_dim(0).reshape([members]).neg();
    let correct = right_answers(logits.inner(), &batch.labels, &device);
    let mut gradients = vec![None; parameters];
    if losses.is_tracked() {
        let mut derived = losses.clone().sum().div_scalar(size as f32).backward();
        let changing = gradients.iter_mut().zip(&leaves).filter(|(_, leaf)| leaf.is_require_grad());
        for (gradient, leaf) in changing {
            // What no output depends on has a slope all the same: optimisers may decay it.
            let derived = leaf.grad_remove(&mut derived);
            *gradient = Some(derived.unwrap_or_else(|| leaf.zeros_like().inner()));
        }
    }
    Lessons { gradients, observed: left.observed, losses: losses.inner(), correct }
}

/// Returns the share of each class in each target.
fn targets(labels: &[u16], dimensions: [usize; 3], smoothing: f32, device: &Device) -> Tensor<3> {
    let classes = dimensions[2];
    let (own, even) = (1.0 - smoothing, smoothing / classes as f32);
    let mut shares = vec![even; dimensions.iter().product()];
    for (row, &label) in shares.chunks_exact_mut(classes).zip(labels) {
        row[usize::from(label)] += own;
    }
    upload(shares, dimensions, device)
}

/// Counts each member's samples whose largest logit stands at their label.
fn right_answers(logits: Tensor<3>, labels: &[u16], device: &Device) -> Tensor<1> {
    let [size, members, _] = logits.dims();
    let labels: Vec<i32> = labels.iter().map(|&label| label.into()).collect();
    let labels = Tensor::<3, Int>::from_data(TensorData::new(labels, [size, members, 1]), device);
    logits.argmax(2).equal(labels).float().sum_dim(0).reshape([members])
}
