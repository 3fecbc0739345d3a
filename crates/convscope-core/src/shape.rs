//! The shape of one sample.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Channels × rows × columns of one sample; a flat vector has one row and one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Channels, or features of a flat vector.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Shape {
    /// Returns the shape of an image.
    pub fn image(channels: usize, height: usize, width: usize) -> Self {
        Self { channels, height, width }
    }

    /// Returns the shape of a flat vector.
    pub fn flat(features: usize) -> Self {
        Self { channels: features, height: 1, width: 1 }
    }

    /// Returns the count of values.
    pub fn len(self) -> usize {
        self.channels * self.height * self.width
    }

    /// Returns whether there is no value at all.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}×{}×{}", self.channels, self.height, self.width)
    }
}
