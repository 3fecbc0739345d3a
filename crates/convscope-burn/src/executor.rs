//! One model, for a loop elsewhere.

use burn_tensor::Device;
use convscope_core::Seed;
use convscope_engine::{BatchScore, Samples};
use convscope_model::Net;
use convscope_train::{Compute, ComputeError};

use crate::population::{Lesson, Population, Precision};

/// The computation of one model, whose weights come and go with every step.
///
/// It serves [`convscope_train::train_with`], so that a training on a device is the same loop, with
/// the same optimisers and records, as one on the engine.
///
/// # Cost
/// Every step carries the weights there and the gradients back; [`train`](crate::train()) keeps
/// both on the device.
#[derive(Debug)]
pub struct Executor {
    population: Population,
    /// How many samples are evaluated at once.
    batch: usize,
}

/// Evaluation in smaller batches leaves a GPU idle; more takes memory for nothing.
const AT_ONCE: usize = 256;

impl Executor {
    /// Prepares to compute `net` on a device.
    pub fn new(net: &Net, device: &Device, precision: Precision) -> Self {
        Self { population: Population::new(net, device, precision), batch: AT_ONCE }
    }

    /// Shows what a layer leaves of every sample, in order channel, row, column.
    ///
    /// # Errors
    /// [`ComputeError`] when the device gives no result.
    pub fn capture(
        &self,
        weights: &[f32],
        samples: Samples<'_>,
        layer: usize,
        mut visit: impl FnMut(usize, &[f32]),
    ) -> Result<(), ComputeError> {
        let at = (layer, self.batch);
        let visit = |_, sample, values: &[f32]| visit(sample, values);
        self.population.capture(&[weights], samples.pixels, at, visit)
    }
}

impl Compute for Executor {
    fn freeze(&mut self, frozen: &[bool]) {
        self.population.freeze(frozen);
    }

    fn smooth_labels(&mut self, share: f32) {
        self.population.smooth_labels(share);
    }

    fn gradients(
        &mut self,
        weights: &[f32],
        samples: Samples<'_>,
        batch: &[u32],
        noise: Seed,
        gradients: &mut [f32],
    ) -> Result<BatchScore, ComputeError> {
        let lesson = Lesson { samples, batch, noise };
        Ok(self.population.gradients(&[weights], &[lesson], &mut [gradients])?[0])
    }

    fn track_statistics(&mut self, weights: &mut [f32]) {
        self.population.track_statistics(&mut [weights]);
    }

    fn evaluate(
        &mut self,
        weights: &[f32],
        samples: Samples<'_>,
        visit: &mut dyn FnMut(usize, &[f32]),
    ) -> Result<(), ComputeError> {
        let visit = |_, sample, logits: &[f32]| visit(sample, logits);
        self.population.evaluate(&[weights], samples.pixels, self.batch, visit)
    }
}
