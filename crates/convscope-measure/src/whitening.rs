//! Changes of units that make a layer orthonormal, from products of its units alone.
//!
//! For a layer X of fewer units than samples, X·F is orthonormal with F from the Cholesky factor or
//! the eigenvectors of `XᵀX`. Then only matrices of units × units are decomposed, in a fraction of
//! the time of a decomposition of the layer. It costs digits: forming `XᵀX` loses twice as many as
//! the layer's condition number has. So F exists only where
//!
//! ```text
//! √(n p) · ε₆₄/2 · κ² ≤ 1e-10
//! ```
//!
//! κ² bounds the squared condition number (for Cholesky of columns scaled to length 1, to which it is
//! blind), and the rest is what sums of n products in p columns are expected to lose; and where every
//! direction lies above rounding noise. Otherwise the caller decomposes the layer itself.

use faer::{Mat, MatRef};

use crate::{Pair, Prepared, Refusal, linalg};

/// What products of units may cost: a tenth of what is promised of every value.
pub(crate) const LOSS: f64 = 1e-10;

/// L with `XᵀX` = L·Lᵀ, so that X·L⁻ᵀ is an orthonormal basis.
#[derive(Debug)]
pub(crate) struct Triangle {
    /// L, which is also what each unit has of each direction of the basis, transposed.
    pub(crate) lower: Mat<f64>,
    inverse: Mat<f64>,
}

impl Triangle {
    /// Returns the factor of a layer of full rank, or `None` where it would be too inexact.
    pub(crate) fn of(layer: &Prepared) -> Option<Self> {
        let x = layer.centred();
        if layer.units() + 1 >= layer.samples() {
            return None;
        }
        let covariance = linalg::covariance(x);
        let lengths: Vec<f64> = (0..x.ncols()).map(|j| covariance[(j, j)].sqrt()).collect();
        let (lower, inverse) = linalg::cholesky(covariance)?;
        // ‖A‖₂² ≤ ‖A‖₁ ‖A‖∞, of the inverse for columns of length 1; their own norm is at most √p.
        let scaled = linalg::scaled_columns(inverse.as_ref(), &lengths);
        let stretch = largest_sum(scaled.as_ref()) * largest_sum(scaled.transpose());
        let shortest = lengths.iter().copied().fold(f64::INFINITY, f64::min);
        let certain = shortest / stretch.sqrt() > layer.noise(layer.squared_size().sqrt());
        (certain && loss(x) * stretch <= LOSS).then_some(Self { lower, inverse })
    }

    /// Returns what must stand right of the layer.
    pub(crate) fn factor(&self) -> MatRef<'_, f64> {
        self.inverse.transpose()
    }
}

/// Eigenvalues of `XᵀX`, falling, with their vectors.
#[derive(Debug)]
pub(crate) struct Principal {
    values: Vec<f64>,
    vectors: Mat<f64>,
    /// Directions that are exact enough and above noise.
    exact: usize,
}

impl Principal {
    /// Returns the decomposition of a layer of fewer units than samples.
    pub(crate) fn of(layer: &Prepared) -> Option<Self> {
        if layer.units() + 1 >= layer.samples() {
            return None;
        }
        let (values, vectors) = linalg::eigen(linalg::covariance(layer.centred()).as_ref())?;
        let floor = layer.noise(layer.squared_size().sqrt()).powi(2);
        let least = floor.max(values[0] * loss(layer.centred()) / LOSS);
        let exact = values.iter().take_while(|value| **value > least).count();
        Some(Self { values, vectors, exact })
    }

    /// Returns the factor of the fewest directions that hold `wanted` of Σ σ², if those are exact.
    pub(crate) fn leading(&self, wanted: f64) -> Option<Mat<f64>> {
        let mut held = 0.0;
        let short = self.values.iter().take_while(|value| {
            let before = held;
            held += **value;
            before < wanted
        });
        let kept = short.count().max(1);
        let sizes: Vec<f64> =
            self.values.iter().take(kept).map(|value| value.sqrt().recip()).collect();
        (kept <= self.exact)
            .then(|| linalg::scaled_columns(self.vectors.as_ref().subcols(0, kept), &sizes))
    }
}

/// Returns the cosines between two bases X·F and Y·G of rank r and s, r × s.
pub(crate) fn cosines(pair: Pair<'_>, f: MatRef<'_, f64>, g: MatRef<'_, f64>) -> Mat<f64> {
    let products = linalg::cross(pair.x.centred(), pair.y.centred());
    linalg::product(linalg::cross(f, products.as_ref()).as_ref(), g)
}

/// Returns the cosines between bases of all that two layers span, from whichever factor serves.
pub(crate) fn all_cosines(pair: Pair<'_>) -> Result<Mat<f64>, Refusal> {
    if let (Some(x), Some(y)) = (pair.x.triangle(), pair.y.triangle()) {
        return Ok(cosines(pair, x.factor(), y.factor()));
    }
    let (x, y) = (pair.x.directions()?, pair.y.directions()?);
    Ok(linalg::cross(x.u.as_ref(), y.u.as_ref()))
}

fn loss(x: MatRef<'_, f64>) -> f64 {
    (x.nrows() as f64 * x.ncols() as f64).sqrt() * f64::EPSILON / 2.0
}

/// Returns the largest sum of absolute entries of a column.
fn largest_sum(a: MatRef<'_, f64>) -> f64 {
    a.col_iter().map(|column| column.iter().map(|x| x.abs()).sum()).fold(0.0, f64::max)
}
