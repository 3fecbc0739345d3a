//! Ways in which the learning rate changes while training, one file for each kind.

mod constant;
mod cosine;
mod one_cycle;
mod steps;

use convscope_core::registry::{self, Entry, SettingError, Settings};

/// Every schedule that a recipe can name.
pub static SCHEDULES: &[Entry<dyn Schedule>] =
    &[constant::ENTRY, steps::STEP, steps::MILESTONES, cosine::ENTRY, one_cycle::ENTRY];

/// Where a training stands, before a step.
///
/// ```
/// use convscope_train::Moment;
///
/// let at = Moment { step: 25, steps_per_epoch: 10, steps: 100 };
/// assert_eq!((at.epoch(), at.epochs()), (2, 10.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// How many steps have been taken.
    pub step: u64,
    /// How many steps an epoch has, at least 1.
    pub steps_per_epoch: u64,
    /// How many steps the whole training has.
    pub steps: u64,
}

impl Moment {
    /// Returns the number of the epoch that the step belongs to, counted from 0.
    pub fn epoch(self) -> u32 {
        (self.step / self.steps_per_epoch) as u32
    }

    /// Returns the length of the training in epochs; a fraction when steps of warm-up went before.
    pub fn epochs(self) -> f64 {
        self.steps as f64 / self.steps_per_epoch as f64
    }

    /// Returns the moment as it is counted by who comes in after so many steps.
    pub(crate) fn after(self, steps: u64) -> Self {
        let left = |all: u64| all.saturating_sub(steps);
        Self { step: left(self.step), steps: left(self.steps), ..self }
    }
}

/// A rule for the learning rate of each step.
pub trait Schedule: Send + Sync {
    /// Checks the settings.
    ///
    /// # Errors
    /// A [`SettingError`] at the setting that is out of its range.
    fn check(&self) -> Result<(), SettingError>;

    /// Returns the rate of a step, from the rate that the optimiser is set to.
    fn rate(&self, start: f64, at: Moment) -> f64;

    /// Returns the momentum of a step, which goes before the optimiser's own; for Adam it is β₁.
    fn momentum(&self, _at: Moment) -> Option<f64> {
        None
    }

    /// Returns whether the rate rises at first, so that a warm-up before it would be a second one.
    fn warms_up(&self) -> bool {
        false
    }

    /// Describes the rule and its settings in a few words.
    fn describe(&self) -> String;
}

const fn entry<S: Schedule + Settings + 'static>(
    id: &'static str,
    about: &'static str,
    source: &'static str,
) -> Entry<dyn Schedule> {
    Entry {
        id,
        about,
        source,
        build: |settings| {
            let schedule: S = registry::read(settings)?;
            schedule.check()?;
            Ok(Box::new(schedule))
        },
        canonical: registry::canonical::<S>,
        schema: S::json_schema,
    }
}

/// Goes from one number to another along half a cosine, which ends when `turn` is π.
fn along_a_cosine(from: f64, to: f64, turn: f64) -> f64 {
    to + (from - to) * (1.0 + libm::cos(turn)) / 2.0
}
