//! Ways down the gradient, one file for each kind.

mod adam;
mod sgd;

use std::ops::Range;

use convscope_core::registry::{self, Entry, SettingError, Settings};
use convscope_engine::{Level, update};

/// Every optimiser that a recipe can name.
pub static OPTIMIZERS: &[Entry<dyn Optimizer>] = &[sgd::ENTRY, adam::ADAM, adam::ADAM_W];

/// A rule that changes weights by their gradients.
pub trait Optimizer: Send + Sync {
    /// Checks the settings against each other.
    ///
    /// # Errors
    /// A [`SettingError`] at the setting that is out of its range.
    fn check(&self) -> Result<(), SettingError>;

    /// Returns the learning rate, which a schedule changes while training.
    fn rate(&self) -> f64;

    /// Starts a descent of a model of so many weights.
    fn start(&self, weights: usize, level: Level) -> Box<dyn Descent>;

    /// Returns the rule, for who takes its steps elsewhere.
    fn rule(&self) -> Rule;

    /// Describes the rule and its settings in a few words.
    fn describe(&self) -> String;
}

/// A rule and its settings; the rate in it is that before any schedule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// Stochastic gradient descent.
    Sgd(update::Sgd),
    /// Adam or `AdamW`.
    Adam(update::Adam),
}

/// A descent under way: what the optimiser remembers of the steps before.
pub trait Descent: Send {
    /// Takes one step; weights outside `spans` stay as they are.
    ///
    /// Allocates nothing.
    ///
    /// # Panics
    /// When lengths differ from that at the start, or a span lies outside.
    fn step(&mut self, pace: Pace, weights: &mut [f32], gradients: &[f32], spans: &[Span]);

    /// Returns what it remembers of the steps before, but for their count: to be kept, or overwritten by what
    /// was kept.
    fn memory(&mut self) -> Vec<(&'static str, &mut [f32])>;

    /// States how many steps were taken before, where its memory is that of another run.
    fn go_on_after(&mut self, _steps: u64) {}
}

/// How far a step goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// The learning rate.
    pub rate: f64,
    /// The momentum, or Adam's β₁, where it is not the optimiser's own.
    pub momentum: Option<f64>,
}

/// Neighbouring weights that a step treats alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Where they stand among the model's numbers.
    pub range: Range<usize>,
    /// Whether the optimiser's weight decay acts on them.
    pub decays: bool,
}

const fn entry<O: Optimizer + Settings + 'static>(
    id: &'static str,
    about: &'static str,
    source: &'static str,
) -> Entry<dyn Optimizer> {
    Entry {
        id,
        about,
        source,
        build: |settings| {
            let optimizer: O = registry::read(settings)?;
            optimizer.check()?;
            Ok(Box::new(optimizer))
        },
        canonical: registry::canonical::<O>,
        schema: O::json_schema,
    }
}

/// The engine takes the rate as a 32-bit number.
fn check_rate(lr: f64) -> Result<(), SettingError> {
    let single = lr as f32;
    if single > 0.0 && single.is_finite() {
        return Ok(());
    }
    Err(SettingError::at("lr", format!("a learning rate is a finite number above 0, not {lr}")))
}

fn check_weight_decay(decay: f64) -> Result<(), SettingError> {
    if decay >= 0.0 && decay.is_finite() {
        return Ok(());
    }
    let message = format!("a weight decay is 0 or a finite number above, not {decay}");
    Err(SettingError::at("weight-decay", message))
}

fn decay_in_words(decay: f64) -> String {
    if decay == 0.0 { String::new() } else { format!(", weight decay {decay}") }
}
