//! How a model is trained.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::sync::Arc;

use convscope_core::registry::{self, SettingError};
use convscope_model::Net;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::clip::Clip;
use crate::optimizers::{OPTIMIZERS, Optimizer, Pace};
use crate::regularizers::{REGULARIZERS, Regularizer};
use crate::rules::Flags;
use crate::schedules::{Moment, SCHEDULES, Schedule};
use crate::warm_up::WarmUp;

const MOST_IN_A_BATCH: u32 = 65_536;
/// The values of all epochs are held in memory.
const MOST_EPOCHS: u32 = 1_000_000;

/// A way of training whose settings have been checked.
///
/// ```toml
/// [recipe.default]
/// optimizer = { sgd = { lr = 0.01, momentum = 0.9 } }   # or "adam", { adamw = { … } }
/// schedule = { cosine = { to = 0.001 } }                # or "constant", { step = { every = 30 } }
/// warm-up = 5                                           # epochs; or { steps = 500, from = 0.01 }
/// clip = 1.0                                            # norm; or { value = 0.5 }
/// label-smoothing = 0.1
/// no-decay = ["*.bias", "*bn*"]
/// regularizers = [{ l1 = { weight = 1e-4, on = ["*.weight"], warm-up = 10 } }]
/// batch = 32
/// epochs = 100
/// ```
///
/// The loss is always the cross-entropy, its mean over a batch. Images are put into a new order in
/// every epoch; the last batch of an epoch is short when the batch size does not divide them.
///
/// A step is taken so: the gradients of the loss, those of the penalties added, brought into the
/// form that masks and pieces give them, clipped; the optimiser's step, with its weight decay;
/// the weights brought into their form.
///
/// ```
/// use convscope_train::Recipe;
/// use serde_json::json;
///
/// let recipe = Recipe::read(json!({ "optimizer": { "sgd": { "momentum": 0.9 } }, "epochs": 30 }))?;
/// assert_eq!(recipe.batch(), 32);
/// assert_eq!(recipe.describe(), "SGD at rate 0.01, momentum 0.9; constant rate; batches of 32; 30 epochs");
/// # Ok::<(), convscope_core::SettingError>(())
/// ```
#[derive(Clone)]
pub struct Recipe {
    optimizer: Arc<dyn Optimizer>,
    schedule: Arc<dyn Schedule>,
    warm_up: WarmUp,
    clip: Option<Clip>,
    label_smoothing: f64,
    no_decay: Vec<String>,
    regularizers: Vec<Regularizer>,
    batch: usize,
    epochs: u32,
    canonical: Value,
}

/// A recipe as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    /// How weights change by their gradients: a name, or a table of one name and its settings.
    #[schemars(schema_with = "optimizer_schema")]
    optimizer: Value,
    /// How the learning rate changes while training.
    #[schemars(schema_with = "schedule_schema")]
    schedule: Value,
    /// In how many epochs the rate rises before the schedule begins, or a table.
    #[schemars(schema_with = "WarmUp::schema")]
    warm_up: Value,
    /// How long the gradients of a step may be together, or a table of another bound.
    #[schemars(schema_with = "Clip::schema")]
    clip: Option<Value>,
    /// What share of a label is spread evenly over all classes.
    label_smoothing: f64,
    /// Name patterns of parameters on which the optimiser's weight decay does not act.
    no_decay: Vec<String>,
    /// Penalties on weights: names, or tables of one name and its settings.
    #[schemars(schema_with = "regularizers_schema")]
    regularizers: Vec<Value>,
    /// How many images make a step.
    batch: u32,
    /// How many times every image is seen; with 0 the start is only scored.
    epochs: u32,
}

impl Default for Written {
    fn default() -> Self {
        Self {
            optimizer: "sgd".into(),
            schedule: "constant".into(),
            warm_up: 0.into(),
            clip: None,
            label_smoothing: 0.0,
            no_decay: Vec::new(),
            regularizers: Vec::new(),
            batch: 32,
            epochs: 100,
        }
    }
}

impl Recipe {
    /// Reads and checks a recipe; settings that are not written have their defaults.
    ///
    /// # Errors
    /// A [`SettingError`] at a setting that is unknown, of the wrong type or out of its range.
    pub fn read(written: Value) -> Result<Self, SettingError> {
        let written: Written = registry::read(written)?;
        let (batch, epochs) = (written.batch, written.epochs);
        check_count("batch", batch, 1..=MOST_IN_A_BATCH)?;
        check_count("epochs", epochs, 0..=MOST_EPOCHS)?;
        let label_smoothing = written.label_smoothing;
        if !(0.0..1.0).contains(&label_smoothing) {
            let message =
                format!("a share of labels lies from 0 to below 1, not {label_smoothing}");
            return Err(SettingError::at("label-smoothing", message));
        }
        let below = |key: &'static str| move |error: SettingError| error.below(key);
        let (optimizer, optimizer_written) =
            registry::build(OPTIMIZERS, "optimiser", &written.optimizer)
                .map_err(below("optimizer"))?;
        let (schedule, schedule_written) =
            registry::build(SCHEDULES, "schedule", &written.schedule).map_err(below("schedule"))?;
        let warm_up = WarmUp::read(&written.warm_up, epochs).map_err(below("warm-up"))?;
        if schedule.warms_up() && warm_up.length(1) > 0 {
            let message = "this schedule begins with a rising rate of its own; leave `warm-up` out";
            return Err(SettingError::at("warm-up", message));
        }
        let clip = written.clip.as_ref().map(Clip::read).transpose().map_err(below("clip"))?;
        let (regularizers, regularizers_written) =
            read_regularizers(&written.regularizers).map_err(below("regularizers"))?;
        let kept = [
            ("optimizer", optimizer_written, json!({ "sgd": {} })),
            ("schedule", schedule_written, json!({ "constant": {} })),
            ("warm-up", registry::without_defaults(&warm_up), json!({})),
            ("clip", clip.map_or(Value::Null, Clip::canonical), Value::Null),
            ("label-smoothing", label_smoothing.into(), 0.0.into()),
            ("no-decay", json!(written.no_decay), json!([])),
            ("regularizers", regularizers_written, json!([])),
            ("batch", batch.into(), 32.into()),
            ("epochs", epochs.into(), 100.into()),
        ];
        let differs = kept.into_iter().filter(|(_, written, usual)| written != usual);
        let canonical: Map<_, _> = differs.map(|(key, value, _)| (key.to_owned(), value)).collect();
        Ok(Self {
            optimizer: optimizer.into(),
            schedule: schedule.into(),
            warm_up,
            clip,
            label_smoothing,
            no_decay: written.no_decay,
            regularizers,
            batch: batch as usize,
            epochs,
            canonical: Value::Object(canonical),
        })
    }

    /// Checks that every pattern of the recipe matches a parameter of a net.
    ///
    /// # Errors
    /// A [`SettingError`] at the pattern that matches none, with the nearest name: what was to be
    /// handled in its own way would silently be handled like the rest.
    pub fn fits(&self, net: &Net) -> Result<(), SettingError> {
        Flags::of(net, self).map(drop)
    }

    /// Returns the settings that differ from their defaults; reading them gives this recipe.
    pub fn canonical(&self) -> Value {
        self.canonical.clone()
    }

    /// Describes the recipe in one line.
    pub fn describe(&self) -> String {
        let Self { optimizer, schedule, label_smoothing, no_decay, batch, epochs, .. } = self;
        if *epochs == 0 {
            return "no training".into();
        }
        let mut parts = vec![optimizer.describe()];
        if !no_decay.is_empty() {
            parts.push(format!("no decay of {}", no_decay.join(", ")));
        }
        parts.extend(self.warm_up.describe());
        parts.push(schedule.describe());
        parts.extend(self.clip.map(Clip::describe));
        if *label_smoothing > 0.0 {
            parts.push(format!("labels smoothed by {label_smoothing}"));
        }
        parts.extend(self.regularizers.iter().map(Regularizer::describe));
        parts.push(format!("batches of {batch}"));
        parts.push(if *epochs == 1 { "1 epoch".into() } else { format!("{epochs} epochs") });
        parts.join("; ")
    }

    /// Returns how many images make a step.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Returns how many times every image is seen.
    pub fn epochs(&self) -> u32 {
        self.epochs
    }

    /// Returns where a training by this recipe stands before a step, the first being 0.
    ///
    /// # Panics
    /// When an epoch has no step.
    pub fn moment(&self, step: u64, steps_per_epoch: u64) -> Moment {
        assert!(steps_per_epoch > 0, "caller's bug: an epoch has at least one step");
        Moment { step, steps_per_epoch, steps: steps_per_epoch * u64::from(self.epochs) }
    }

    /// Returns the learning rate of a step, and its momentum where that changes.
    pub fn pace(&self, at: Moment) -> Pace {
        let (rate, warm_up) = (self.optimizer.rate(), self.warm_up.length(at.steps_per_epoch));
        if at.step < warm_up {
            let share = self.warm_up.share(at.step, at.steps_per_epoch);
            return Pace { rate: rate * share, momentum: None };
        }
        let at = at.after(warm_up);
        Pace { rate: self.schedule.rate(rate, at), momentum: self.schedule.momentum(at) }
    }

    /// Returns the optimiser.
    pub fn optimizer(&self) -> &dyn Optimizer {
        &*self.optimizer
    }

    /// Returns the bound on gradients.
    pub fn clip(&self) -> Option<Clip> {
        self.clip
    }

    /// Returns what share of a label is spread evenly over all classes, the true one included.
    ///
    /// As `torch.nn.CrossEntropyLoss` has it; Szegedy and others 2015, arXiv:1512.00567.
    pub fn label_smoothing(&self) -> f64 {
        self.label_smoothing
    }

    /// Returns the name patterns of parameters that weight decay leaves alone.
    pub fn no_decay(&self) -> &[String] {
        &self.no_decay
    }

    /// Returns the penalties on weights.
    pub fn regularizers(&self) -> &[Regularizer] {
        &self.regularizers
    }
}

/// Reads a list of penalties, and returns its canonical form with it.
fn read_regularizers(written: &[Value]) -> Result<(Vec<Regularizer>, Value), SettingError> {
    let mut read = Vec::with_capacity(written.len());
    let mut canonical = Vec::with_capacity(written.len());
    for (index, written) in written.iter().enumerate() {
        let (regularizer, settings) = registry::build(REGULARIZERS, "regulariser", written)
            .map_err(|error| error.below(&index.to_string()))?;
        read.push(*regularizer);
        canonical.push(settings);
    }
    Ok((read, Value::Array(canonical)))
}

fn check_count(key: &str, count: u32, range: RangeInclusive<u32>) -> Result<(), SettingError> {
    if range.contains(&count) {
        return Ok(());
    }
    let (least, most) = range.into_inner();
    Err(SettingError::at(key, format!("`{key}` lies from {least} to {most}, not at {count}")))
}

impl JsonSchema for Recipe {
    fn schema_name() -> Cow<'static, str> {
        "Recipe".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Written::json_schema(generator)
    }
}

fn optimizer_schema(generator: &mut SchemaGenerator) -> Schema {
    registry::members_schema(OPTIMIZERS, generator)
}

fn schedule_schema(generator: &mut SchemaGenerator) -> Schema {
    registry::members_schema(SCHEDULES, generator)
}

fn regularizers_schema(generator: &mut SchemaGenerator) -> Schema {
    let member = registry::members_schema(REGULARIZERS, generator);
    json_schema!({ "type": "array", "items": member })
}
