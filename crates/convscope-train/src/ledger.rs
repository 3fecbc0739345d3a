//! What is kept of a training, whoever takes its steps.

use convscope_core::Value;
use convscope_data::Images;

use crate::past::Past;
use crate::score::Score;
use crate::train::Epoch;
use crate::trained::{Confusions, Outcome, Trained};
use crate::training::{TrainError, Training};

/// The numbers of a training under way, from which its [`Trained`] is made.
pub struct Ledger<'a> {
    training: &'a Training<'a>,
    past: Past,
    valid: Score,
}

/// Shows the logits of every image of a set.
type Show<'s, E> = &'s mut dyn FnMut(&Images, &mut dyn FnMut(usize, &[f32])) -> Result<(), E>;

impl<'a> Ledger<'a> {
    /// Checks that everything fits together and makes room for all epochs.
    ///
    /// # Errors
    /// [`TrainError`] when images, net, weights and flags do not fit together.
    pub fn open(training: &'a Training<'a>, weights: &[f32]) -> Result<Self, TrainError> {
        training.check(weights)?;
        let past = Past::of(training.recipe.epochs());
        Ok(Self { training, past, valid: Score::new(training.images.classes().len()) })
    }

    /// Returns loss and accuracy on the validation images, if there are any.
    ///
    /// # Errors
    /// What `show` fails with.
    pub fn validate<E>(&mut self, show: Show<'_, E>) -> Result<Option<(f64, f64)>, E> {
        let Some(images) = self.training.valid else { return Ok(None) };
        self.valid.clear();
        examine(images, &mut self.valid, show)?;
        Ok(Some((self.valid.loss(), self.valid.accuracy())))
    }

    /// Keeps the numbers of the next epoch.
    pub fn keep(&mut self, epoch: &Epoch) {
        self.past.keep(epoch);
    }

    /// Returns the numbers of the epochs so far.
    pub(crate) fn past(&mut self) -> &mut Past {
        &mut self.past
    }

    /// Examines all images with the last weights and ends the training.
    ///
    /// # Errors
    /// What `show` fails with.
    pub fn close<E>(
        self,
        weights: Vec<f32>,
        outcome: Outcome,
        show: Show<'_, E>,
    ) -> Result<Trained, E> {
        let (mut values, mut tables) = (Vec::new(), Vec::new());
        let training = self.training;
        for (set, images) in training.sets() {
            let names =
                ["loss", "accuracy", "calibration-error"].map(|name| format!("{set}-{name}"));
            if let Some(reason) = outcome.reason() {
                values.extend(names.map(|name| (name, Value::missing(reason.clone()))));
                continue;
            }
            let mut score = Score::new(images.classes().len());
            examine(images, &mut score, show)?;
            let numbers = [score.loss(), score.accuracy(), score.calibration_error()];
            values.extend(names.into_iter().zip(numbers.map(Value::of)));
            let counts = score.confusion().to_vec();
            tables.push(Confusions { name: format!("{set}-confusion"), counts });
        }
        values.push(("free-parameters".into(), Value::of(training.freedom() as f64)));
        let curves = self.past.curves(training.valid.is_some(), outcome);
        Ok(Trained { weights, outcome, values, curves, tables, checkpoint: None })
    }
}

fn examine<E>(images: &Images, score: &mut Score, show: Show<'_, E>) -> Result<(), E> {
    show(images, &mut |image, logits| score.see(logits, images.labels()[image]))
}
