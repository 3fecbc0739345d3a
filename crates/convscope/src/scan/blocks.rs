//! The 3 × 3 kernels of an array, a block at a time.
//!
//! | dimensions | read |
//! |---|---|
//! | outputs or inputs first (`oirc`, `iorc`, `orc`, `orci`) | rows of the first dimension; of the first two as one where they are neighbours and their numbers stand so |
//! | rows and columns first (`rcio`, `rcoi`, `rco`) | nine planes, a range of each |
//! | others (`rioc`) | whole |

use std::borrow::Cow;
use std::ops::Range;

use convscope_arrays::{Array, Source};

use crate::kernels::{Layer, Layout};

/// The kernels of an array whose numbers are still in the file, in some order.
pub(super) struct Blocks<'a> {
    source: &'a Source<'a>,
    way: Way,
    /// How many pieces of the array follow each other, and how many kernels each holds.
    pieces: usize,
    each: usize,
    /// How many pieces make a block.
    together: usize,
    /// Whether pieces are inputs, each of which holds the kernels of all outputs.
    swapped: bool,
}

/// How the kernels are had.
enum Way {
    /// Pieces are places of the first dimension, `o`; where they hold several kernels, `i` tells these apart.
    Rows(Array, Layout),
    /// Pieces are places of the first dimension of each of nine planes.
    Planes(Vec<Array>),
    /// All numbers are in memory, in the order output, input, row, column.
    Whole(Vec<f32>),
}

/// Numbers of a kernel.
pub(super) const COUNT: usize = 9;
/// Sides of a kernel.
pub(super) const SIDE: usize = 3;
/// How many kernels make a block, unless a piece has more.
const BLOCK: usize = 1 << 14;

impl<'a> Blocks<'a> {
    /// Finds out how the kernels of a layer are read.
    pub(super) fn of(layer: &Layer, source: &'a Source<'a>) -> Result<Self, String> {
        let (letters, array) = (layer.layout.letters(), &layer.array);
        let whole = |letter: char| "oi".contains(letter);
        let swapped = letters.find('i').zip(letters.find('o')).is_some_and(|(i, o)| i < o);
        let [first, second] = [0, 1].map(|at| letters.chars().nth(at).is_some_and(whole));
        let (way, pieces, each) = if first {
            by_rows(array, letters, second)
        } else if !second && letters.len() > 2 {
            by_planes(array, letters.starts_with('c'))
        } else {
            let numbers = array.numbers::<f32>(source)?;
            let numbers = numbers.ok_or_else(|| format!("`{}` holds no floats", layer.name))?;
            let numbers = layer.layout.ordered(array.dimensions(), numbers);
            let kernels = numbers.len() / COUNT;
            return Ok(Self::new(source, Way::Whole(numbers), [kernels, 1], false));
        };
        Ok(Self::new(source, way, [pieces, each], swapped))
    }

    fn new(source: &'a Source<'a>, way: Way, [pieces, each]: [usize; 2], swapped: bool) -> Self {
        Self { source, way, pieces, each, together: (BLOCK / each).max(1), swapped }
    }

    /// Returns how many kernels there are.
    pub(super) fn kernels(&self) -> usize {
        self.pieces * self.each
    }

    /// Returns how many blocks there are.
    pub(super) fn count(&self) -> usize {
        self.pieces.div_ceil(self.together)
    }

    /// Returns the place of the first kernel of a block among all as they are read.
    pub(super) fn first(&self, block: usize) -> usize {
        block * self.together * self.each
    }

    /// Returns the place of a kernel as it is read, of one by output and input.
    pub(super) fn place(&self, kernel: usize, [outputs, inputs]: [usize; 2]) -> usize {
        let [output, input] = [kernel / inputs, kernel % inputs];
        if self.swapped { input * outputs + output } else { kernel }
    }

    /// Reads the kernels of a block, nine numbers each.
    ///
    /// # Errors
    /// What the file system says, in words.
    pub(super) fn read(&self, block: usize) -> Result<Cow<'_, [f32]>, String> {
        let start = block * self.together;
        let range = start..(start + self.together).min(self.pieces);
        match &self.way {
            Way::Rows(array, layout) => {
                let numbers = self.numbers(array, range.clone())?;
                let dimensions = [&[range.len()], &array.dimensions()[1..]].concat();
                Ok(layout.ordered(&dimensions, numbers).into())
            }
            Way::Planes(planes) => {
                let mut kernels = vec![0.0; range.len() * self.each * COUNT];
                for (at, plane) in planes.iter().enumerate() {
                    let numbers = self.numbers(plane, range.clone())?;
                    let places = kernels.iter_mut().skip(at).step_by(COUNT);
                    places.zip(numbers).for_each(|(place, number)| *place = number);
                }
                Ok(kernels.into())
            }
            Way::Whole(numbers) => Ok(numbers[range.start * COUNT..range.end * COUNT].into()),
        }
    }

    fn numbers(&self, array: &Array, rows: Range<usize>) -> Result<Vec<f32>, String> {
        array.rows(self.source, rows)?.ok_or_else(|| "it holds no floats".into())
    }
}

/// Takes places of the first dimension, and of the second where both can be one.
fn by_rows(array: &Array, letters: &str, second: bool) -> (Way, usize, usize) {
    if second && let Some(joined) = array.joined() {
        let layout = Layout::known(&format!("o{}", &letters[2..]));
        let pieces = joined.dimensions()[0];
        return (Way::Rows(joined, layout), pieces, 1);
    }
    let rest = letters[1..].replace('o', "i");
    let (pieces, all) = (array.dimensions()[0], array.count());
    let layout = Layout::known(&format!("o{rest}"));
    (Way::Rows(array.clone(), layout), pieces, all / pieces / COUNT)
}

/// Takes the planes of rows and columns, and as one dimension what can be one.
fn by_planes(array: &Array, columns_first: bool) -> (Way, usize, usize) {
    let plane = |at: usize| {
        let [row, column] = [at / SIDE, at % SIDE];
        let [first, second] = if columns_first { [column, row] } else { [row, column] };
        let plane = array.within(first).within(second);
        plane.joined().unwrap_or(plane)
    };
    let planes: Vec<Array> = (0..COUNT).map(plane).collect();
    let (pieces, all) = (planes[0].dimensions()[0], planes[0].count());
    (Way::Planes(planes), pieces, all / pieces)
}
