//! Measures of how alike two filters are, and the best twins of two layers.

mod align;
mod best;
mod distances;
mod measures;
mod motion;
mod nearest;

pub use align::{Alignment, Partners, align_layers};
pub use best::{Modulo, RandomTwins, Twin, random_twins, twin};
pub use distances::{Judged, LayerDistances, layer_distances};
pub use measures::{Blindness, FILTER_MEASURES, FilterMeasure};
pub use motion::{Flip, Motion};
pub use nearest::{Nearest, nearest, random_nearest};

use crate::Refusal;

/// The filters of a layer: filters × channels × side × side, finite.
///
/// A single kernel is a filter of one channel.
///
/// ```
/// use convscope_measure::filters::{FILTER_MEASURES, Filters, Modulo, twin};
///
/// let edge = Filters::from_f64(&[1.0, 1.0, 1.0, 0.0, 0.0, 0.0, -1.0, -1.0, -1.0], 1, 3)?;
/// let turned = Filters::from_f64(&[-2.0, 0.0, 2.0, -2.0, 0.0, 2.0, -2.0, 0.0, 2.0], 1, 3)?;
/// let cosine = FILTER_MEASURES.iter().find(|measure| measure.id == "cosine").unwrap();
/// let as_they_are = twin(cosine, Modulo::default(), &edge, 0, &turned, 0);
/// let up_to_flips = twin(cosine, Modulo { flips: true, ..Modulo::default() }, &edge, 0, &turned, 0);
/// assert!(as_they_are.value.number().unwrap().abs() < 1e-15);
/// assert!((up_to_flips.value.number().unwrap() - 1.0).abs() < 1e-15);
/// # Ok::<(), convscope_measure::Refusal>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Filters {
    weights: Vec<f64>,
    channels: usize,
    side: usize,
}

impl Filters {
    /// Checks 64-bit weights in the order filter, channel, row, column.
    ///
    /// # Errors
    /// [`Refusal::Setting`] if they do not make whole filters or are not finite.
    pub fn from_f64(weights: &[f64], channels: usize, side: usize) -> Result<Self, Refusal> {
        let each = channels.saturating_mul(side).saturating_mul(side);
        if each == 0 || weights.is_empty() || !weights.len().is_multiple_of(each) {
            let len = weights.len();
            let message =
                format!("{len} weights make no whole filters of {channels} × {side} × {side}");
            return Err(Refusal::Setting(message));
        }
        if let Some(place) = weights.iter().position(|weight| !weight.is_finite()) {
            let message = format!(
                "weight {} of filter {} is {}: every weight must be finite",
                place % each,
                place / each,
                weights[place]
            );
            return Err(Refusal::Setting(message));
        }
        Ok(Self { weights: weights.to_vec(), channels, side })
    }

    /// Checks 32-bit weights.
    ///
    /// # Errors
    /// As [`Filters::from_f64`].
    pub fn from_f32(weights: &[f32], channels: usize, side: usize) -> Result<Self, Refusal> {
        let wide: Vec<f64> = weights.iter().map(|weight| f64::from(*weight)).collect();
        Self::from_f64(&wide, channels, side)
    }

    /// Returns how many filters there are.
    pub fn count(&self) -> usize {
        self.weights.len() / (self.channels * self.side * self.side)
    }

    /// Returns how many channels each filter has.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Returns the rows, and columns, of each kernel.
    pub fn side(&self) -> usize {
        self.side
    }

    /// Returns the weights of one filter: channel, row, column.
    ///
    /// # Panics
    /// If there is no such filter.
    pub fn filter(&self, index: usize) -> &[f64] {
        let each = self.channels * self.side * self.side;
        &self.weights[index * each..(index + 1) * each]
    }
}
