//! Who computes a net for a training.

use convscope_core::Seed;
use convscope_engine::{BatchScore, Executor, Samples};

/// The computation of one net, on this processor or elsewhere.
///
/// Weights and gradients are a model's numbers, in the order of `Net::tensors`; the loop, the
/// optimiser and everything that is measured stay with the caller.
pub trait Compute {
    /// States which parameters do not change, one flag for each; their gradients are 0.
    fn freeze(&mut self, frozen: &[bool]);

    /// Spreads a share of each target evenly over all classes.
    fn smooth_labels(&mut self, share: f32);

    /// Computes the gradient of a batch's mean cross-entropy by each parameter, as
    /// [`Executor::gradients`] does.
    ///
    /// # Errors
    /// [`ComputeError`] when there is no result.
    fn gradients(
        &mut self,
        weights: &[f32],
        samples: Samples<'_>,
        batch: &[u32],
        noise: Seed,
        gradients: &mut [f32],
    ) -> Result<BatchScore, ComputeError>;

    /// Moves the running statistics towards those of the batch whose gradients were computed last.
    fn track_statistics(&mut self, weights: &mut [f32]);

    /// Shows the logits of every sample, in order.
    ///
    /// # Errors
    /// [`ComputeError`] when there is no result.
    fn evaluate(
        &mut self,
        weights: &[f32],
        samples: Samples<'_>,
        visit: &mut dyn FnMut(usize, &[f32]),
    ) -> Result<(), ComputeError>;
}

/// A device that gave no result, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ComputeError {
    /// Its memory has no room; fewer models at once may have.
    #[error("too little memory for {}: {reason}", counted(*.models))]
    Memory {
        /// How many models were computed at once.
        models: usize,
        /// What the device says.
        reason: String,
    },
    /// Anything else.
    #[error("the device failed: {0}")]
    Failed(String),
}

fn counted(models: usize) -> String {
    if models == 1 { "one model".into() } else { format!("{models} models at once") }
}

impl Compute for Executor {
    fn freeze(&mut self, frozen: &[bool]) {
        self.freeze(frozen);
    }

    fn smooth_labels(&mut self, share: f32) {
        self.smooth_labels(share);
    }

    fn gradients(
        &mut self,
        weights: &[f32],
        samples: Samples<'_>,
        batch: &[u32],
        noise: Seed,
        gradients: &mut [f32],
    ) -> Result<BatchScore, ComputeError> {
        Ok(self.gradients(weights, samples, batch, noise, gradients))
    }

    fn track_statistics(&mut self, weights: &mut [f32]) {
        Executor::track_statistics(self, weights);
    }

    fn evaluate(
        &mut self,
        weights: &[f32],
        samples: Samples<'_>,
        visit: &mut dyn FnMut(usize, &[f32]),
    ) -> Result<(), ComputeError> {
        self.evaluate(weights, samples, visit);
        Ok(())
    }
}
