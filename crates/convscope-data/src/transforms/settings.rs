//! Settings that several transforms have.

use convscope_core::{SettingError, Stream};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One number for all channels, or one for each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "wanted a number, or a list with a number for each channel")]
pub(super) enum PerChannel {
    /// The same for all.
    All(f64),
    /// One for each channel, in order.
    Each(Vec<f64>),
}

impl PerChannel {
    /// Returns the number of a channel.
    ///
    /// # Panics
    /// When the list is shorter: [`Self::fits`] refuses that.
    pub(super) fn of(&self, channel: usize) -> f32 {
        match self {
            Self::All(number) => *number as f32,
            Self::Each(numbers) if numbers.len() == 1 => numbers[0] as f32,
            Self::Each(numbers) => numbers[channel] as f32,
        }
    }

    pub(super) fn numbers(&self) -> &[f64] {
        match self {
            Self::All(number) => std::slice::from_ref(number),
            Self::Each(numbers) => numbers,
        }
    }

    /// Refuses a list whose length is neither 1 nor the count of channels.
    pub(super) fn fits(&self, key: &str, channels: usize) -> Result<(), SettingError> {
        match self {
            Self::Each(numbers) if numbers.len() != 1 && numbers.len() != channels => {
                let message = format!(
                    "one number, or one for each of {channels} channels, is wanted; came {}",
                    numbers.len()
                );
                Err(SettingError::at(key, message))
            }
            _ => Ok(()),
        }
    }

    /// Refuses an empty list and numbers that 32 bits cannot hold.
    pub(super) fn check(&self, key: &str) -> Result<(), SettingError> {
        if self.numbers().is_empty() {
            return Err(SettingError::at(key, "at least one number is wanted; came none"));
        }
        self.numbers().iter().try_for_each(|number| finite(key, *number))
    }
}

/// Between which values results are kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "wanted the lowest and the highest value, or `none`")]
pub(super) enum Clip {
    /// Lower values become the first number, higher ones the second.
    Range([f64; 2]),
    /// All values stay.
    Never(Never),
}

/// The word for no clipping.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(super) enum Never {
    /// Values stay as they are.
    #[serde(rename = "none")]
    None,
}

impl Clip {
    /// What images in 0..1 are clipped to.
    pub(super) const UNIT: Self = Self::Range([0.0, 1.0]);

    pub(super) fn apply(self, values: &mut [f32]) {
        if let Self::Range([low, high]) = self {
            let (low, high) = (low as f32, high as f32);
            for value in values {
                *value = value.max(low).min(high);
            }
        }
    }

    pub(super) fn check(self, key: &str) -> Result<(), SettingError> {
        match self {
            Self::Range([low, high]) if low >= high => {
                let message =
                    format!("the lower value first, then a higher one; came {low} and {high}");
                Err(SettingError::at(key, message))
            }
            Self::Range(ends) => ends.into_iter().try_for_each(|end| finite(key, end)),
            Self::Never(_) => Ok(()),
        }
    }
}

/// Refuses what is no finite number in 32 bits.
pub(super) fn finite(key: &str, number: f64) -> Result<(), SettingError> {
    if (number as f32).is_finite() {
        return Ok(());
    }
    Err(SettingError::at(key, format!("a finite number of 32 bits is wanted; came {number}")))
}

/// Refuses what is no finite number from 0 on.
pub(super) fn not_negative(key: &str, number: f64) -> Result<(), SettingError> {
    if number >= 0.0 {
        return finite(key, number);
    }
    Err(SettingError::at(key, format!("0 or more is wanted; came {number}")))
}

/// A range that something is drawn from evenly: two ends, or one number for both sides of a centre.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "wanted a number, or the lowest and the highest")]
pub(super) enum Span {
    /// From this much below the centre to this much above.
    Around(f64),
    /// From the first number to the second.
    Between([f64; 2]),
}

impl Span {
    /// Returns both ends.
    pub(super) fn ends(self, centre: f64) -> [f64; 2] {
        match self {
            Self::Around(reach) => [centre - reach, centre + reach],
            Self::Between(ends) => ends,
        }
    }

    pub(super) fn drawn(self, centre: f64, draws: &mut Stream) -> f64 {
        let [low, high] = self.ends(centre);
        draws.uniform_in(low, high)
    }

    pub(super) fn check(self, key: &str) -> Result<(), SettingError> {
        match self {
            Self::Around(reach) => not_negative(key, reach),
            Self::Between(ends) => ordered(key, ends),
        }
    }
}

/// One number for both axes, or that along columns and that along rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "wanted a number, or one for x and one for y")]
pub(super) enum PerAxis {
    /// The same for both.
    Both(f64),
    /// x, then y.
    Each([f64; 2]),
}

impl PerAxis {
    /// Returns x and y.
    pub(super) fn both(self) -> [f64; 2] {
        match self {
            Self::Both(number) => [number; 2],
            Self::Each(numbers) => numbers,
        }
    }
}

/// Refuses a range that ends before it begins.
pub(super) fn ordered(key: &str, [low, high]: [f64; 2]) -> Result<(), SettingError> {
    if low <= high {
        return [low, high].into_iter().try_for_each(|end| finite(key, end));
    }
    let message = format!("the lowest number first, then the highest; came {low} and {high}");
    Err(SettingError::at(key, message))
}

/// Refuses what is no probability.
pub(super) fn probability(key: &str, number: f64) -> Result<(), SettingError> {
    if (0.0..=1.0).contains(&number) {
        return Ok(());
    }
    Err(SettingError::at(key, format!("a probability in 0..1 is wanted; came {number}")))
}
