//! What can be done to a model, one file or folder for each kind.

mod codebook;
mod denoise;
mod prune_weights;
mod remove_kernel;
mod shrink_and_perturb;
mod simplify;
mod snap;
mod transplant;

use std::ops::Range;

use convscope_core::Seed;
use convscope_core::registry::{self, Entry, SettingError, Settings};
use convscope_model::Net;
use convscope_train::Handling;

pub use self::simplify::Rounding;
pub use self::snap::{Kernels, SnapError, snap_alone};
use crate::Calibration;

/// Every edit that a study can name.
pub static EDITS: &[Entry<dyn Edit>] = &[
    transplant::ENTRY,
    shrink_and_perturb::ENTRY,
    snap::ENTRY,
    denoise::ENTRY,
    codebook::ENTRY,
    prune_weights::ENTRY,
    remove_kernel::ENTRY,
];

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

    /// Returns which images it looks at, if it looks at any.
    fn calibration(&self) -> Option<CalibrationSet<'_>> {
        None
    }

    /// Returns whether it says what later training does with some parameters.
    fn handles(&self) -> bool {
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

/// The images that an edit looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalibrationSet<'a> {
    /// The data set's name.
    pub set: &'a str,
    /// How many of its images, spread evenly over it; all if it has fewer.
    pub samples: usize,
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
    /// The images that it [looks at](Edit::calibration), of the shape that the net takes.
    pub calibration: Option<Calibration<'a>>,
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
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Edited {
    /// All its numbers.
    pub weights: Vec<f32>,
    /// What was chosen.
    pub notes: Vec<Note>,
    /// Names and numbers for the model's record.
    pub values: Vec<(String, f64)>,
    /// What training does with some of the net's parameters, by their index.
    pub handling: Vec<(usize, Handling)>,
    /// The forms of kernels that it may have changed.
    pub forms: Vec<KernelForm>,
    /// What rounds the model again once it is trained, if it is to be.
    pub rounding: Option<Rounding>,
}

/// A kernel and what form an edit left it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelForm {
    /// Where its numbers stand.
    pub range: Range<usize>,
    /// The form: the name of a structure, `free`, or what the edit calls it.
    pub form: String,
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
    /// A weight is infinite or NaN.
    #[error("`{parameter}` holds a weight of {came}; weights must be finite")]
    NotFinite {
        /// The parameter.
        parameter: String,
        /// The weight.
        came: String,
    },
    /// The model's answers have no loss.
    #[error("the loss on the calibration images is not finite: the model's weights are too large")]
    NoLoss,
    /// The budget is spent before the first step.
    #[error(
        "rounding the kernels to {precision} bits alone raises the calibration loss by {rise}, more than the \
         budget of {budget}: allow more, or give `precision` more bits"
    )]
    Budget {
        /// How much the loss may rise.
        budget: String,
        /// The bits of a number.
        precision: u32,
        /// How much it rose.
        rise: String,
    },
    /// No form has so few bits.
    #[error(
        "kernels can be brought to {least} of their free bits at the least, not to {wanted}: ask for more \
         `bits`, or give numbers fewer by `precision`"
    )]
    Bits {
        /// The share that was asked for.
        wanted: String,
        /// The least share.
        least: String,
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
