//! The loop.

use convscope_engine::Executor;

use crate::augment::{Augmented, samples};
use crate::compute::{Compute, ComputeError};
use crate::ledger::Ledger;
use crate::optimizers::Descent;
use crate::rules::Rules;
use crate::trained::{Outcome, Trained};
use crate::training::{TrainError, Training};

/// What an epoch was like, for those who watch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Epoch {
    /// Its number, the first being 1.
    pub number: u32,
    /// The learning rate of its first step.
    pub rate: f64,
    /// The mean loss of a training image, each with the weights before its step.
    pub running_loss: f64,
    /// The share of right answers on training images, each with the weights before its step.
    pub running_accuracy: f64,
    /// The mean loss of a validation image at the end of the epoch.
    pub valid_loss: Option<f64>,
    /// The share of right answers on validation images at the end of the epoch.
    pub valid_accuracy: Option<f64>,
}

/// Whether training goes on after an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Continue {
    /// On with the next epoch.
    Yes,
    /// The training ends here, as [`Outcome::Stopped`].
    No,
}

/// Trains a model from its first weights; `watch` is shown every epoch and the weights after it.
///
/// Each epoch sees all images in an order of its own, `training.seed.child("order")` and the
/// epoch's number from 0 on, in batches of which the last may be short; where images are augmented, they
/// are [drawn](Augmented::draw) anew before. Nothing is allocated from the first epoch to the last. The result depends on nothing but `training` and `weights`.
///
/// A loss or weight that is not finite ends the training as [`Outcome::Diverged`]: that epoch and
/// all after it, and the final values, are missing with that reason.
///
/// ```
/// use convscope_core::{Seed, Shape};
/// use convscope_data::Images;
/// use convscope_engine::Level;
/// use convscope_model::{Layer, Net, Op, layer::Linear};
/// use convscope_train::{Continue, Handling, Outcome, Recipe, Training, train};
/// use serde_json::json;
///
/// // Two images of one pixel: the class is whether it is bright.
/// let classes = vec!["dark".into(), "bright".into()];
/// let images = Images::new(Shape::image(1, 1, 1), vec![0.0, 1.0], vec![0, 1], classes)?;
/// let layers = vec![Layer::new("fc", Op::Linear(Linear { outputs: 2, bias: true }))];
/// let net = Net::new(images.shape(), layers)?;
/// let recipe = Recipe::read(json!({ "optimizer": { "sgd": { "lr": 1.0 } }, "epochs": 50 }))?;
/// let training = Training {
///     net: &net,
///     images: &images,
///     augment: None,
///     valid: None,
///     test: None,
///     recipe: &recipe,
///     handling: &[Handling::default(), Handling::default()],
///     seed: Seed::root(1),
///     level: Level::detect(),
///     threads: 1,
/// };
/// let trained = train(&training, vec![0.0; 4], &mut |_, _| Continue::Yes)?;
/// assert_eq!(trained.outcome, Outcome::Done);
/// assert_eq!(trained.tables[0].counts, [1, 0, 0, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`TrainError`] when images, net, weights, recipe and handlings do not fit together, before anything is
/// computed.
pub fn train(
    training: &Training<'_>,
    weights: Vec<f32>,
    watch: &mut dyn FnMut(&Epoch, &[f32]) -> Continue,
) -> Result<Trained, TrainError> {
    let ledger = Ledger::open(training, &weights)?;
    let &Training { net, images, recipe, level, threads, .. } = training;
    let batch = recipe.batch().min(images.len()).next_multiple_of(BLOCK);
    let mut executor = Executor::new(net, batch, level);
    executor.use_threads(threads);
    Run::new(training, weights, &mut executor)?.train(ledger, watch)
}

/// Trains as [`train()`] does, with a computation of the training's net that is made elsewhere.
///
/// # Errors
/// As [`train()`], and [`TrainError::Compute`] when the computation fails.
pub fn train_with(
    compute: &mut dyn Compute,
    training: &Training<'_>,
    weights: Vec<f32>,
    watch: &mut dyn FnMut(&Epoch, &[f32]) -> Continue,
) -> Result<Trained, TrainError> {
    let ledger = Ledger::open(training, &weights)?;
    Run::new(training, weights, compute)?.train(ledger, watch)
}

/// Measures a model as [`train()`] does at its end, without a step.
///
/// Handlings and the recipe count for `free-parameters` alone; there are no curves.
///
/// # Errors
/// As [`train()`].
pub fn measure(training: &Training<'_>, weights: Vec<f32>) -> Result<Trained, TrainError> {
    let ledger = Ledger::open(training, &weights)?;
    let &Training { net, level, threads, .. } = training;
    let mut executor = Executor::new(net, 4 * BLOCK, level);
    executor.use_threads(threads);
    let measured = weights.clone();
    let trained = ledger.close(weights, Outcome::Done, &mut |images, visit| {
        Compute::evaluate(&mut executor, &measured, samples(images, None), visit)
    })?;
    Ok(Trained { curves: Vec::new(), ..trained })
}

/// The engine computes so many samples at a time: examining whole blocks leaves none of it idle.
const BLOCK: usize = 16;

/// A training under way.
struct Run<'a> {
    training: &'a Training<'a>,
    compute: &'a mut dyn Compute,
    descent: Box<dyn Descent>,
    rules: Rules<'a>,
    steps_per_epoch: u64,
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
    fn new(
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
            gradients: vec![0.0; net.parameter_count()],
            finite: weights.clone(),
            weights,
            order: vec![0; images.len()],
            augmented: Augmented::of(training),
        })
    }

    fn train(
        mut self,
        mut ledger: Ledger<'_>,
        watch: &mut dyn FnMut(&Epoch, &[f32]) -> Continue,
    ) -> Result<Trained, TrainError> {
        let outcome = self.epochs(&mut ledger, watch)?;
        let Self { compute, weights, finite, .. } = self;
        let trained = ledger.close(finite, outcome, &mut |images, visit| {
            compute.evaluate(&weights, samples(images, None), visit)
        });
        Ok(trained?)
    }

    fn epochs(
        &mut self,
        ledger: &mut Ledger<'_>,
        watch: &mut dyn FnMut(&Epoch, &[f32]) -> Continue,
    ) -> Result<Outcome, ComputeError> {
        let epochs = self.training.recipe.epochs();
        for number in 1..=epochs {
            let epoch = match self.epoch(number, ledger) {
                Ok(epoch) => epoch,
                Err(Halt::NotFinite) => return Ok(Outcome::Diverged { epoch: number }),
                Err(Halt::Failed(error)) => return Err(error),
            };
            ledger.keep(&epoch);
            self.finite.copy_from_slice(&self.weights);
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
}
