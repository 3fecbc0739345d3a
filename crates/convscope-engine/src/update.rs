//! Steps down the gradient, as `PyTorch` takes them.
//!
//! Each function changes a range of weights in place, the whole model or one parameter, and keeps
//! its memory in slices of the same length that start at zero. Frozen parameters are left alone by
//! not calling a step for their range: weight decay and momentum would move them even where
//! their gradient is 0.
//!
//! ```
//! use convscope_engine::Level;
//! use convscope_engine::update::{Adam, adam};
//!
//! let (mut weights, mut mean, mut square) = ([1.0], [0.0], [0.0]);
//! let step = Adam { lr: 0.1, ..Adam::default() };
//! adam(Level::detect(), &step, 1, &mut weights, &[7.0], (&mut mean, &mut square));
//! // The first step is as long as the learning rate, however steep the slope.
//! assert!((weights[0] - 0.9_f32).abs() < 1e-6);
//! ```

use crate::Level;
use crate::simd::{EachLevel, Simd, at_each_level, run_at};

/// Settings of stochastic gradient descent.
///
/// ```text
/// g = gradient + weight_decay · w
/// v = momentum · v + g
/// w = w − lr · (nesterov ? g + momentum · v : v)
/// ```
///
/// A velocity smaller than 1e-30 becomes 0, unlike in `PyTorch`: it would stay a subnormal number, which
/// is slow, and no step of that size changes a weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sgd {
    /// The learning rate.
    pub lr: f32,
    /// How much of the last step is kept.
    pub momentum: f32,
    /// Whether the gradient is taken as if the step had been made.
    pub nesterov: bool,
    /// How strongly weights are pulled to 0.
    pub weight_decay: f32,
}

/// Settings of Adam (Kingma and Ba 2014, arXiv:1412.6980) and of `AdamW` (Loshchilov and Hutter
/// 2017, arXiv:1711.05101).
///
/// ```text
/// coupled:    g = gradient + weight_decay · w
/// decoupled:  g = gradient,  w = w − lr · weight_decay · w   (AdamW)
/// m = m + (1 − β1) (g − m)         v = β2 v + (1 − β2) g²
/// w = w − lr / (1 − β1ᵗ) · m / (√v / √(1 − β2ᵗ) + ε)
/// ```
///
/// As in [`Sgd`], m and v end at 1e-30.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    /// The learning rate.
    pub lr: f64,
    /// Decay of the mean of gradients.
    pub beta1: f64,
    /// Decay of the mean of squared gradients.
    pub beta2: f64,
    /// Keeps the quotient finite.
    pub epsilon: f64,
    /// How strongly weights are pulled to 0.
    pub weight_decay: f64,
    /// Whether the pull stands beside the gradient's step (`AdamW`) and not in it (Adam).
    pub decoupled: bool,
}

impl Default for Sgd {
    fn default() -> Self {
        Self { lr: 1e-3, momentum: 0.0, nesterov: false, weight_decay: 0.0 }
    }
}

impl Default for Adam {
    fn default() -> Self {
        let (beta1, beta2) = (0.9, 0.999);
        Self { lr: 1e-3, beta1, beta2, epsilon: 1e-8, weight_decay: 0.0, decoupled: false }
    }
}

/// Takes a step of stochastic gradient descent.
///
/// # Panics
/// When the slices differ in length.
pub fn sgd(level: Level, step: &Sgd, weights: &mut [f32], gradients: &[f32], velocity: &mut [f32]) {
    assert!(gradients.len() == weights.len() && velocity.len() == weights.len(), "{LENGTHS}");
    run_at(level, Descent { step, weights, gradients, velocity });
}

/// Takes step number `count`, the first being 1, of Adam or `AdamW`.
///
/// # Panics
/// When the slices differ in length or `count` is 0.
pub fn adam(
    level: Level,
    step: &Adam,
    count: u64,
    weights: &mut [f32],
    gradients: &[f32],
    (mean, square): (&mut [f32], &mut [f32]),
) {
    assert!(count > 0, "caller's bug: the first step has the number 1");
    let size = weights.len();
    assert!([gradients.len(), mean.len(), square.len()] == [size; 3], "{LENGTHS}");
    let unbias = |beta: f64| 1.0 - libm::pow(beta, count as f64);
    let coupled = if step.decoupled { 0.0 } else { step.weight_decay };
    let lost = if step.decoupled { step.lr * step.weight_decay } else { 0.0 };
    let factors = Factors {
        lr: (step.lr / unbias(step.beta1)) as f32,
        root: libm::sqrt(unbias(step.beta2)) as f32,
        fresh1: (1.0 - step.beta1) as f32,
        beta2: step.beta2 as f32,
        fresh2: (1.0 - step.beta2) as f32,
        epsilon: step.epsilon as f32,
        coupled: coupled as f32,
        keep: (1.0 - lost) as f32,
    };
    run_at(level, Moments { factors, weights, gradients, mean, square });
}

const LENGTHS: &str = "caller's bug: weights, gradients and memory differ in length";

struct Descent<'a> {
    step: &'a Sgd,
    weights: &'a mut [f32],
    gradients: &'a [f32],
    velocity: &'a mut [f32],
}

impl EachLevel for Descent<'_> {
    type Output = ();

    fn run<S: Simd>(self, simd: S) {
        descend(simd, self);
    }
}

struct Moments<'a> {
    factors: Factors,
    weights: &'a mut [f32],
    gradients: &'a [f32],
    mean: &'a mut [f32],
    square: &'a mut [f32],
}

/// What a step of Adam multiplies by.
struct Factors {
    lr: f32,
    root: f32,
    fresh1: f32,
    beta2: f32,
    fresh2: f32,
    epsilon: f32,
    coupled: f32,
    keep: f32,
}

impl EachLevel for Moments<'_> {
    type Output = ();

    fn run<S: Simd>(self, simd: S) {
        descend_by_moments(simd, self);
    }
}

/// Where memory ends. What is remembered of a parameter without a gradient shrinks in every step
/// and would stay a subnormal number for good, on which processors compute far more slowly.
/// A step of that size changes no weight, and under the root of Adam it is lost beside ε.
const FLOOR: f32 = 1e-30;

#[inline(always)]
fn floored(memory: f32) -> f32 {
    if memory.abs() < FLOOR { 0.0 } else { memory }
}

at_each_level! {
    fn descend<'a>(_simd, on: Descent<'a>) {
        let Sgd { lr, momentum, nesterov, weight_decay } = *on.step;
        for ((w, &gradient), v) in on.weights.iter_mut().zip(on.gradients).zip(on.velocity) {
            let g = weight_decay.mul_add(*w, gradient);
            *v = floored(momentum.mul_add(*v, g));
            let down = if nesterov { momentum.mul_add(*v, g) } else { *v };
            *w = (-lr).mul_add(down, *w);
        }
    }

    fn descend_by_moments<'a>(_simd, on: Moments<'a>) {
        let Factors { lr, root, fresh1, beta2, fresh2, epsilon, coupled, keep } = on.factors;
        let memory = on.mean.iter_mut().zip(on.square);
        for ((w, &gradient), (m, v)) in on.weights.iter_mut().zip(on.gradients).zip(memory) {
            let g = coupled.mul_add(*w, gradient);
            *m = floored(fresh1.mul_add(g - *m, *m));
            *v = floored((fresh2 * g).mul_add(g, beta2 * *v));
            *w = (-lr).mul_add(*m / (v.sqrt() / root + epsilon), keep * *w);
        }
    }
}
