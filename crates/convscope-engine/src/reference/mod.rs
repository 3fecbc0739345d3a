//! The plain path: every layer as its definition reads, one sample at a time.
//!
//! It is the oracle of the fast path and far too slow for anything else. It is generic over
//! [`Real`] so that its own gradients can be checked against differences in `f64`.
//!
//! ```
//! use convscope_engine::reference;
//! use convscope_model::{Layer, Net, Op, Shape, layer::Linear};
//!
//! let net = Net::new(
//!     Shape::flat(2),
//!     vec![Layer::new("fc", Op::Linear(Linear { outputs: 2, bias: true }))],
//! )?;
//! let weights = [1.0, 2.0, 3.0, 4.0, 0.5, -0.5];
//! assert_eq!(reference::logits::<f64>(&net, &weights, &[1.0, 1.0]), [3.5, 6.5]);
//! # Ok::<(), convscope_model::NetError>(())
//! ```

mod layers;
mod real;

use convscope_model::Net;
pub use real::Real;

/// Returns what every layer leaves of one sample, in the order of the layers.
///
/// # Panics
/// When `weights` or `sample` do not fit the net.
pub fn outputs<R: Real>(net: &Net, weights: &[R], sample: &[R]) -> Vec<Vec<R>> {
    assert_eq!(weights.len(), net.parameter_count(), "one number for each weight of the net");
    assert_eq!(sample.len(), net.input().len(), "one number for each value of a sample");
    let mut outputs: Vec<Vec<R>> = Vec::with_capacity(net.layers().len());
    for layer in 0..net.layers().len() {
        let input = outputs.last().map_or(sample, Vec::as_slice);
        let output = layers::forward(net, layer, weights, input);
        outputs.push(output);
    }
    outputs
}

/// Returns what the last layer leaves of one sample.
///
/// # Panics
/// As [`outputs`].
pub fn logits<R: Real>(net: &Net, weights: &[R], sample: &[R]) -> Vec<R> {
    outputs(net, weights, sample).pop().unwrap_or_default()
}

/// Returns the cross-entropy of one sample and its derivative by each logit.
///
/// ```text
/// loss = ln Σ exp(logit) − logit[label]        d loss / d logit = softmax − one-hot(label)
/// ```
///
/// # Panics
/// When no logit belongs to the label.
pub fn cross_entropy<R: Real>(logits: &[R], label: u16) -> (R, Vec<R>) {
    let largest = logits.iter().copied().fold(logits[0], |a, b| if b > a { b } else { a });
    let powers: Vec<R> = logits.iter().map(|&logit| (logit - largest).exp()).collect();
    let total: R = powers.iter().copied().sum();
    let loss = total.ln() - (logits[usize::from(label)] - largest);
    let mut slope: Vec<R> = powers.iter().map(|&power| power / total).collect();
    slope[usize::from(label)] = slope[usize::from(label)] - R::ONE;
    (loss, slope)
}

/// Returns the mean cross-entropy over samples and its derivative by each weight.
///
/// # Shapes
/// `pixels` holds the samples one after another, `labels` one class for each.
///
/// # Panics
/// When the lengths do not fit each other or the net.
pub fn gradients<R: Real>(net: &Net, weights: &[R], pixels: &[R], labels: &[u16]) -> (R, Vec<R>) {
    assert_eq!(pixels.len(), labels.len() * net.input().len(), "one label for each sample");
    let share = R::ONE / R::count(labels.len());
    let mut loss = R::ZERO;
    let mut gradients = vec![R::ZERO; weights.len()];
    for (sample, &label) in pixels.chunks_exact(net.input().len()).zip(labels) {
        let outputs = outputs(net, weights, sample);
        let logits = outputs.last().map_or(sample, Vec::as_slice);
        let (sample_loss, mut slope) = cross_entropy(logits, label);
        loss += sample_loss * share;
        for value in &mut slope {
            *value = *value * share;
        }
        for layer in (0..net.layers().len()).rev() {
            let input = if layer == 0 { sample } else { outputs[layer - 1].as_slice() };
            slope = layers::backward(net, layer, weights, input, &slope, &mut gradients);
        }
    }
    (loss, gradients)
}
