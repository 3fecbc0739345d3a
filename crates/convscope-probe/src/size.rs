//! How many rows and columns a kernel has.

use std::fmt;

/// The rows and columns of a kernel, each at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size {
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
}

impl Size {
    /// Names the size of kernels with as many rows as columns.
    pub const fn square(side: usize) -> Self {
        Self { rows: side, columns: side }
    }

    /// Returns how many numbers a kernel has.
    pub const fn count(self) -> usize {
        self.rows * self.columns
    }

    /// Returns whether there are as many rows as columns.
    pub const fn is_square(self) -> bool {
        self.rows == self.columns
    }

    /// Returns the places of a kernel, row by row.
    pub(crate) fn places(self) -> impl Iterator<Item = [usize; 2]> {
        (0..self.count()).map(move |place| [place / self.columns, place % self.columns])
    }

    /// Returns the places as seen from the middle: how far down and how far right.
    pub(crate) fn offsets(self) -> impl Iterator<Item = [f64; 2]> {
        let middle = [(self.rows - 1) as f64 / 2.0, (self.columns - 1) as f64 / 2.0];
        self.places().map(move |[r, c]| [r as f64 - middle[0], c as f64 - middle[1]])
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} × {}", self.rows, self.columns)
    }
}
