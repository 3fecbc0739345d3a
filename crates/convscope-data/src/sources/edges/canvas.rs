//! A square grey image in the making.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A square image in 64 bits, not yet cut to 256 levels.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Canvas {
    side: usize,
    /// Row after row.
    values: Vec<f64>,
}

impl Canvas {
    /// Starts from one value everywhere.
    pub(super) fn flat(side: usize, value: f64) -> Self {
        Self { side, values: vec![value; side * side] }
    }

    /// Computes each value from its row and column.
    pub(super) fn from_fn(side: usize, value: impl Fn(usize, usize) -> f64) -> Self {
        let places = (0..side).flat_map(|row| (0..side).map(move |column| (row, column)));
        Self { side, values: places.map(|(row, column)| value(row, column)).collect() }
    }

    pub(super) fn side(&self) -> usize {
        self.side
    }

    pub(super) fn values(&self) -> &[f64] {
        &self.values
    }

    pub(super) fn values_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }

    pub(super) fn paint_rows(&mut self, rows: Range<usize>, value: f64) {
        self.values[rows.start * self.side..rows.end * self.side].fill(value);
    }

    pub(super) fn paint_columns(&mut self, columns: Range<usize>, value: f64) {
        for row in self.values.chunks_exact_mut(self.side) {
            row[columns.clone()].fill(value);
        }
    }

    /// Cuts each value to one of 256 levels: 255 times it, rounded towards zero.
    pub(super) fn levels(&self, out_of_range: OutOfRange) -> impl Iterator<Item = u8> {
        self.values.iter().map(move |value| out_of_range.level(*value))
    }
}

/// What becomes of a level outside 0..255.
///
/// The published code casts without asking, which wraps on some processors and saturates on others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum OutOfRange {
    /// The nearest level, as the cast does on ARM: what is darker than black is black.
    Saturate,
    /// The level modulo 256, as the cast does on x86: what is darker than black is bright.
    Wrap,
}

impl OutOfRange {
    fn level(self, value: f64) -> u8 {
        let scaled = value * 255.0;
        match self {
            Self::Saturate => scaled as u8,
            Self::Wrap => scaled as i64 as u8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::OutOfRange::{Saturate, Wrap};

    #[test]
    fn levels_round_towards_zero_from_both_sides() {
        for policy in [Saturate, Wrap] {
            assert_eq!(
                [0.0, -0.003, 0.003, 0.5, 0.999, 1.0].map(|value| policy.level(value)),
                [0, 0, 0, 127, 254, 255]
            );
        }
    }

    #[test]
    fn levels_out_of_range_saturate_or_wrap() {
        let values = [-0.004, -0.13, 1.01, 2.5];
        assert_eq!(values.map(|value| Saturate.level(value)), [0, 0, 255, 255]);
        assert_eq!(values.map(|value| Wrap.level(value)), [255, 223, 1, 125]);
    }
}
