//! A tensor where it stands in a file.

use convscope_arrays::{Array, Source};

/// A tensor of a file: its dimensions, and where its numbers are. Holds no number itself.
#[derive(Debug, Clone)]
pub struct Tensor<'a> {
    array: Array,
    bytes: &'a [u8],
}

impl<'a> Tensor<'a> {
    pub(super) fn new(array: Array, bytes: &'a [u8]) -> Self {
        Self { array, bytes }
    }

    /// Returns its dimensions, slowest first.
    pub fn dimensions(&self) -> &[usize] {
        self.array.dimensions()
    }

    /// Returns its type of number: `F32`, `F16`, `BF16`, `F64`, `I64` and so on.
    pub fn kind(&self) -> &'static str {
        self.array.kind()
    }

    /// Reads its numbers, the last dimension fastest, each as the nearest 32-bit float.
    ///
    /// `None` when its type of number is no float. Takes memory for the numbers, of which there are
    /// no more than the file holds.
    pub fn numbers(&self) -> Option<Vec<f32>> {
        self.array.numbers(&Source::Memory(self.bytes)).ok().flatten()
    }
}
