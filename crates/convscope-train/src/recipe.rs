//! How a model is trained.

use std::borrow::Cow;
use std::sync::Arc;

use convscope_core::registry::{self, SettingError};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::optimizers::{OPTIMIZERS, Optimizer};
use crate::schedules::{SCHEDULES, Schedule};

const MOST_IN_A_BATCH: u32 = 65_536;
/// The values of all epochs are held in memory.
const MOST_EPOCHS: u32 = 1_000_000;

/// A way of training whose settings have been checked.
///
/// ```toml
/// [recipe.default]
/// optimizer = { sgd = { lr = 0.01, momentum = 0.9 } }   # or "adam", { adamw = { … } }
/// schedule = { cosine = { to = 0.001 } }                # or "constant", { step = { every = 30 } }
/// batch = 32
/// epochs = 100
/// ```
///
/// The loss is always the cross-entropy, its mean over a batch. Images are put into a new order in
/// every epoch; the last batch of an epoch is short when the batch size does not divide them.
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
    /// How the learning rate changes from epoch to epoch.
    #[schemars(schema_with = "schedule_schema")]
    schedule: Value,
    /// How many images make a step.
    batch: u32,
    /// How many times every image is seen.
    epochs: u32,
}

impl Default for Written {
    fn default() -> Self {
        Self { optimizer: "sgd".into(), schedule: "constant".into(), batch: 32, epochs: 100 }
    }
}

impl Recipe {
    /// Reads and checks a recipe; settings that are not written have their defaults.
    ///
    /// # Errors
    /// A [`SettingError`] at a setting that is unknown, of the wrong type or out of its range.
    pub fn read(written: Value) -> Result<Self, SettingError> {
        let Written { optimizer, schedule, batch, epochs } = registry::read(written)?;
        check_count("batch", batch, MOST_IN_A_BATCH)?;
        check_count("epochs", epochs, MOST_EPOCHS)?;
        let (optimizer, optimizer_written) = registry::build(OPTIMIZERS, "optimiser", &optimizer)
            .map_err(|e| e.below("optimizer"))?;
        let (schedule, schedule_written) =
            registry::build(SCHEDULES, "schedule", &schedule).map_err(|e| e.below("schedule"))?;
        let usual = Written::default();
        let kept = [
            ("optimizer", optimizer_written, json!({ "sgd": {} })),
            ("schedule", schedule_written, json!({ "constant": {} })),
            ("batch", batch.into(), usual.batch.into()),
            ("epochs", epochs.into(), usual.epochs.into()),
        ];
        let differs = kept.into_iter().filter(|(_, written, usual)| written != usual);
        let canonical: Map<_, _> = differs.map(|(key, value, _)| (key.to_owned(), value)).collect();
        Ok(Self {
            optimizer: optimizer.into(),
            schedule: schedule.into(),
            batch: batch as usize,
            epochs,
            canonical: Value::Object(canonical),
        })
    }

    /// Returns the settings that differ from their defaults; reading them gives this recipe.
    pub fn canonical(&self) -> Value {
        self.canonical.clone()
    }

    /// Describes the recipe in one line.
    pub fn describe(&self) -> String {
        let Self { optimizer, schedule, batch, epochs, .. } = self;
        let (optimizer, schedule) = (optimizer.describe(), schedule.describe());
        format!("{optimizer}; {schedule}; batches of {batch}; {epochs} epochs")
    }

    /// Returns how many images make a step.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Returns how many times every image is seen.
    pub fn epochs(&self) -> u32 {
        self.epochs
    }

    /// Returns the learning rate of an epoch, the first being 1.
    pub fn rate(&self, epoch: u32) -> f64 {
        self.schedule.rate(self.optimizer.rate(), epoch.saturating_sub(1), self.epochs)
    }

    /// Returns the optimiser.
    pub fn optimizer(&self) -> &dyn Optimizer {
        &*self.optimizer
    }
}

fn check_count(key: &str, count: u32, most: u32) -> Result<(), SettingError> {
    if (1..=most).contains(&count) {
        return Ok(());
    }
    Err(SettingError::at(key, format!("`{key}` lies from 1 to {most}, not at {count}")))
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
