//! What training may do with a piece of a parameter, such as one kernel.

use std::sync::Arc;

use convscope_core::Subspace;
use convscope_probe::Size;

/// What steps may make of a piece of a parameter: neighbouring numbers that belong together.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Piece {
    /// Anything.
    #[default]
    Free,
    /// It stays as it is, bit for bit.
    Frozen,
    /// A point of a subspace, to the last digit of its numbers.
    ///
    /// The first weights, then every gradient before a step and the weights after it are put at
    /// their nearest points. Adam scales each number on its own and so leaves the subspace in
    /// every step: what is descended is then not the straight way down within it.
    Within(Subspace),
    /// A product of a column and a row, for kernels of a size, to the last digit of its numbers.
    ///
    /// The first weights, and the weights after every step, are put at the nearest product, by the largest
    /// singular value. Gradients stay as they are: products make no subspace, and the nearest
    /// one to a gradient is no way down. A kernel of which two singular values are largest has several
    /// nearest products and jumps between them.
    Separable(Size),
    /// A few numbers, each of which stands in all places of a group.
    ///
    /// The first weights, every gradient before a step and the weights after it become the means of their groups. That is a
    /// subspace, as in [`Within`](Self::Within), so that a group's number moves as far as one free weight would and not, as where
    /// its gradients are added up (Han, Mao, Dally 2016), as often as far as it has places.
    Shared(Groups),
}

/// Which numbers of a piece are one.
#[derive(Debug, Clone, PartialEq)]
pub struct Groups {
    group: Arc<[u32]>,
    sizes: Arc<[u32]>,
}

impl Groups {
    /// Puts those numbers into one group that are equal.
    ///
    /// ```
    /// use convscope_train::{Groups, Piece};
    ///
    /// let groups = Groups::of(&[0.5, -1.0, 0.5, 0.0]);
    /// assert_eq!(Piece::Shared(groups).freedom(4), 3);
    /// ```
    pub fn of(numbers: &[f32]) -> Self {
        // 0 added to −0 is 0.
        let own: Vec<f32> = numbers.iter().map(|number| number + 0.0).collect();
        let mut levels = own.clone();
        levels.sort_by(f32::total_cmp);
        levels.dedup_by(|a, b| a.to_bits() == b.to_bits());
        let place = |number: &f32| levels.partition_point(|level| level.total_cmp(number).is_lt());
        let group: Arc<[u32]> = own.iter().map(|number| place(number) as u32).collect();
        let mut sizes = vec![0; levels.len()];
        group.iter().for_each(|group| sizes[*group as usize] += 1);
        Self { group, sizes: sizes.into() }
    }

    fn project(&self, numbers: &mut [f32], room: &mut [f64]) {
        let sums = &mut room[..self.sizes.len()];
        sums.fill(0.0);
        for (number, group) in numbers.iter().zip(&*self.group) {
            sums[*group as usize] += f64::from(*number);
        }
        for (number, group) in numbers.iter_mut().zip(&*self.group) {
            *number = (sums[*group as usize] / f64::from(self.sizes[*group as usize])) as f32;
        }
    }
}

impl Piece {
    /// Returns how many of a piece's numbers can be chosen freely.
    pub fn freedom(&self, width: usize) -> usize {
        match self {
            Self::Free => width,
            Self::Frozen => 0,
            Self::Within(subspace) => subspace.dimension(),
            Self::Separable(size) => size.rows + size.columns - 1,
            Self::Shared(groups) => groups.sizes.len(),
        }
    }

    /// Returns how many numbers it is made for, where it is made for some.
    pub(crate) fn width(&self) -> Option<usize> {
        match self {
            Self::Free | Self::Frozen => None,
            Self::Within(subspace) => Some(subspace.width()),
            Self::Separable(size) => Some(size.count()),
            Self::Shared(groups) => Some(groups.group.len()),
        }
    }

    /// Puts numbers at their nearest point; with [room](Self::room) for the work, nothing is allocated.
    pub(crate) fn project(&self, numbers: &mut [f32], room: &mut [f64]) {
        match self {
            Self::Free | Self::Frozen => {}
            Self::Within(subspace) => subspace.project_with(numbers, room),
            Self::Separable(size) => to_product(numbers, *size, room),
            Self::Shared(groups) => groups.project(numbers, room),
        }
    }

    /// Returns how many numbers of memory a projection takes.
    pub(crate) fn room(&self) -> usize {
        match self {
            Self::Free | Self::Frozen => 0,
            Self::Within(subspace) => subspace.width(),
            Self::Separable(size) => size.count() + size.columns,
            Self::Shared(groups) => groups.sizes.len(),
        }
    }
}

/// Sweeps over all pairs; kernels of ten columns need five or six.
const SWEEPS: usize = 30;

/// Puts a kernel at the nearest product of a column and a row.
fn to_product(kernel: &mut [f32], size: Size, room: &mut [f64]) {
    let Some((column, row)) = nearest_product(kernel, size, room) else { return kernel.fill(0.0) };
    for (line, u) in kernel.chunks_exact_mut(size.columns).zip(column) {
        line.iter_mut().zip(row).for_each(|(value, row)| *value = (u * row) as f32);
    }
}

/// Returns a column and a row whose product is nearest to a kernel; nothing of zeros.
///
/// It is u uᵀ K, u being the first left singular vector. One-sided Jacobi rotates the columns, two by two,
/// until they are orthogonal; the longest then lies along u, and nothing else need be rotated.
pub(crate) fn nearest_product<'r, T: Copy + Into<f64>>(
    kernel: &[T],
    size: Size,
    room: &'r mut [f64],
) -> Option<(&'r [f64], &'r [f64])> {
    let (columns, row) = room.split_at_mut(size.count());
    for (place, value) in kernel.iter().enumerate() {
        columns[place % size.columns * size.rows + place / size.columns] = (*value).into();
    }
    for _ in 0..SWEEPS {
        let mut still = true;
        for second in 1..size.columns {
            let (before, after) = columns.split_at_mut(second * size.rows);
            for column in before.chunks_exact_mut(size.rows) {
                still &= !rotate(column, &mut after[..size.rows]);
            }
        }
        if still {
            break;
        }
    }
    let squared = |column: &[f64]| column.iter().map(|value| value * value).sum::<f64>();
    let longer = |a: &&[f64], b: &&[f64]| squared(a).total_cmp(&squared(b));
    let longest = columns.chunks_exact(size.rows).max_by(longer).expect("a kernel has columns");
    let length = squared(longest);
    if length == 0.0 {
        return None;
    }
    let row = &mut row[..size.columns];
    row.fill(0.0);
    for (line, u) in kernel.chunks_exact(size.columns).zip(longest) {
        row.iter_mut().zip(line).for_each(|(sum, &value)| *sum += u * value.into() / length);
    }
    Some((longest, row))
}

/// Rotates two columns until they are orthogonal; whether they were not.
fn rotate(first: &mut [f64], second: &mut [f64]) -> bool {
    let (mut a, mut b, mut across) = (0.0, 0.0, 0.0);
    for (x, y) in first.iter().zip(&*second) {
        (a, b, across) = (a + x * x, b + y * y, across + x * y);
    }
    if across.abs() <= f64::EPSILON * (a * b).sqrt() {
        return false;
    }
    let zeta = (b - a) / (2.0 * across);
    let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = cosine * tangent;
    for (x, y) in first.iter_mut().zip(second) {
        (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
    }
    true
}
