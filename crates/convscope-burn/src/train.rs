//! Populations trained with their weights on the device.

mod run;
mod sets;

use burn_tensor::Device;
use convscope_train::{ComputeError, Continue, Epoch, Form, Member, TrainError, Trained};

use crate::error::caught;
use crate::population::Precision;
use run::Run;

/// A population that cannot be trained.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PopulationError {
    /// A member that cannot be trained.
    #[error("member {member} of the population: {error}")]
    Member {
        /// Its place.
        member: usize,
        /// What is wrong with it.
        error: TrainError,
    },
    /// A member whose steps are not the others' steps.
    #[error("member {member} differs from the first in {what}; train it in another population")]
    Unlike {
        /// Its place.
        member: usize,
        /// What must be alike.
        what: &'static str,
    },
    /// A member whose recipe or handling asks for what is not computed here.
    #[error("member {member} wants {what}, which no population computes; train it alone")]
    Unsupported {
        /// Its place.
        member: usize,
        /// What it wants.
        what: &'static str,
    },
    /// The device gave no result.
    #[error(transparent)]
    Device(#[from] ComputeError),
}

/// Trains models of one net together, as [`convscope_train::train`] trains each: the same orders of
/// images, draws, schedules, steps and records, equal to rounding.
///
/// Weights, gradients, the optimiser's memory and the images stay on the device; after every epoch
/// the weights come back, so that a member that diverged ends with its last finite ones. The others
/// go on. `watch` is shown every epoch of each member, by its place, and may stop that one.
///
/// Members are of one [`Form`]; they may differ in weights, masks, images, seeds, and in every
/// number of their optimiser and schedule.
///
/// # Errors
/// [`PopulationError`] when a member cannot be trained or is unlike, asks for clipping, penalties,
/// weight decay on some parameters only, or a form of its own for pieces of a parameter; with
/// [`ComputeError::Memory`] when there are too many for the device: nothing of their steps is kept then.
pub fn train(
    members: &[Member<'_>],
    device: &Device,
    precision: Precision,
    watch: &mut dyn FnMut(usize, &Epoch) -> Continue,
) -> Result<Vec<Trained>, PopulationError> {
    check(members)?;
    let trained =
        caught(members.len(), || Run::start(members, device, precision)?.train(&mut *watch));
    if matches!(trained, Err(PopulationError::Device(ComputeError::Memory { .. }))) {
        device.memory_cleanup();
    }
    trained
}

/// Says what a training asks for that no population computes, if it does.
pub(crate) fn unsupported(form: &Form<'_>) -> Option<&'static str> {
    let Form { recipe, handling, .. } = form;
    let wanted = [
        ("clipped gradients", recipe.clip().is_some()),
        ("penalties on weights", !recipe.regularizers().is_empty()),
        ("weight decay on some parameters only", !recipe.no_decay().is_empty()),
        ("a form of their own for pieces", handling.iter().any(|own| !own.pieces.is_empty())),
    ];
    wanted.into_iter().find(|(_, wants)| *wants).map(|(what, _)| what)
}

/// Checks what lets members take their steps together.
fn check(members: &[Member<'_>]) -> Result<(), PopulationError> {
    let Some(first) = members.first() else { return Ok(()) };
    for (member, Member { training, .. }) in members.iter().enumerate() {
        if let Some(what) = unsupported(&training.form()) {
            return Err(PopulationError::Unsupported { member, what });
        }
        if let Some(what) = first.training.form().differs(&training.form()) {
            return Err(PopulationError::Unlike { member, what });
        }
    }
    Ok(())
}
