//! Who trains in the engine's place.

use crate::form::Form;
use crate::train::{Continue, Epoch};
use crate::trained::Trained;
use crate::training::{TrainError, Training};

/// One model to be trained: everything about it.
#[derive(Clone)]
pub struct Member<'a> {
    /// Its training.
    pub training: Training<'a>,
    /// Its first weights.
    pub weights: Vec<f32>,
}

/// A device that trains models in the engine's place, several at once where it can.
///
/// A model is trained as [`train`](crate::train()) trains it: the same orders of images, draws,
/// schedules and steps, whoever else is trained with it. Sums have another order, so that results
/// agree to rounding and not to the bit.
pub trait Trainer: Send + Sync {
    /// Returns its name, as the provenance of results has it.
    fn name(&self) -> &str;

    /// Says what a training asks for that only a model trained alone gets here, if it does.
    fn alone(&self, form: &Form<'_>) -> Option<&'static str>;

    /// Trains models of one [`Form`]; `watch` is shown every epoch of each, by its place, and may
    /// end that one.
    ///
    /// # Errors
    /// [`TrainError`] when any of them cannot be trained, or not with the others; with
    /// [`ComputeError::Memory`](crate::ComputeError::Memory) when there are too many for the device.
    fn train(
        &self,
        members: &[Member<'_>],
        watch: &mut dyn FnMut(usize, &Epoch) -> Continue,
    ) -> Result<Vec<Trained>, TrainError>;
}
