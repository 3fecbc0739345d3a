//! Linear subspaces that pieces of a list of numbers lie in.

use std::sync::Arc;

/// A linear subspace of the pieces of a parameter, each of `width` numbers.
///
/// A parameter of filters × channels × rows × columns has one piece for each kernel when the width
/// is rows · columns, one for each filter when it is channels · rows · columns.
///
/// ```
/// use convscope_core::Subspace;
///
/// // Pairs whose two numbers are equal.
/// let equal = Subspace::spanned_by(2, &[vec![3.0, 3.0]]);
/// let mut values = [1.0, 3.0, -2.0, 2.0];
/// equal.project(&mut values);
/// assert_eq!(values, [2.0, 2.0, 0.0, 0.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Subspace {
    width: usize,
    /// Orthonormal vectors, one after another.
    basis: Arc<[f64]>,
}

/// Vectors that keep less than this share of their length beside those before depend on them.
const DEPENDENT: f64 = 1e-10;

impl Subspace {
    /// Makes the subspace of all sums of some vectors; vectors that depend on others add nothing.
    ///
    /// # Panics
    /// When the width is 0, or a vector has another length or a number that is not finite.
    pub fn spanned_by(width: usize, vectors: &[Vec<f64>]) -> Self {
        assert!(width > 0, "caller's bug: pieces have at least one number");
        let mut basis: Vec<f64> = Vec::new();
        for vector in vectors {
            assert_eq!(vector.len(), width, "caller's bug: vectors are as long as a piece");
            let finite = vector.iter().all(|value| value.is_finite());
            assert!(finite, "caller's bug: vectors are finite");
            let largest = vector.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
            if largest == 0.0 {
                continue;
            }
            let mut rest: Vec<f64> = vector.iter().map(|value| value / largest).collect();
            let whole = dot(&rest, &rest).sqrt();
            // Once leaves an error as large as what was taken away is long; twice is enough.
            for _ in 0..2 {
                for known in basis.chunks_exact(width) {
                    let along = dot(known, &rest);
                    rest.iter_mut().zip(known).for_each(|(value, known)| *value -= along * known);
                }
            }
            let length = dot(&rest, &rest).sqrt();
            if length > DEPENDENT * whole {
                basis.extend(rest.iter().map(|value| value / length));
            }
        }
        Self { width, basis: basis.into() }
    }

    /// Returns how many numbers a piece has.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns the dimension of the subspace.
    pub fn dimension(&self) -> usize {
        self.basis.len() / self.width
    }

    /// Puts every piece at its nearest point of the subspace.
    ///
    /// Takes memory for one piece.
    ///
    /// # Panics
    /// When the values are no whole number of pieces.
    pub fn project(&self, values: &mut [f32]) {
        self.project_with(values, &mut vec![0.0; self.width]);
    }

    /// Projects with memory for one piece, or more, that is there already.
    ///
    /// # Panics
    /// When the values are no whole number of pieces, or the memory is shorter than one.
    pub fn project_with(&self, values: &mut [f32], near: &mut [f64]) {
        let whole = values.len().is_multiple_of(self.width);
        assert!(whole, "caller's bug: values are whole pieces of {}", self.width);
        for piece in values.chunks_exact_mut(self.width) {
            let near = &mut near[..self.width];
            near.fill(0.0);
            for known in self.basis.chunks_exact(self.width) {
                let along: f64 = known.iter().zip(&*piece).map(|(a, &b)| a * f64::from(b)).sum();
                near.iter_mut().zip(known).for_each(|(near, known)| *near += along * known);
            }
            piece.iter_mut().zip(near).for_each(|(value, near)| *value = *near as f32);
        }
    }

    /// Returns the orthonormal vectors that span it, one after another.
    pub fn basis(&self) -> impl Iterator<Item = &[f64]> {
        self.basis.chunks_exact(self.width)
    }

    /// Returns the nearest point to a piece.
    ///
    /// # Panics
    /// When the piece has another width.
    pub fn nearest(&self, piece: &[f64]) -> Vec<f64> {
        assert_eq!(piece.len(), self.width, "caller's bug: a piece of {}", self.width);
        let mut near = vec![0.0; self.width];
        for known in self.basis() {
            let along = dot(known, piece);
            near.iter_mut().zip(known).for_each(|(near, known)| *near += along * known);
        }
        near
    }

    /// Returns the share of a piece's sum of squares that its nearest point has; nothing for zeros.
    ///
    /// # Panics
    /// When the piece has another width.
    pub fn energy(&self, piece: &[f64]) -> Option<f64> {
        assert_eq!(piece.len(), self.width, "caller's bug: a piece of {}", self.width);
        let whole = dot(piece, piece);
        let within: f64 = self.basis().map(|known| dot(known, piece).powi(2)).sum();
        (whole > 0.0).then(|| within / whole)
    }

    /// Returns whether another subspace has the same points, to rounding.
    pub fn equals(&self, other: &Self) -> bool {
        let alike = (self.width, self.dimension()) == (other.width, other.dimension());
        alike
            && other
                .basis()
                .all(|vector| self.energy(vector).is_some_and(|energy| energy > 1.0 - DEPENDENT))
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
