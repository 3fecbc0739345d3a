//! Ways in which the learning rate changes from epoch to epoch, one file for each kind.

mod constant;
mod cosine;
mod steps;

use convscope_core::registry::{self, Entry, SettingError, Settings};

/// Every schedule that a recipe can name.
pub static SCHEDULES: &[Entry<dyn Schedule>] =
    &[constant::ENTRY, steps::STEP, steps::MILESTONES, cosine::ENTRY];

/// A rule for the learning rate of each epoch.
pub trait Schedule: Send + Sync {
    /// Checks the settings.
    ///
    /// # Errors
    /// A [`SettingError`] at the setting that is out of its range.
    fn check(&self) -> Result<(), SettingError>;

    /// Returns the rate of an epoch, counted from 0, of a training of `epochs`.
    fn rate(&self, start: f64, epoch: u32, epochs: u32) -> f64;

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
