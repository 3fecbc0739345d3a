//! The plain path: every layer as its definition reads, one value at a time.
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
mod norm;
mod real;
mod windows;

use convscope_core::Seed;
use convscope_model::{Net, Op, Source};
pub use real::Real;

use crate::noise::scales;

/// What every layer leaves of every sample of a batch: layer, sample, value.
type Values<R> = Vec<Vec<Vec<R>>>;

/// A batch to be learnt from.
#[derive(Debug, Clone, Copy)]
pub struct Lesson<'a, R> {
    /// The samples, one after another.
    pub pixels: &'a [R],
    /// The class of each.
    pub labels: &'a [u16],
    /// How much of the target is spread evenly over all classes.
    pub smoothing: f64,
    /// Where dropout's draws come from.
    pub noise: Seed,
}

/// Returns what every layer leaves of one sample, in the order of the layers; batch norms use their
/// running statistics, and nothing is left out.
///
/// # Panics
/// When `weights` or `sample` do not fit the net.
pub fn outputs<R: Real>(net: &Net, weights: &[R], sample: &[R]) -> Vec<Vec<R>> {
    let values = forward(net, weights, sample, None);
    values.into_iter().map(|mut of_samples| of_samples.swap_remove(0)).collect()
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
/// target = (1 − smoothing) · one-hot(label) + smoothing / classes
/// loss = Σ target · (ln Σ exp(logit) − logit)        d loss / d logit = softmax − target
/// ```
///
/// # Panics
/// When no logit belongs to the label.
pub fn cross_entropy<R: Real>(logits: &[R], label: u16, smoothing: f64) -> (R, Vec<R>) {
    let largest = logits.iter().copied().fold(logits[0], |a, b| if b > a { b } else { a });
    let powers: Vec<R> = logits.iter().map(|&logit| (logit - largest).exp()).collect();
    let total: R = powers.iter().copied().sum();
    let even = R::of(smoothing) / R::count(logits.len());
    let mut loss = R::ZERO;
    let mut slope: Vec<R> = powers.iter().map(|&power| power / total).collect();
    for (class, (slope, &logit)) in slope.iter_mut().zip(logits).enumerate() {
        let own = if class == usize::from(label) { R::of(1.0 - smoothing) } else { R::ZERO };
        loss += (own + even) * (total.ln() - (logit - largest));
        *slope = *slope - own - even;
    }
    (loss, slope)
}

/// Returns the mean cross-entropy over a batch and its derivative by each trained number; batch norms use
/// the batch's own statistics.
///
/// # Panics
/// When the lengths do not fit each other or the net.
pub fn gradients<R: Real>(net: &Net, weights: &[R], lesson: Lesson<'_, R>) -> (R, Vec<R>) {
    let Lesson { pixels, labels, smoothing, noise } = lesson;
    assert_eq!(pixels.len(), labels.len() * net.input().len(), "one label for each sample");
    let values = forward(net, weights, pixels, Some(noise));
    let share = R::ONE / R::count(labels.len());
    let mut loss = R::ZERO;
    let mut slopes: Values<R> = values
        .iter()
        .map(|of| of.iter().map(|sample| vec![R::ZERO; sample.len()]).collect())
        .collect();
    let last = net.layers().len() - 1;
    for (sample, &label) in labels.iter().enumerate() {
        let (own, slope) = cross_entropy(&values[last][sample], label, smoothing);
        loss += own * share;
        slopes[last][sample] = slope.into_iter().map(|value| value * share).collect();
    }
    let mut gradients = vec![R::ZERO; net.parameter_count()];
    for layer in (0..=last).rev() {
        let slope = std::mem::take(&mut slopes[layer]);
        let input = inputs(net, layer, &values, pixels);
        let back = match &net.layers()[layer].op {
            Op::BatchNorm(norm) => {
                norm::backward(net, layer, norm, weights, &input, &slope, &mut gradients)
            }
            Op::Dropout(dropout) => {
                let of = |(place, slope): (usize, &Vec<R>)| {
                    let scales = scales(noise, &net.layers()[layer].name, dropout, place);
                    slope.iter().zip(scales).map(|(&s, scale)| s * R::of(scale.into())).collect()
                };
                slope.iter().enumerate().map(of).collect()
            }
            _ => {
                let pairs = input.iter().zip(&slope);
                pairs
                    .map(|(input, slope)| {
                        layers::backward(net, layer, weights, input, slope, &mut gradients)
                    })
                    .collect::<Vec<_>>()
            }
        };
        let sources = net.sources(layer);
        for &source in sources {
            let Source::Layer(source) = source else { continue };
            for (to, from) in slopes[source].iter_mut().zip(&back) {
                to.iter_mut().zip(from).for_each(|(to, &from)| *to += from);
            }
        }
    }
    (loss, gradients)
}

/// Computes every layer of every sample; with noise, as in training.
fn forward<R: Real>(net: &Net, weights: &[R], pixels: &[R], noise: Option<Seed>) -> Values<R> {
    assert_eq!(weights.len(), net.number_count(), "one number for each of a model of the net");
    let whole = pixels.len().is_multiple_of(net.input().len());
    assert!(whole, "one number for each value of a sample");
    let mut values: Values<R> = Vec::with_capacity(net.layers().len());
    for (index, layer) in net.layers().iter().enumerate() {
        let input = inputs(net, index, &values, pixels);
        let output = match (&layer.op, noise) {
            (Op::BatchNorm(norm), Some(_)) => norm::forward(net, index, norm, weights, &input),
            (Op::BatchNorm(norm), None) => norm::by_running(net, index, norm, weights, &input),
            (Op::Dropout(dropout), Some(noise)) => {
                let of = |(place, input): (usize, &&[R])| {
                    let scales = scales(noise, &layer.name, dropout, place);
                    input.iter().zip(scales).map(|(&x, scale)| x * R::of(scale.into())).collect()
                };
                input.iter().enumerate().map(of).collect()
            }
            (Op::Add(_), _) => {
                let other = of_source(net, net.sources(index)[1], &values, pixels);
                let sum = |(a, b): (&&[R], &&[R])| a.iter().zip(*b).map(|(&a, &b)| a + b).collect();
                input.iter().zip(&other).map(sum).collect()
            }
            _ => input.iter().map(|input| layers::forward(net, index, weights, input)).collect(),
        };
        values.push(output);
    }
    values
}

fn inputs<'a, R>(
    net: &Net,
    layer: usize,
    values: &'a [Vec<Vec<R>>],
    pixels: &'a [R],
) -> Vec<&'a [R]> {
    of_source(net, net.sources(layer)[0], values, pixels)
}

fn of_source<'a, R>(
    net: &Net,
    source: Source,
    values: &'a [Vec<Vec<R>>],
    pixels: &'a [R],
) -> Vec<&'a [R]> {
    match source {
        Source::Sample => pixels.chunks_exact(net.input().len()).collect(),
        Source::Layer(layer) => values[layer].iter().map(Vec::as_slice).collect(),
    }
}
