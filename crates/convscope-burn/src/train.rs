//! Populations trained with their weights on the device.

mod run;
mod sets;

use burn_tensor::Device;
use convscope_train::{Continue, Epoch, TrainError, Trained, Training};

use crate::descent::alike;
use crate::error::{BurnError, caught};
use crate::groups::in_groups;
use crate::population::Precision;
use run::Run;

/// One model to be trained in a population.
#[derive(Clone)]
pub struct Member<'a> {
    /// Its training: its own images, seed and settings of the optimiser.
    pub training: Training<'a>,
    /// Its first weights.
    pub weights: Vec<f32>,
}

/// What is told of a training under way.
#[derive(Debug)]
pub enum Note<'a> {
    /// An epoch of a member ended.
    ///
    /// Told once more from the first on when memory ended after it.
    Epoch {
        /// The member, by its place.
        member: usize,
        /// What the epoch was like.
        epoch: &'a Epoch,
    },
    /// Memory ended: so many at most are trained at once from now on.
    Halved {
        /// How many.
        members: usize,
        /// What the device says.
        reason: &'a str,
    },
}

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
    Device(#[from] BurnError),
}

/// Trains models of one net together, as [`convscope_train::train`] trains each: the same orders of
/// images, draws, schedules, steps and records, equal to rounding.
///
/// Weights, gradients, the optimiser's memory and the images stay on the device; after every epoch
/// the weights come back, so that a member that diverged ends with its last finite ones. The others
/// go on. `note` hears of every epoch and may stop a member; when memory ends the population is
/// trained in halves, from the start.
///
/// Members may differ in weights, masks, images, seeds, and in every number of their optimiser and
/// schedule. They are alike in net, frozen parameters, counts of images, batch, epochs and in the
/// kind of optimiser.
///
/// # Errors
/// [`PopulationError`] when a member cannot be trained or is unlike, asks for clipping, penalties, weight
/// decay on some parameters only or a subspace, or alone is too large for the device.
pub fn train(
    members: &[Member<'_>],
    device: &Device,
    precision: Precision,
    note: &mut dyn FnMut(Note<'_>) -> Continue,
) -> Result<Vec<Trained>, PopulationError> {
    check_alike(members)?;
    in_groups(
        members.len(),
        &mut (&mut *note,),
        |(note,), range| {
            let first = range.start;
            let mut watch =
                |member: usize, epoch: &Epoch| note(Note::Epoch { member: first + member, epoch });
            caught(range.len(), || {
                Run::start(&members[range], first, device, precision)?.train(&mut watch)
            })
        },
        |error| matches!(error, PopulationError::Device(error) if error.is_about_memory()),
        |(note,), members, error| {
            device.memory_cleanup();
            note(Note::Halved { members, reason: &error.to_string() });
        },
    )
}

/// Checks what lets members take their steps together.
fn check_alike(members: &[Member<'_>]) -> Result<(), PopulationError> {
    let Some(first) = members.first().map(|member| member.training) else { return Ok(()) };
    let counts = |training: &Training<'_>| {
        let count =
            |images: Option<&convscope_data::Images>| images.map(convscope_data::Images::len);
        [count(Some(training.images)), count(training.valid), count(training.test)]
    };
    let rule = |training: &Training<'_>| training.recipe.optimizer().rule();
    for (place, Member { training, .. }) in members.iter().enumerate() {
        let recipe = training.recipe;
        let wanted = [
            ("clipped gradients", recipe.clip().is_some()),
            ("penalties on weights", !recipe.regularizers().is_empty()),
            ("weight decay on some parameters only", !recipe.no_decay().is_empty()),
            ("a subspace", training.handling.iter().any(|own| own.subspace.is_some())),
        ];
        if let Some((what, _)) = wanted.into_iter().find(|(_, wants)| *wants) {
            return Err(PopulationError::Unsupported { member: place, what });
        }
        let smoothing = |training: &Training<'_>| training.recipe.label_smoothing().to_bits();
        let compared = [
            ("its net", training.net == first.net),
            ("what is frozen", frozen(training) == frozen(&first)),
            ("its smoothing of labels", smoothing(training) == smoothing(&first)),
            ("its counts of images", counts(training) == counts(&first)),
            ("its batches", training.recipe.batch() == first.recipe.batch()),
            ("its kind of optimiser", alike(rule(training), rule(&first))),
            ("its epochs", training.recipe.epochs() == first.recipe.epochs()),
        ];
        if let Some((what, _)) = compared.into_iter().find(|(_, same)| !same) {
            return Err(PopulationError::Unlike { member: place, what });
        }
    }
    Ok(())
}

/// Returns which parameters stay, one flag for each.
fn frozen(training: &Training<'_>) -> Vec<bool> {
    training.handling.iter().map(|handling| handling.frozen).collect()
}
