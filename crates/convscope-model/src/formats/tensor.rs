//! A tensor where it stands in a file.

use super::bytes::Why;
use super::kind::Kind;

/// A tensor of a file: its dimensions, and where its numbers are. Holds no number itself.
#[derive(Debug, Clone)]
pub struct Tensor<'a> {
    kind: &'static Kind,
    dimensions: Vec<usize>,
    /// How far two neighbours of a dimension are apart, in numbers.
    strides: Vec<usize>,
    /// The storage, from the tensor's first number on.
    bytes: &'a [u8],
}

/// More dimensions than any layer's weights have.
pub(super) const MOST_DIMENSIONS: usize = 16;

impl<'a> Tensor<'a> {
    /// Finds a tensor in a storage.
    pub(super) fn new(
        kind: &'static Kind,
        dimensions: Vec<usize>,
        strides: Vec<usize>,
        offset: usize,
        storage: &'a [u8],
    ) -> Result<Self, Why> {
        let outside = || format!("{dimensions:?} numbers from {offset} on are not in its storage");
        let count = count(&dimensions).ok_or_else(outside)?;
        let held = storage.len() / kind.width;
        if dimensions.len() != strides.len() || dimensions.len() > MOST_DIMENSIONS {
            return Err(format!(
                "it has {} dimensions, {} strides",
                dimensions.len(),
                strides.len()
            ));
        }
        if count > held {
            return Err(format!("{dimensions:?} are more numbers than the {held} of its storage"));
        }
        let mut last = Some(offset);
        for (&size, &stride) in dimensions.iter().zip(&strides) {
            let along = size.saturating_sub(1).checked_mul(stride);
            last = last.zip(along).and_then(|(last, along)| last.checked_add(along));
        }
        let inside = count == 0 || last.is_some_and(|last| last < held);
        if !inside {
            return Err(outside());
        }
        let bytes = if count == 0 { &[] } else { &storage[offset * kind.width..] };
        Ok(Self { kind, dimensions, strides, bytes })
    }

    /// Finds a tensor whose numbers stand one after another, the last dimension fastest.
    pub(super) fn contiguous(
        kind: &'static Kind,
        dimensions: Vec<usize>,
        storage: &'a [u8],
    ) -> Result<Self, Why> {
        let strides = strides(dimensions.iter().rev()).into_iter().rev().collect();
        Self::new(kind, dimensions, strides, 0, storage)
    }

    /// Returns its dimensions, slowest first.
    pub fn dimensions(&self) -> &[usize] {
        &self.dimensions
    }

    /// Returns its type of number: `F32`, `F16`, `BF16`, `F64`, `I64` and so on.
    pub fn kind(&self) -> &'static str {
        self.kind.name
    }

    /// Reads its numbers, the last dimension fastest, each as the nearest 32-bit float.
    ///
    /// `None` when its type of number is no float. Takes memory for the numbers, of which there are
    /// no more than the file holds.
    pub fn numbers(&self) -> Option<Vec<f32>> {
        let (read, width) = (self.kind.read?, self.kind.width);
        let count = count(&self.dimensions)?;
        let usual: Vec<usize> = strides(self.dimensions.iter().rev()).into_iter().rev().collect();
        let apart = |index: usize| self.dimensions[index] > 1;
        if (0..usual.len()).all(|i| !apart(i) || usual[i] == self.strides[i]) {
            return Some(self.bytes[..count * width].chunks_exact(width).map(read).collect());
        }
        let mut numbers = Vec::with_capacity(count);
        let (mut index, mut place) = (vec![0; self.dimensions.len()], 0);
        for _ in 0..count {
            numbers.push(read(&self.bytes[place * width..][..width]));
            for axis in (0..index.len()).rev() {
                index[axis] += 1;
                place += self.strides[axis];
                if index[axis] < self.dimensions[axis] {
                    break;
                }
                place -= index[axis] * self.strides[axis];
                index[axis] = 0;
            }
        }
        Some(numbers)
    }
}

fn count(dimensions: &[usize]) -> Option<usize> {
    dimensions.iter().try_fold(1_usize, |count, &size| count.checked_mul(size))
}

/// Returns the strides of dimensions that are given fastest first.
pub(super) fn strides<'d>(fastest_first: impl Iterator<Item = &'d usize>) -> Vec<usize> {
    let next = |stride: &mut usize, &size: &usize| {
        let own = *stride;
        *stride = stride.saturating_mul(size);
        Some(own)
    };
    fastest_first.scan(1, next).collect()
}
