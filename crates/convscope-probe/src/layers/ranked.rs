//! Numbers of a layer, one for each output or input, beside what they are by chance.

use convscope_core::{Value, stats};

use super::judged::{Judged, Level};
use crate::Chance;

/// Numbers, one for each output or each input of a layer, beside what they are by chance.
///
/// A percentile is of one output or input: of a hundred without structure one is beyond the 99th. Where chance was
/// drawn, it is 200 draws, so that a percentile near 50 is certain to 3.5 points (one standard error).
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// The numbers, in order; nothing where there is none, as of zeros.
    pub values: Vec<Option<f64>>,
    /// How they are distributed over independent normal numbers with the layer's mean square.
    pub gaussian: Chance,
    /// How they are distributed over the layer's own numbers in random places; nothing where no draw had one.
    pub permuted: Option<Chance>,
}

impl Ranked {
    pub(super) fn new(
        values: Vec<Option<f64>>,
        gaussian: Chance,
        permuted: impl Iterator<Item = f64>,
    ) -> Self {
        Self { values, gaussian, permuted: Chance::drawn(permuted.collect()) }
    }

    /// Sets numbers beside those that were drawn, of normal numbers and of the layer's own in random places.
    pub(super) fn drawn(
        values: Vec<Option<f64>>,
        gaussian: impl Iterator<Item = f64>,
        permuted: impl Iterator<Item = f64>,
    ) -> Result<Self, &'static str> {
        let gaussian = Chance::drawn(gaussian.collect()).ok_or("nothing could be drawn")?;
        Ok(Self::new(values, gaussian, permuted))
    }

    /// Returns the shares, in percent, of normal numbers and of the layer's own in random places that have less than
    /// one of the numbers.
    ///
    /// # Panics
    /// When there is no such place: a caller's bug.
    pub fn percentiles(&self, place: usize) -> [Option<f64>; 2] {
        let of = |chance: &Chance| Some(100.0 * chance.share_below(self.values[place]?));
        [of(&self.gaussian), self.permuted.as_ref().and_then(of)]
    }

    /// Returns the mean of the numbers beside that over layers of independent normal numbers, and of the layer's own.
    ///
    /// Its deviation is that of one number over the root of their count, as if they were independent, with what the
    /// mean of the draws is uncertain by. The sum of sizes (KSE) is the same however numbers change places.
    pub fn mean(&self) -> Judged {
        let known: Vec<f64> = self.values.iter().flatten().copied().collect();
        let Some(mean) = stats::mean(&known) else {
            return Judged::missing("all that it could be of are zeros");
        };
        let level = |chance: &Chance| Level::of_mean(mean, known.len(), chance);
        let none = || Level::missing("no draw had one");
        Judged {
            value: Value::of(mean),
            gaussian: level(&self.gaussian),
            permuted: self.permuted.as_ref().map_or_else(none, level),
        }
    }
}
