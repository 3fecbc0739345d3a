//! What can be done to a model, one file or folder for each kind.

mod shrink_and_perturb;
mod transplant;

use convscope_core::Seed;
use convscope_core::registry::{self, Entry, SettingError, Settings};
use convscope_model::Net;

/// Every edit that a study can name.
pub static EDITS: &[Entry<dyn Edit>] = &[transplant::ENTRY, shrink_and_perturb::ENTRY];

/// A change of a model's weights, its settings checked.
pub trait Edit: Send + Sync {
    /// Returns which other models it takes parts of, if it takes any.
    fn donors(&self) -> Option<Donors<'_>> {
        None
    }

    /// Returns whether it reads the weights of a model that was just begun.
    fn reads_fresh(&self) -> bool {
        false
    }

    /// Checks that it can be done to models of a net, with so many donors.
    ///
    /// # Errors
    /// A [`SettingError`] at the setting that does not fit.
    fn fits(&self, net: &Net, donors: usize) -> Result<(), SettingError>;

    /// Does it.
    ///
    /// The same subject and weights give the same result.
    ///
    /// # Errors
    /// [`EditError`] when the weights that came do not allow it.
    fn apply(&self, subject: &Subject<'_>, weights: Vec<f32>) -> Result<Edited, EditError>;

    /// Describes the edit and its settings in a few words.
    fn describe(&self) -> String;
}

/// The models that an edit takes parts of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Donors<'a> {
    /// The arm that makes them.
    pub from: &'a str,
    /// The axis of the sweep along which there is one of them at each value.
    pub across: &'a str,
}

/// What an edit sees beside the weights that it changes.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The net of all models here.
    pub net: &'a Net,
    /// The models that parts are taken of, in the order of their axis.
    pub donors: &'a [Donor],
    /// The weights of a model that was just begun, for edits that [read](Edit::reads_fresh) them.
    pub fresh: &'a [f32],
    /// The randomness.
    pub seed: Seed,
}

/// A model that parts are taken of.
#[derive(Debug, Clone, PartialEq)]
pub struct Donor {
    /// What tells it from the others, such as its place on an axis.
    pub name: String,
    /// All its numbers.
    pub weights: Vec<f32>,
}

/// A model after an edit.
#[derive(Debug, Clone, PartialEq)]
pub struct Edited {
    /// All its numbers.
    pub weights: Vec<f32>,
    /// What was chosen.
    pub notes: Vec<Note>,
}

/// A table of what an edit chose.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// Its name.
    pub name: String,
    /// The rows' names.
    pub rows: Vec<String>,
    /// The columns' names.
    pub columns: Vec<String>,
    /// `rows × columns` finite numbers, row by row.
    pub values: Vec<f64>,
}

/// Weights to which an edit cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// No two donors can be compared at a part.
    #[error("no two of the models can be compared at `{part}`: {why}")]
    NoPair {
        /// The part.
        part: String,
        /// Why not.
        why: String,
    },
}

/// Settings that can be read and still be impossible.
trait Checked {
    fn check(&self) -> Result<(), SettingError>;
}

const fn entry<E: Edit + Settings + Checked + 'static>(
    id: &'static str,
    about: &'static str,
    source: &'static str,
) -> Entry<dyn Edit> {
    Entry {
        id,
        about,
        source,
        build: |settings| {
            let settings: E = registry::read(settings)?;
            settings.check()?;
            Ok(Box::new(settings))
        },
        canonical: registry::canonical::<E>,
        schema: E::json_schema,
    }
}
