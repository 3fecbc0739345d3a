//! An array where it stands in a file.

use std::ops::Range;

use crate::archive::Place;
use crate::bytes::Why;
use crate::kind::Kind;
use crate::{Number, Source};

/// An array of a file: its dimensions, and where its numbers are. Holds no number itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Array {
    kind: Kind,
    dimensions: Vec<usize>,
    /// How far two neighbours of a dimension are apart, in numbers.
    strides: Vec<usize>,
    /// Where its first number is.
    place: u64,
}

/// More dimensions than any layer has.
pub(crate) const MOST_DIMENSIONS: usize = 16;

impl Array {
    /// Finds an array in a storage.
    pub(crate) fn new(
        kind: Kind,
        dimensions: Vec<usize>,
        strides: Vec<usize>,
        offset: usize,
        storage: Place,
    ) -> Result<Self, Why> {
        let outside = || format!("{dimensions:?} numbers from {offset} on are not in its storage");
        let count = count(&dimensions).ok_or_else(outside)?;
        let held = (storage.end - storage.start) / kind.width as u64;
        let held = usize::try_from(held).map_err(|_| outside())?;
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
        let first = if count == 0 { 0 } else { offset as u64 * kind.width as u64 };
        Ok(Self { kind, dimensions, strides, place: storage.start + first })
    }

    /// Finds an array whose numbers stand one after another, the last dimension fastest.
    pub(crate) fn contiguous(
        kind: Kind,
        dimensions: Vec<usize>,
        storage: Place,
    ) -> Result<Self, Why> {
        let strides = usual_strides(&dimensions);
        Self::new(kind, dimensions, strides, 0, storage)
    }

    /// Returns its dimensions, slowest first.
    pub fn dimensions(&self) -> &[usize] {
        &self.dimensions
    }

    /// Returns its type: `F32`, `F16`, `BF16`, `F64`, `I64` and so on; `TEXT` for texts.
    pub fn kind(&self) -> &'static str {
        self.kind.name
    }

    /// Returns whether its numbers are floats that can be read.
    pub fn is_float(&self) -> bool {
        self.kind.is_float()
    }

    /// Returns how many numbers it has.
    pub fn count(&self) -> usize {
        self.dimensions.iter().product()
    }

    /// Returns where in the file its first number stands.
    pub fn place(&self) -> u64 {
        self.place
    }

    /// Returns how many bytes its numbers take in the file.
    pub fn bytes(&self) -> u64 {
        self.count() as u64 * self.kind.width as u64
    }

    /// Returns the part of it at one place of its first dimension, with the other dimensions.
    ///
    /// # Panics
    /// If it has no dimension, or not so many places: a caller's bug.
    #[must_use]
    pub fn within(&self, place: usize) -> Self {
        assert!(
            self.dimensions.first().is_some_and(|size| place < *size),
            "caller's bug: no such place"
        );
        let width = self.kind.width as u64;
        Self {
            kind: self.kind,
            dimensions: self.dimensions[1..].to_vec(),
            strides: self.strides[1..].to_vec(),
            place: self.place + (place * self.strides[0]) as u64 * width,
        }
    }

    /// Returns the same numbers with the first two dimensions as one; nothing where there are no two, or where
    /// their numbers do not stand in one row of even steps.
    ///
    /// A block of rows of the result may then be smaller than a row of this array.
    pub fn joined(&self) -> Option<Self> {
        let (&[a, b, ..], &[across, along, ..]) = (&*self.dimensions, &*self.strides) else {
            return None;
        };
        let even = a <= 1 || b <= 1 || b.checked_mul(along) == Some(across);
        // Of a dimension of one place the stride is moot, and the other's counts.
        let stride = if b <= 1 { across } else { along };
        even.then(|| Self {
            kind: self.kind,
            dimensions: [&[a * b], &self.dimensions[2..]].concat(),
            strides: [&[stride], &self.strides[2..]].concat(),
            place: self.place,
        })
    }

    /// Reads all its numbers, the last dimension fastest; `None` when they are no floats.
    ///
    /// # Errors
    /// What the file system says, in words.
    pub fn numbers<N: Number>(&self, source: &Source<'_>) -> Result<Option<Vec<N>>, String> {
        let rows = self.dimensions.first().copied().unwrap_or(1);
        self.rows(source, 0..rows)
    }

    /// Reads the numbers of some places of the first dimension; `None` when they are no floats.
    ///
    /// Numbers that stand together are read together: of an array in the usual order one piece, of
    /// one whose first dimension is the fastest (`Fortran` order) one piece for each column.
    ///
    /// # Errors
    /// What the file system says, in words.
    ///
    /// # Panics
    /// If it has not so many rows: a caller's bug.
    pub fn rows<N: Number>(
        &self,
        source: &Source<'_>,
        rows: Range<usize>,
    ) -> Result<Option<Vec<N>>, String> {
        if !self.is_float() {
            return Ok(None);
        }
        let mut numbers = Vec::new();
        self.gathered(source, rows, |bytes| self.kind.floats(bytes, &mut numbers))?;
        Ok(Some(numbers))
    }

    /// Reads all its numbers, the last dimension fastest, of an array of bytes (`U8`); `None` when they
    /// are others.
    ///
    /// # Errors
    /// What the file system says, in words.
    pub fn octets(&self, source: &Source<'_>) -> Result<Option<Vec<u8>>, String> {
        if self.kind.name != "U8" {
            return Ok(None);
        }
        let rows = self.dimensions.first().copied().unwrap_or(1);
        let mut bytes = Vec::with_capacity(self.count());
        self.gathered(source, 0..rows, |piece| bytes.extend_from_slice(piece))?;
        Ok(Some(bytes))
    }

    /// Reads the whole numbers of some places of the first dimension; `None` when they are none, or
    /// beyond 64 bits with a sign.
    ///
    /// # Errors
    /// What the file system says, in words.
    ///
    /// # Panics
    /// If it has not so many rows: a caller's bug.
    pub fn whole_rows(
        &self,
        source: &Source<'_>,
        rows: Range<usize>,
    ) -> Result<Option<Vec<i64>>, String> {
        let (mut numbers, mut fit) = (Vec::new(), true);
        self.gathered(source, rows, |bytes| fit = fit && self.kind.wholes(bytes, &mut numbers))?;
        Ok(fit.then_some(numbers))
    }

    /// Reads all its whole numbers or texts; `None` when they are neither.
    pub(crate) fn words(&self, source: &Source<'_>) -> Result<Option<Vec<String>>, Why> {
        let rows = self.dimensions.first().copied().unwrap_or(1);
        let mut words = Some(Vec::new());
        self.gathered(source, 0..rows, |bytes| {
            for word in bytes.chunks_exact(self.kind.width) {
                match (&mut words, self.kind.word(word)) {
                    (Some(words), Some(word)) => words.push(word),
                    (words, _) => *words = None,
                }
            }
        })?;
        Ok(words)
    }

    /// Hands out the bytes of some rows in order, in pieces of whole numbers.
    fn gathered(
        &self,
        source: &Source<'_>,
        rows: Range<usize>,
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), Why> {
        let mut dimensions = self.dimensions.clone();
        let mut strides = self.strides.clone();
        if dimensions.is_empty() {
            (dimensions, strides) = (vec![1], vec![1]);
        }
        assert!(rows.start <= rows.end && rows.end <= dimensions[0], "caller's bug: no such rows");
        dimensions[0] = rows.len();
        let count: usize = dimensions.iter().product();
        if count == 0 {
            return Ok(());
        }
        let width = self.kind.width;
        let at = |index: usize| self.place + (index * width) as u64;
        let first = rows.start * strides[0];
        let usual = usual_strides(&dimensions);
        if in_order(&dimensions, &strides, &usual) {
            take(&source.read(at(first), (count * width) as u64)?);
            return Ok(());
        }
        let across: usize = (1..dimensions.len()).map(|i| (dimensions[i] - 1) * strides[i]).sum();
        let span = across + (dimensions[0] - 1) * strides[0] + 1;
        let block = if span <= count.saturating_mul(SPARSE) {
            source.read(at(first), (span * width) as u64)?.into_owned()
        } else {
            // Rows far apart, or columns far apart: in both cases pieces are read one by one.
            return self.by_columns(source, first, &dimensions, &strides, take);
        };
        for index in indices(&dimensions, &strides) {
            take(&block[index * width..][..width]);
        }
        Ok(())
    }

    /// Reads each column of the rows by itself and puts them side by side.
    fn by_columns(
        &self,
        source: &Source<'_>,
        first: usize,
        dimensions: &[usize],
        strides: &[usize],
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), Why> {
        let (width, rows) = (self.kind.width, dimensions[0]);
        let columns: usize = dimensions[1..].iter().product();
        // Of numbers that lie apart, each is a piece.
        let together = if strides[0] <= SPARSE { rows } else { 1 };
        let span = (together - 1) * strides[0] + 1;
        let mut block = vec![0; rows * columns * width];
        for (column, index) in indices(&dimensions[1..], &strides[1..]).enumerate() {
            for start in (0..rows).step_by(together) {
                let index = first + index + start * strides[0];
                let piece =
                    source.read(self.place + (index * width) as u64, (span * width) as u64)?;
                for row in 0..together {
                    let from = &piece[row * strides[0] * width..][..width];
                    let to = ((start + row) * columns + column) * width;
                    block[to..][..width].copy_from_slice(from);
                }
            }
        }
        take(&block);
        Ok(())
    }
}

/// A block is read whole if it holds at most so many times the numbers that are wanted.
const SPARSE: usize = 4;

/// Returns where the numbers of an array stand, the last dimension fastest.
fn indices(dimensions: &[usize], strides: &[usize]) -> impl Iterator<Item = usize> {
    let count: usize = dimensions.iter().product();
    let mut index = vec![0; dimensions.len()];
    let mut place = 0;
    (0..count).map(move |_| {
        let here = place;
        for axis in (0..index.len()).rev() {
            index[axis] += 1;
            place += strides[axis];
            if index[axis] < dimensions[axis] {
                break;
            }
            place -= index[axis] * strides[axis];
            index[axis] = 0;
        }
        here
    })
}

/// Returns whether numbers stand as usual; where there is one of a dimension its stride is moot.
fn in_order(dimensions: &[usize], strides: &[usize], usual: &[usize]) -> bool {
    (0..usual.len()).all(|i| dimensions[i] <= 1 || usual[i] == strides[i])
}

/// Returns how many numbers some dimensions have; `None` when too many to count.
pub(crate) fn count(dimensions: &[usize]) -> Option<usize> {
    dimensions.iter().try_fold(1_usize, |count, &size| count.checked_mul(size))
}

fn usual_strides(dimensions: &[usize]) -> Vec<usize> {
    strides(dimensions.iter().rev()).into_iter().rev().collect()
}

/// Returns the strides of dimensions that are given fastest first.
pub(crate) fn strides<'d>(fastest_first: impl Iterator<Item = &'d usize>) -> Vec<usize> {
    let next = |stride: &mut usize, &size: &usize| {
        let own = *stride;
        *stride = stride.saturating_mul(size);
        Some(own)
    };
    fastest_first.scan(1, next).collect()
}
