//! Penalties on weights, one file for each kind.

mod l1;
mod to_start;

use convscope_core::registry::{self, Entry, SettingError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schedules::Moment;

/// Every penalty that a recipe can name.
pub static REGULARIZERS: &[Entry<Regularizer>] = &[l1::ENTRY, to_start::ENTRY];

/// A penalty on some parameters, added to the loss that is descended.
///
/// Only its slope is computed; the losses that training reports are those without it. Unlike
/// weight decay it goes through clipping, and in `AdamW` through the scaling of gradients.
#[derive(Debug, Clone)]
pub struct Regularizer {
    settings: Settings,
    id: &'static str,
    /// What a reader calls it.
    name: &'static str,
    /// The slope of the penalty of one weight and what it started from, at weight 1.
    slope: fn(weight: f32, start: f32) -> f32,
}

/// What a study can set of every penalty.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Settings {
    /// What the penalty is multiplied by.
    weight: f64,
    /// Name patterns of the parameters that it acts on, such as `conv*.weight`.
    on: Vec<String>,
    /// In how many epochs its weight grows from 0, step by step along a line.
    warm_up: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { weight: 1e-4, on: vec!["*".into()], warm_up: 0 }
    }
}

impl Regularizer {
    /// Returns its name in study files.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// Returns the name patterns of the parameters that it acts on.
    pub fn on(&self) -> &[String] {
        &self.settings.on
    }

    /// Returns its weight at a step.
    pub fn weight(&self, at: Moment) -> f64 {
        let Settings { weight, warm_up, .. } = self.settings;
        let length = (u64::from(warm_up) * at.steps_per_epoch) as f64;
        if (at.step as f64) < length { weight * (at.step as f64 / length) } else { weight }
    }

    /// Adds its slope at weights and what they started from to their gradients.
    pub(crate) fn add(&self, weight: f64, weights: &[f32], start: &[f32], gradients: &mut [f32]) {
        let weight = weight as f32;
        for ((g, &w), &start) in gradients.iter_mut().zip(weights).zip(start) {
            *g += weight * (self.slope)(w, start);
        }
    }

    /// Describes it in a few words.
    pub fn describe(&self) -> String {
        let Settings { weight, on, warm_up } = &self.settings;
        let on = if *on == ["*"] { String::new() } else { format!(" on {}", on.join(", ")) };
        let rises = match warm_up {
            0 => String::new(),
            epochs => format!(" within {epochs} epochs"),
        };
        format!("{} {weight}{on}{rises}", self.name)
    }
}

const fn entry(
    id: &'static str,
    about: &'static str,
    source: &'static str,
    build: fn(serde_json::Value) -> Result<Box<Regularizer>, SettingError>,
) -> Entry<Regularizer> {
    let (canonical, schema) = (registry::canonical::<Settings>, Settings::json_schema);
    Entry { id, about, source, build, canonical, schema }
}

fn read(settings: serde_json::Value) -> Result<Settings, SettingError> {
    let settings: Settings = registry::read(settings)?;
    if !(settings.weight >= 0.0 && settings.weight.is_finite()) {
        let weight = settings.weight;
        let message = format!("a penalty's weight is 0 or a finite number above, not {weight}");
        return Err(SettingError::at("weight", message));
    }
    Ok(settings)
}
