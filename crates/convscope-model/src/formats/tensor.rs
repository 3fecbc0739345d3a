//! A tensor where it stands in a file.

use std::sync::Arc;

use convscope_arrays::{Array, Arrays};

use super::WeightsError;

/// A tensor of a file: its dimensions, and where its numbers are. Holds no number itself.
#[derive(Debug, Clone)]
pub struct Tensor<'a> {
    array: Array,
    file: Arc<Arrays<'a>>,
}

impl<'a> Tensor<'a> {
    pub(super) fn new(array: Array, file: Arc<Arrays<'a>>) -> Self {
        Self { array, file }
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
    ///
    /// # Errors
    /// [`WeightsError::File`] when the file system hands out less than it did before.
    pub fn numbers(&self) -> Result<Option<Vec<f32>>, WeightsError> {
        self.array.numbers(self.file.source()).map_err(WeightsError::File)
    }

    /// Returns how many bytes its numbers take in the file.
    pub fn bytes(&self) -> u64 {
        self.array.bytes()
    }
}
