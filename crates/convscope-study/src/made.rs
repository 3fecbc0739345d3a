//! What edits make of a start, and what they tell.

use convscope_core::{Identity, Seed};
use convscope_edit::{Calibration, Donor, Edited, Note, Rounding, Subject};
use convscope_store::Store;
use convscope_train::Handling;

use crate::job::{Kept, Training};
use crate::work::{By, WorkError, weights_of};

/// The edits of a training, and what they see.
pub(crate) struct Edits<'a> {
    pub(crate) training: &'a Training,
    pub(crate) handling: &'a [Handling],
    pub(crate) donors: &'a [Vec<(String, Identity)>],
    /// The randomness of the replicate and of the model.
    pub(crate) seeds: [Seed; 2],
    pub(crate) store: &'a Store,
    pub(crate) by: By<'a>,
}

impl Edits<'_> {
    /// Does all, one after the other; what a later one measures or says of a parameter counts.
    pub(crate) fn make(&self, weights: Vec<f32>) -> Result<Made, WorkError> {
        let mut made = Made { weights, ..Made::default() };
        for index in 0..self.training.edits.len() {
            let edited = self.edited(index, std::mem::take(&mut made.weights))?;
            made.weights = edited.weights;
            made.told.add(edited.notes, edited.values);
            made.handling.extend(edited.handling);
            made.roundings.extend(edited.rounding);
        }
        Ok(made)
    }

    fn edited(&self, index: usize, weights: Vec<f32>) -> Result<Edited, WorkError> {
        let Self { training, handling, store, by, seeds: [replicate, seed], .. } = *self;
        let (net, edit) = (&training.net, &training.edits[index]);
        let donors = &self.donors[index];
        let donors = donors.iter().map(|(name, id)| {
            let weights = weights_of(store, id, Kept::Final, net)?;
            Ok(Donor { name: name.clone(), weights })
        });
        let donors = donors.collect::<Result<Vec<_>, WorkError>>()?;
        let fresh = if edit.reads_fresh() { training.begin(seed, handling)? } else { Vec::new() };
        let images = match &training.calibrations[index] {
            Some(set) => Some(set.of(&by.shelf.get(&set.data, replicate)?.images)?),
            None => None,
        };
        let (level, threads) = (by.level, by.threads);
        let calibration = images.as_ref().map(|images| Calibration { images, level, threads });
        let seed = seed.child("edit").nth(index as u64);
        let subject = Subject { net, donors: &donors, fresh: &fresh, calibration, seed };
        Ok(edit.apply(&subject, weights)?)
    }
}

/// What edits made.
#[derive(Default)]
pub(crate) struct Made {
    pub(crate) weights: Vec<f32>,
    /// What training does with some parameters, by their index.
    pub(crate) handling: Vec<(usize, Handling)>,
    pub(crate) told: Told,
    /// What rounds kernels again after training.
    pub(crate) roundings: Vec<Rounding>,
}

/// What edits tell.
#[derive(Clone, Default)]
pub(crate) struct Told {
    /// What they chose.
    pub(crate) notes: Vec<Note>,
    /// What they measured.
    pub(crate) values: Vec<(String, f64)>,
}

impl Told {
    /// Adds what a later edit tells; of values of one name the last counts.
    pub(crate) fn add(&mut self, notes: Vec<Note>, values: Vec<(String, f64)>) {
        self.notes.extend(notes);
        self.values.retain(|(name, _)| !values.iter().any(|(new, _)| new == name));
        self.values.extend(values);
    }

    /// Puts tables in the place of those with their names and rows.
    pub(crate) fn renew(&mut self, notes: Vec<Note>, values: Vec<(String, f64)>) {
        let known =
            |own: &Note| notes.iter().any(|new| new.name == own.name && new.rows == own.rows);
        self.notes.retain(|own| !known(own));
        self.add(notes, values);
    }
}
