//! Ways to train a model.

use convscope_engine::Executor;

use crate::augment::samples;
use crate::checkpoint::Checkpoint;
use crate::compute::Compute;
use crate::ledger::Ledger;
use crate::run::Run;
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
/// are [drawn](crate::Augmented::draw) anew before. Nothing is allocated from the first epoch to the last. The result depends on nothing but `training` and `weights`.
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
    Run::new(training, weights, &mut executor(training))?.train(ledger, watch)
}

/// Goes on with a training that was [stopped](Outcome::Stopped), from its
/// [checkpoint](Trained::checkpoint); `weights` are its first ones, as for [`train()`].
///
/// What comes of it are the bits of a training that was never stopped; `watch` is shown the epochs that were
/// not trained yet.
///
/// ```
/// use convscope_core::{Seed, Shape};
/// use convscope_data::Images;
/// use convscope_engine::Level;
/// use convscope_model::{Layer, Net, Op, layer::Linear};
/// use convscope_train::{Checkpoint, Continue, Handling, Recipe, Training, resume, train};
/// use serde_json::json;
///
/// let classes = vec!["dark".into(), "bright".into()];
/// let images = Images::new(Shape::image(1, 1, 1), vec![0.0, 1.0], vec![0, 1], classes)?;
/// let layers = vec![Layer::new("fc", Op::Linear(Linear { outputs: 2, bias: true }))];
/// let net = Net::new(images.shape(), layers)?;
/// let recipe = Recipe::read(json!({ "optimizer": { "adam": { "lr": 0.1 } }, "epochs": 5 }))?;
/// # let (handling, seed, level) = ([Handling::default(), Handling::default()], Seed::root(1), Level::detect());
/// # let training = Training {
/// #     net: &net, images: &images, augment: None, valid: None, test: None, recipe: &recipe,
/// #     handling: &handling, seed, level, threads: 1,
/// # };
/// let whole = train(&training, vec![0.0; 4], &mut |_, _| Continue::Yes)?;
/// let stopped = train(&training, vec![0.0; 4], &mut |_, _| Continue::No)?;
/// let bytes = stopped.checkpoint.expect("it was stopped").to_bytes();
/// let checkpoint = Checkpoint::from_bytes(&bytes)?;
/// assert_eq!(resume(&training, vec![0.0; 4], &checkpoint, &mut |_, _| Continue::Yes)?, whole);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`train()`], and [`TrainError::Checkpoint`] when it is that of another training, as far as names and lengths tell.
pub fn resume(
    training: &Training<'_>,
    weights: Vec<f32>,
    checkpoint: &Checkpoint,
    watch: &mut dyn FnMut(&Epoch, &[f32]) -> Continue,
) -> Result<Trained, TrainError> {
    let mut ledger = Ledger::open(training, &weights)?;
    let mut executor = executor(training);
    let mut run = Run::new(training, weights, &mut executor)?;
    run.recall(checkpoint, &mut ledger)?;
    run.train(ledger, watch)
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

/// Makes the engine ready for the batches of a training.
fn executor(training: &Training<'_>) -> Executor {
    let &Training { net, images, recipe, level, threads, .. } = training;
    let batch = recipe.batch().min(images.len()).next_multiple_of(BLOCK);
    let mut executor = Executor::new(net, batch, level);
    executor.use_threads(threads);
    executor
}

/// The engine computes so many samples at a time: examining whole blocks leaves none of it idle.
const BLOCK: usize = 16;
