//! Which dimension of an array of kernels is what.

use convscope_probe::Size;

use crate::complaint::Complaint;

/// Letters for dimensions: `o` outputs, `i` inputs of each output, `r` rows, `c` columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    letters: String,
}

/// Kernels of more numbers than this are not looked at.
pub(super) const MOST: usize = 31 * 31;

/// Sides that square kernels usually have.
const USUAL: [usize; 8] = [1, 2, 3, 4, 5, 7, 9, 11];

impl Layout {
    /// Reads `oirc`, `rcio`, `orc` and so on.
    pub(super) fn of(letters: &str) -> Result<Self, Complaint> {
        let known = letters.chars().all(|letter| "oirc".contains(letter));
        let once = letters.chars().all(|letter| letters.matches(letter).count() == 1);
        if known && once && letters.contains('c') {
            return Ok(Self::known(letters));
        }
        Err(Complaint::Usage {
            message: format!("`{letters}` is no layout of kernels"),
            help: Some(
                "write a letter for each dimension: o for outputs, i for the inputs of each, r for \
                 rows, c for columns, which must be there; oirc is PyTorch's, rcio that of \
                 TensorFlow and Keras, rc a kernel alone"
                    .into(),
            ),
        })
    }

    /// Names a layout that is known to be one.
    pub(crate) fn known(letters: &str) -> Self {
        Self { letters: letters.to_owned() }
    }

    /// Returns the letters.
    pub(crate) fn letters(&self) -> &str {
        &self.letters
    }

    /// Returns how many dimensions it is for.
    pub(super) fn rank(&self) -> usize {
        self.letters.len()
    }

    /// Returns the size of the kernels of an array; an array without rows has kernels of one row.
    pub(crate) fn size(&self, dimensions: &[usize]) -> Size {
        Size { rows: self.along('r', dimensions), columns: self.along('c', dimensions) }
    }

    /// Returns how many outputs an array has, and how many inputs each.
    pub(crate) fn counts(&self, dimensions: &[usize]) -> [usize; 2] {
        ['o', 'i'].map(|letter| self.along(letter, dimensions))
    }

    /// Puts numbers in the order output, input, row, column.
    pub(crate) fn ordered<N: Copy>(&self, dimensions: &[usize], numbers: Vec<N>) -> Vec<N> {
        if self.is_ordered() {
            return numbers;
        }
        let mut ordered = Vec::with_capacity(numbers.len());
        self.each_place(dimensions, |place| ordered.push(numbers[place]));
        ordered
    }

    /// Puts numbers in the order output, input, row, column where they stand in an array.
    pub(crate) fn restored<N: Copy>(&self, dimensions: &[usize], ordered: &[N]) -> Vec<N> {
        let mut numbers = ordered.to_vec();
        if !self.is_ordered() {
            let mut next = ordered.iter();
            self.each_place(dimensions, |place| {
                numbers[place] = *next.next().expect("an array has as many places as numbers");
            });
        }
        numbers
    }

    /// Returns whether outputs come first, then inputs, rows and columns, as far as there are any.
    pub(crate) fn is_ordered(&self) -> bool {
        "oirc".chars().filter(|letter| self.letters.contains(*letter)).eq(self.letters.chars())
    }

    /// Goes through the places of an array in the order output, input, row, column.
    fn each_place(&self, dimensions: &[usize], mut visit: impl FnMut(usize)) {
        let stride = |letter: char| {
            let place = self.letters.find(letter);
            place.map_or(0, |place| dimensions[place + 1..].iter().product())
        };
        let strides = ['o', 'i', 'r', 'c'].map(stride);
        let sizes = ['o', 'i', 'r', 'c'].map(|letter| self.along(letter, dimensions));
        for output in 0..sizes[0] {
            for input in 0..sizes[1] {
                for row in 0..sizes[2] {
                    let first = output * strides[0] + input * strides[1] + row * strides[2];
                    (0..sizes[3]).for_each(|column| visit(first + column * strides[3]));
                }
            }
        }
    }

    fn along(&self, letter: char, dimensions: &[usize]) -> usize {
        self.letters.find(letter).map_or(1, |place| dimensions[place])
    }
}

/// What the dimensions of an array say of its layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hint {
    /// Kernels stand last, as `PyTorch` has them.
    Last,
    /// Kernels stand first, as `TensorFlow` has them.
    First,
    /// Either could be.
    Either,
    /// Kernels would be too large in both.
    Neither,
}

/// Whether kernels of this size are looked at.
pub(super) fn fits(rows: usize, columns: usize) -> bool {
    rows.saturating_mul(columns) <= MOST
}

/// Whether kernels usually have this size: squares of some sides, and single rows or columns.
fn usual(rows: usize, columns: usize) -> bool {
    let line = rows.min(columns) == 1 && rows.max(columns) % 2 == 1;
    USUAL.contains(&rows.max(columns)) && (rows == columns || line)
}

/// Reads the layout of four dimensions off their sizes.
///
/// A reading with more than [`MOST`] numbers a kernel is none. Of two, the one with kernels of a usual size
/// is taken, else that with squares.
pub(super) fn hint(dimensions: [usize; 4]) -> Hint {
    let [a, b, c, d] = dimensions;
    match (fits(c, d), fits(a, b)) {
        (true, false) => Hint::Last,
        (false, true) if a == b && usual(a, b) => Hint::First,
        (false, _) => Hint::Neither,
        (true, true) => match (usual(c, d), usual(a, b)) {
            (true, false) => Hint::Last,
            (false, true) => Hint::First,
            _ if c == d && a != b => Hint::Last,
            _ if a == b && c != d => Hint::First,
            _ => Hint::Either,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Hint, Layout, hint};

    #[test]
    fn numbers_come_in_one_order_whatever_the_layout() {
        // 1000 · output + 100 · input + 10 · row + column, of 2 × 3 kernels of 2 × 4.
        let value =
            |o: usize, i: usize, r: usize, c: usize| (1000 * o + 100 * i + 10 * r + c) as f64;
        let mut wanted = Vec::new();
        let mut keras = vec![0.0; 48];
        let mut transposed = vec![0.0; 48];
        for o in 0..2 {
            for i in 0..3 {
                for r in 0..2 {
                    for c in 0..4 {
                        wanted.push(value(o, i, r, c));
                        keras[((r * 4 + c) * 3 + i) * 2 + o] = value(o, i, r, c);
                        transposed[((i * 2 + o) * 2 + r) * 4 + c] = value(o, i, r, c);
                    }
                }
            }
        }
        let read = |letters: &str, dimensions: &[usize], numbers: &[f64]| {
            let layout = Layout::of(letters).unwrap();
            assert_eq!(layout.counts(dimensions), [2, 3]);
            let ordered = layout.ordered(dimensions, numbers.to_vec());
            assert_eq!(layout.restored(dimensions, &ordered), numbers, "back again");
            ordered
        };
        assert_eq!(read("oirc", &[2, 3, 2, 4], &wanted), wanted);
        assert_eq!(read("rcio", &[2, 4, 3, 2], &keras), wanted);
        assert_eq!(read("iorc", &[3, 2, 2, 4], &transposed), wanted);
        let row = Layout::of("cio").unwrap();
        assert_eq!((row.size(&[2, 1, 2]).rows, row.size(&[2, 1, 2]).columns), (1, 2));
        assert_eq!(row.ordered(&[2, 1, 2], vec![1.0, 2.0, 3.0, 4.0]), [1.0, 3.0, 2.0, 4.0]);
        assert_eq!(Layout::of("rc").unwrap().ordered(&[1, 2], vec![5.0, 6.0]), [5.0, 6.0]);
    }

    #[test]
    fn letters_that_name_no_kernels_are_refused() {
        for odd in ["", "oi", "oirr", "nchw", "OIRC", "oirch", "ö"] {
            assert!(Layout::of(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn layouts_are_told_by_sizes_where_only_one_makes_sense() {
        for (dimensions, wanted) in [
            ([64, 3, 7, 7], Hint::Last),
            ([7, 7, 3, 64], Hint::First),
            ([6, 1, 5, 5], Hint::Last),
            ([5, 5, 1, 6], Hint::First),
            ([32, 16, 1, 7], Hint::Last),
            ([1, 1, 64, 128], Hint::First),
            ([3, 3, 3, 3], Hint::Either),
            ([2, 2, 3, 3], Hint::Either),
            ([64, 64, 64, 64], Hint::Neither),
            ([128, 1, 51, 51], Hint::Neither),
            ([512, 512, 1, 5], Hint::Last),
            ([16, 16, 1, 7], Hint::Last),
            ([8, 1, 15, 15], Hint::Last),
            ([13, 13, 1, 4], Hint::First),
            ([3, 3, 1, 7], Hint::First),
        ] {
            assert_eq!(hint(dimensions), wanted, "{dimensions:?}");
        }
    }
}
