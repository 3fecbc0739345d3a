//! The loop.

use std::collections::BTreeMap;

use crate::augment::{Augmented, samples};
use crate::checkpoint::{Checkpoint, CheckpointError, List};
use crate::compute::{Compute, ComputeError};
use crate::ledger::Ledger;
use crate::optimizers::Descent;
use crate::rules::Rules;
use crate::train::{Continue, Epoch};
use crate::trained::{Outcome, Trained};
use crate::training::{TrainError, Training};

/// A training under way.
pub(crate) struct Run<'a> {
    training: &'a Training<'a>,
    compute: &'a mut dyn Compute,
    descent: Box<dyn Descent>,
    rules: Rules<'a>,
    steps_per_epoch: u64,
    /// How many epochs are behind it.
    past: u32,
    weights: Vec<f32>,
    gradients: Vec<f32>,
    /// The weights after the last epoch that stayed finite.
    finite: Vec<f32>,
    order: Vec<u32>,
    augmented: Option<Augmented<'a>>,
}

/// Why an epoch did not end.
enum Halt {
    /// A loss or weight is not finite.
    NotFinite,
    /// There was no result.
    Failed(ComputeError),
}

impl From<ComputeError> for Halt {
    fn from(error: ComputeError) -> Self {
        Self::Failed(error)
    }
}

impl<'a> Run<'a> {
    /// Makes everything ready for the first step.
    pub(crate) fn new(
        training: &'a Training<'a>,
        mut weights: Vec<f32>,
        compute: &'a mut dyn Compute,
    ) -> Result<Self, TrainError> {
        let &Training { net, images, recipe, handling, level, .. } = training;
        let rules = Rules::new(net, recipe, handling, &mut weights)?;
        let frozen: Vec<bool> = handling.iter().map(|handling| handling.frozen).collect();
        compute.freeze(&frozen);
        compute.smooth_labels(recipe.label_smoothing() as f32);
        Ok(Self {
            training,
            compute,
            descent: recipe.optimizer().start(net.parameter_count(), level),
            rules,
            steps_per_epoch: images.len().div_ceil(recipe.batch()) as u64,
            past: 0,
            gradients: vec![0.0; net.parameter_count()],
            finite: weights.clone(),
            weights,
            order: vec![0; images.len()],
            augmented: Augmented::of(training),
        })
    }

    /// Takes the steps that are left and measures what comes of them.
    pub(crate) fn train(
        mut self,
        mut ledger: Ledger<'_>,
        watch: &mut dyn FnMut(&Epoch, &[f32]) -> Continue,
    ) -> Result<Trained, TrainError> {
        let outcome = self.epochs(&mut ledger, watch)?;
        let checkpoint = match outcome {
            Outcome::Stopped { .. } => Some(self.remember(&mut ledger)),
            Outcome::Done | Outcome::Diverged { .. } => None,
        };
        let Self { compute, weights, finite, .. } = self;
        let trained = ledger.close(finite, outcome, &mut |images, visit| {
            compute.evaluate(&weights, samples(images, None), visit)
        })?;
        Ok(Trained { checkpoint, ..trained })
    }

    fn epochs(
        &mut self,
        ledger: &mut Ledger<'_>,
        watch: &mut dyn FnMut(&Epoch, &[f32]) -> Continue,
    ) -> Result<Outcome, ComputeError> {
        let epochs = self.training.recipe.epochs();
        for number in self.past + 1..=epochs {
            let epoch = match self.epoch(number, ledger) {
                Ok(epoch) => epoch,
                Err(Halt::NotFinite) => return Ok(Outcome::Diverged { epoch: number }),
                Err(Halt::Failed(error)) => return Err(error),
            };
            ledger.keep(&epoch);
            self.finite.copy_from_slice(&self.weights);
            self.past = number;
            if watch(&epoch, &self.weights) == Continue::No && number < epochs {
                return Ok(Outcome::Stopped { epoch: number });
            }
        }
        Ok(Outcome::Done)
    }

    fn epoch(&mut self, number: u32, ledger: &mut Ledger<'_>) -> Result<Epoch, Halt> {
        let recipe = self.training.recipe;
        let first = (u64::from(number) - 1) * self.steps_per_epoch;
        let rate = recipe.pace(recipe.moment(first, self.steps_per_epoch)).rate;
        self.training.shuffle(number, &mut self.order);
        if let Some(augmented) = &mut self.augmented {
            augmented.draw(number);
        }
        let (running_loss, running_accuracy) = self.descend(first)?;
        let Self { compute, weights, .. } = self;
        let valid = ledger.validate(&mut |images, visit| {
            compute.evaluate(weights, samples(images, None), visit)
        })?;
        if valid.is_some_and(|(loss, _)| !loss.is_finite()) {
            return Err(Halt::NotFinite);
        }
        let (valid_loss, valid_accuracy) = valid.unzip();
        Ok(Epoch { number, rate, running_loss, running_accuracy, valid_loss, valid_accuracy })
    }

    /// Takes the steps of an epoch; returns loss and accuracy as they ran.
    fn descend(&mut self, first: u64) -> Result<(f64, f64), Halt> {
        let Training { images, recipe, .. } = *self.training;
        let samples = samples(images, self.augmented.as_ref());
        let (mut loss_sum, mut correct) = (0.0, 0);
        for (step, batch) in (first..).zip(self.order.chunks(recipe.batch())) {
            let noise = self.training.noise(step);
            let (weights, gradients) = (&self.weights, &mut self.gradients);
            let score = self.compute.gradients(weights, samples, batch, noise, gradients)?;
            loss_sum += score.loss_sum;
            correct += score.correct;
            if !loss_sum.is_finite() {
                return Err(Halt::NotFinite);
            }
            let at = recipe.moment(step, self.steps_per_epoch);
            let (gradients, rules) = (&mut self.gradients, &mut self.rules);
            let trained = &mut self.weights[..gradients.len()];
            rules.before(at, trained, gradients);
            self.descent.step(recipe.pace(at), trained, gradients, rules.spans());
            rules.keep_weights(trained);
            self.compute.track_statistics(&mut self.weights);
        }
        if !self.weights.iter().all(|weight| weight.is_finite()) {
            return Err(Halt::NotFinite);
        }
        let count = images.len() as f64;
        Ok((loss_sum / count, correct as f64 / count))
    }

    /// Gathers what the epochs to come depend on.
    fn remember(&mut self, ledger: &mut Ledger<'_>) -> Checkpoint {
        let mut lists = BTreeMap::from([(WEIGHTS.to_owned(), List::Single(self.weights.clone()))]);
        for (name, numbers) in self.descent.memory() {
            lists.insert(of_descent(name), List::Single(numbers.to_vec()));
        }
        for (place, penalty) in self.rules.penalties().enumerate() {
            lists.insert(of_penalty(place), List::Double(penalty.memory()));
        }
        for (name, numbers) in ledger.past().lists() {
            lists.insert(of_past(name), List::Double(numbers.clone()));
        }
        Checkpoint { epoch: self.past, lists }
    }

    /// Takes up what was gathered.
    pub(crate) fn recall(
        &mut self,
        checkpoint: &Checkpoint,
        ledger: &mut Ledger<'_>,
    ) -> Result<(), CheckpointError> {
        let (epoch, epochs) = (checkpoint.epoch, self.training.recipe.epochs());
        if !(1..epochs).contains(&epoch) {
            let why = format!("it was stopped after epoch {epoch}, and this one has {epochs}");
            return Err(CheckpointError::Other(why));
        }
        let weights = checkpoint.singles(WEIGHTS, self.weights.len())?;
        self.weights.copy_from_slice(weights);
        self.finite.copy_from_slice(&self.weights);
        for (name, numbers) in self.descent.memory() {
            numbers.copy_from_slice(checkpoint.singles(&of_descent(name), numbers.len())?);
        }
        self.descent.go_on_after(u64::from(epoch) * self.steps_per_epoch);
        for (place, penalty) in self.rules.penalties().enumerate() {
            let name = of_penalty(place);
            if !penalty.recall(checkpoint.doubles(&name, None)?) {
                return Err(CheckpointError::Other(format!("`{name}` has another length")));
            }
        }
        let watched = self.training.valid.is_some();
        for (name, numbers) in ledger.past().lists() {
            let count = if watched || !name.starts_with("valid") { epoch as usize } else { 0 };
            numbers.extend(checkpoint.doubles(&of_past(name), Some(count))?);
        }
        self.past = epoch;
        Ok(())
    }
}

// The names of lists in checkpoints.
const WEIGHTS: &str = "weights";

fn of_descent(name: &str) -> String {
    format!("optimizer.{name}")
}

fn of_penalty(place: usize) -> String {
    format!("penalty.{place}")
}

fn of_past(name: &str) -> String {
    format!("epochs.{name}")
}
