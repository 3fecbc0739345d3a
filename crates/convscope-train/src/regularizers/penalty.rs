//! A penalty at one parameter.

use std::fmt;
use std::sync::Arc;

use convscope_probe::Size;

/// A regulariser at one parameter, with all the memory that it works in.
///
/// Its value is that at weight 1.
pub struct Penalty {
    of: Of,
    weights: Vec<f64>,
    slope: Vec<f64>,
}

/// On what a penalty acts.
#[derive(Debug, Clone)]
pub(super) enum Acts {
    /// Every weight alone.
    Each(Each),
    /// All kernels of a layer.
    Kernels(Arc<dyn OfKernels>),
}

/// The penalty of one weight and its slope; the second number is what the weight started from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Each {
    pub(super) value: fn(weight: f64, start: f64) -> f64,
    pub(super) slope: fn(weight: f32, start: f32) -> f32,
}

/// A kind of penalty on kernels, its settings checked.
pub(super) trait OfKernels: fmt::Debug + Send + Sync {
    /// Says why it means nothing for kernels of a size, to end a sentence.
    fn fits(&self, _size: Size) -> Result<(), String> {
        Ok(())
    }

    /// Makes it for a layer of so many kernels of a size that it fits.
    fn at(&self, size: Size, count: usize) -> Box<dyn OnKernels>;
}

/// A penalty on the kernels of one layer; nothing is allocated once it is made.
pub(super) trait OnKernels: Send {
    /// Is shown the weights before the first step of every epoch.
    fn begin(&mut self, _weights: &[f64]) {}

    /// Returns what it remembers from one epoch to the next.
    fn memory(&self) -> Vec<f64> {
        Vec::new()
    }

    /// Takes up what it remembered; returns whether it can have been that.
    fn recall(&mut self, memory: &[f64]) -> bool {
        memory.is_empty()
    }

    /// Computes it.
    fn value(&mut self, weights: &[f64]) -> f64;

    /// Adds its slope to zeros.
    fn slope(&mut self, weights: &[f64], slope: &mut [f64]);
}

enum Of {
    Each(Each),
    Kernels(Box<dyn OnKernels>),
}

impl Penalty {
    pub(super) fn of_each(each: Each) -> Self {
        Self { of: Of::Each(each), weights: Vec::new(), slope: Vec::new() }
    }

    pub(super) fn of_kernels(on: Box<dyn OnKernels>, numbers: usize) -> Self {
        Self { of: Of::Kernels(on), weights: vec![0.0; numbers], slope: vec![0.0; numbers] }
    }

    /// Takes in the weights before the first step of an epoch; some penalties are fitted to them.
    pub fn begin(&mut self, weights: &[f32]) {
        if let Of::Kernels(on) = &mut self.of {
            copy(weights, &mut self.weights);
            on.begin(&self.weights);
        }
    }

    /// Returns what it remembers from one epoch to the next.
    pub(crate) fn memory(&self) -> Vec<f64> {
        match &self.of {
            Of::Each(_) => Vec::new(),
            Of::Kernels(on) => on.memory(),
        }
    }

    /// Takes up what it remembered; returns whether it can have been that.
    pub(crate) fn recall(&mut self, memory: &[f64]) -> bool {
        match &mut self.of {
            Of::Each(_) => memory.is_empty(),
            Of::Kernels(on) => on.recall(memory),
        }
    }

    /// Computes it of weights and what they started from.
    ///
    /// # Panics
    /// When these are not as many as the parameter has: a caller's bug.
    pub fn value(&mut self, weights: &[f64], start: &[f64]) -> f64 {
        match &mut self.of {
            Of::Each(each) => {
                weights.iter().zip(start).map(|(&w, &start)| (each.value)(w, start)).sum()
            }
            Of::Kernels(on) => on.value(weights),
        }
    }

    /// Adds so many times its slope to gradients.
    ///
    /// # Panics
    /// As [`value`](Self::value).
    pub fn add(&mut self, times: f64, weights: &[f32], start: &[f32], gradients: &mut [f32]) {
        match &mut self.of {
            Of::Each(each) => {
                let times = times as f32;
                for ((g, &w), &start) in gradients.iter_mut().zip(weights).zip(start) {
                    *g += times * (each.slope)(w, start);
                }
            }
            Of::Kernels(on) => {
                copy(weights, &mut self.weights);
                self.slope.fill(0.0);
                on.slope(&self.weights, &mut self.slope);
                for (g, slope) in gradients.iter_mut().zip(&self.slope) {
                    *g += (times * slope) as f32;
                }
            }
        }
    }
}

fn copy(weights: &[f32], to: &mut [f64]) {
    assert_eq!(weights.len(), to.len(), "caller's bug: a penalty is made for one parameter");
    to.iter_mut().zip(weights).for_each(|(to, &weight)| *to = f64::from(weight));
}

/// Returns the root mean square of a layer's weights.
pub(super) fn scale(weights: &[f64]) -> f64 {
    let squares: f64 = weights.iter().map(|weight| weight * weight).sum();
    (squares / weights.len() as f64).sqrt()
}
