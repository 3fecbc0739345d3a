//! What can be set about every way of making kernels simpler.

use convscope_core::SettingError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::form::EXACT;

/// What later training does with kernels that were brought to a simpler form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Then {
    /// It changes them like all others.
    #[default]
    Free,
    /// It leaves them as they are.
    Freeze,
    /// It keeps them in their form: structures, products of a column and a row, zeros, the numbers of a codebook, which move
    /// together. It leaves the grid, to which `round-again` brings them back.
    Keep,
}

/// Where a simplification ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Target {
    /// At this share of the bits of free kernels.
    Bits(f64),
    /// When the calibration loss has risen by so much.
    Budget(f64),
    /// When all kernels have the form that was chosen for them.
    Choice,
}

/// The settings that all ways have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Common<'a> {
    pub(crate) on: &'a [String],
    pub(crate) precision: u32,
    pub(crate) bits: Option<f64>,
    pub(crate) budget: Option<f64>,
    pub(crate) calibrate: Option<&'a str>,
    pub(crate) samples: usize,
    pub(crate) rounds: u32,
    pub(crate) refit: bool,
    pub(crate) then: Then,
    pub(crate) round_again: bool,
}

/// Makes the settings of a way of simplifying: its own, and those that all have.
macro_rules! simplification {
    (
        $(#[$meta:meta])*
        struct $name:ident {
            $( $(#[$own:meta])* $field:ident: $type:ty = $default:expr, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
        struct $name {
            $( $(#[$own])* $field: $type, )*
            /// Name patterns of the parameters whose kernels are made simpler; all kernels larger than 1 × 1
            /// when empty.
            on: Vec<String>,
            /// The bits of one number: numbers are rounded to 2^precision − 1 levels between the negative of
            /// the layer's largest size and it. At 32 they stay as they are.
            precision: u32,
            /// The target: how many bits are left, as a share of those of free kernels.
            bits: Option<f64>,
            /// The target: how much the loss on the calibration images may rise, in nats.
            budget: Option<f64>,
            /// The data set whose images show the loss.
            calibrate: Option<String>,
            /// How many of them, spread evenly over the set.
            samples: usize,
            /// In how many rounds the target is reached; what steps cost is predicted anew in each.
            rounds: u32,
            /// Whether layers behind those that changed are fitted anew, by least squares, to leave what they
            /// left before.
            refit: bool,
            /// What later training does with the kernels that changed their form.
            then: $crate::edits::simplify::Then,
            /// Whether kernels are rounded again once training is over, and their bits counted anew: those that
            /// training kept in their form or froze as before, all others as free ones.
            round_again: bool,
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    $( $field: $default, )*
                    on: Vec::new(),
                    precision: 8,
                    bits: None,
                    budget: None,
                    calibrate: None,
                    samples: 1000,
                    rounds: 1,
                    refit: false,
                    then: $crate::edits::simplify::Then::Free,
                    round_again: false,
                }
            }
        }

        impl $crate::edits::simplify::Shared for $name {
            fn common(&self) -> $crate::edits::simplify::Common<'_> {
                $crate::edits::simplify::Common {
                    on: &self.on,
                    precision: self.precision,
                    bits: self.bits,
                    budget: self.budget,
                    calibrate: self.calibrate.as_deref(),
                    samples: self.samples,
                    rounds: self.rounds,
                    refit: self.refit,
                    then: self.then,
                    round_again: self.round_again,
                }
            }
        }
    };
}
pub(crate) use simplification;

impl Common<'_> {
    /// Returns where it ends.
    pub(crate) fn target(&self) -> Target {
        match (self.bits, self.budget) {
            (Some(bits), _) => Target::Bits(bits),
            (None, Some(budget)) => Target::Budget(budget),
            (None, None) => Target::Choice,
        }
    }

    /// Checks these settings.
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        let wrong = |key: &str, message: String| Err(SettingError::at(key, message));
        if self.bits.is_some() && self.budget.is_some() {
            return wrong("budget", "there is one target: `bits` or `budget`, not both".into());
        }
        if !(2..=EXACT).contains(&self.precision) {
            let message = format!("a number takes 2 to {EXACT} bits, not {}", self.precision);
            return wrong("precision", message);
        }
        match self.target() {
            Target::Bits(share) if !(share > 0.0 && share <= 1.0) => {
                return wrong(
                    "bits",
                    format!("a share lies above 0 and at most at 1, not at {share}"),
                );
            }
            Target::Budget(budget) if !(budget >= 0.0 && budget.is_finite()) => {
                return wrong("budget", format!("a loss may rise by 0 or more, not by {budget}"));
            }
            _ => {}
        }
        if self.samples == 0 {
            return wrong("samples", "wanted at least one image".into());
        }
        if self.rounds == 0 {
            return wrong("rounds", "wanted at least one round".into());
        }
        if self.round_again && self.precision == EXACT {
            return wrong("round-again", format!("numbers of {EXACT} bits are not rounded"));
        }
        let sees = self.refit || self.target() != Target::Choice;
        if sees && self.calibrate.is_none_or(str::is_empty) {
            let message = "a target and a refit want images that show the loss: name a data set, as in \
                           `calibrate = \"train\"`";
            return wrong("calibrate", message.into());
        }
        Ok(())
    }
}
