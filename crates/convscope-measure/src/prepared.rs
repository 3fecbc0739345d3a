//! One layer with everything that measures share, computed once.

use std::sync::Arc;

use faer::{Mat, MatRef};

use crate::factors::Factors;
use crate::kernel::Kernel;
use crate::pairs;
use crate::whitening::{Principal, Triangle};
use crate::{Activations, Caveat, Precision, Refusal, gram, linalg, nulls};

/// The activations of a layer, centred, with the factors that measures ask for.
///
/// Each factor is computed when it is first asked for and kept: the Gram matrix, the thin singular
/// value decomposition, distances, ranks, neighbours. Comparing one layer with fifty others
/// decomposes it once. Where there are more units than samples, everything that depends on inner
/// products only works on an n × n factor in place of the n × p matrix.
///
/// Memory: 8·n·p bytes, and 8·n·min(n, p) or 4·n² for each factor in use.
#[derive(Debug)]
pub struct Prepared {
    units: usize,
    precision: Precision,
    caveats: Vec<Caveat>,
    means: Vec<f64>,
    centred: Mat<f64>,
    squared_size: f64,
    /// Root mean square of the units that vary, means included.
    magnitude: f64,
    pub(crate) factors: Arc<Factors>,
}

/// An orthonormal basis of what a centred layer spans over the samples.
#[derive(Debug)]
pub(crate) struct Directions {
    /// Orthonormal columns, n × rank.
    pub(crate) u: Mat<f64>,
    /// Singular values above rounding noise, falling.
    pub(crate) s: Vec<f64>,
}

impl Directions {
    pub(crate) fn rank(&self) -> usize {
        self.s.len()
    }

    /// Returns what the null needs to know of u · diag(weights) · uᵀ.
    pub(crate) fn shape(&self, weights: &[f64]) -> nulls::Shape {
        let mut diagonal = vec![0.0; self.u.nrows()];
        for (column, weight) in self.u.col_iter().zip(weights) {
            diagonal.iter_mut().zip(column.iter()).for_each(|(sum, u)| *sum += weight * u * u);
        }
        nulls::Shape {
            trace: weights.iter().sum(),
            squared_norm: weights.iter().map(|weight| weight * weight).sum(),
            squared_diagonal: diagonal.iter().map(|d| d * d).sum(),
        }
    }
}

impl From<Activations> for Prepared {
    fn from(activations: Activations) -> Self {
        let (precision, caveats) = (activations.precision(), activations.caveats());
        Self::of(activations.into_matrix(), precision, caveats)
    }
}

impl Prepared {
    /// Centres a copy of a layer; nothing else is computed yet. `Prepared::from` needs no copy.
    pub fn new(activations: &Activations) -> Self {
        let matrix = activations.matrix().to_owned();
        Self::of(matrix, activations.precision(), activations.caveats())
    }

    fn of(mut centred: Mat<f64>, precision: Precision, caveats: Vec<Caveat>) -> Self {
        let units = centred.ncols();
        let n = centred.nrows() as f64;
        let mut means = Vec::with_capacity(centred.ncols());
        let mut squared_size = 0.0;
        for unit in 0..centred.ncols() {
            let column = centred.col_as_slice_mut(unit);
            let constant = column.iter().all(|x| x.total_cmp(&column[0]).is_eq());
            let mut mean = 0.0;
            // The second pass removes what rounding left of a mean far from zero.
            for _ in 0..2 {
                let left = linalg::total(column) / n;
                for x in column.iter_mut() {
                    *x -= left;
                }
                mean += left;
            }
            if constant {
                column.fill(0.0);
            }
            means.push(mean);
            squared_size += linalg::squares(column);
        }
        let (mut varying, mut squares) = (0.0, squared_size);
        for (column, mean) in centred.col_iter().zip(&means) {
            if column.iter().any(|x| *x != 0.0) {
                varying += n;
                squares += n * mean * mean;
            }
        }
        Self {
            magnitude: (squares / varying).sqrt(),
            units,
            precision,
            caveats,
            means,
            squared_size,
            centred,
            factors: Arc::default(),
        }
    }

    /// Returns how many samples there are, n.
    pub fn samples(&self) -> usize {
        self.centred.nrows()
    }

    /// Returns how many units there are, p.
    pub fn units(&self) -> usize {
        self.units
    }

    /// Returns the activations less the mean of each unit, samples × units.
    pub fn centred(&self) -> MatRef<'_, f64> {
        self.centred.as_ref()
    }

    /// Returns the mean of each unit.
    pub fn means(&self) -> &[f64] {
        &self.means
    }

    /// Returns what a reader of any score of this layer must know.
    pub fn caveats(&self) -> &[Caveat] {
        &self.caveats
    }

    /// Returns the number of independent directions, counted above rounding noise.
    ///
    /// A direction counts if its singular value exceeds both max(n, p)·ε₆₄·s₁ and what rounding
    /// the input to its own precision ε adds, ε·rms·(√n + √p). Cost: one decomposition, kept.
    ///
    /// # Errors
    /// [`Refusal::NoConvergence`].
    pub fn rank(&self) -> Result<usize, Refusal> {
        if self.triangle().is_some() {
            return Ok(self.units);
        }
        Ok(self.directions()?.rank())
    }

    /// Returns the layer as a matrix again, samples × units, means included.
    pub(crate) fn raw(&self) -> Mat<f64> {
        Mat::from_fn(self.samples(), self.units, |i, j| self.centred[(i, j)] + self.means[j])
    }

    /// Returns the layer with its samples in another order: sample i is what was sample `order[i]`.
    ///
    /// What is known of the layer stays known; nothing is decomposed anew. A random order is a control:
    /// what a measure gives beside it is chance.
    ///
    /// # Panics
    /// If `order` does not name every sample once: a caller's bug.
    #[must_use]
    pub fn reordered(&self, order: &Arc<[usize]>) -> Self {
        let mut named = vec![0; self.samples()];
        for sample in order.iter() {
            named[*sample] += 1;
        }
        assert!(named.iter().all(|times| *times == 1), "caller's bug: no order of the samples");
        Self {
            units: self.units,
            precision: self.precision,
            caveats: self.caveats.clone(),
            means: self.means.clone(),
            centred: linalg::reordered_rows(self.centred(), order),
            squared_size: self.squared_size,
            magnitude: self.magnitude,
            factors: Arc::new(Factors::reordered(&self.factors, order)),
        }
    }

    /// Returns some of the samples as a layer, some of them more than once.
    pub(crate) fn resampled(&self, rows: &[usize]) -> Result<Self, crate::ActivationsError> {
        let matrix =
            Mat::from_fn(rows.len(), self.units, |i, j| self.centred[(rows[i], j)] + self.means[j]);
        let mut again = Self::from(Activations::from_matrix(matrix)?);
        again.precision = self.precision;
        Ok(again)
    }

    /// Returns ‖X‖² of the centred layer.
    pub(crate) fn squared_size(&self) -> f64 {
        self.squared_size
    }

    /// Returns a matrix with the inner products of the centred one and at most n columns.
    pub(crate) fn narrow(&self) -> MatRef<'_, f64> {
        if self.units <= self.samples() {
            return self.centred();
        }
        self.factors.narrow(|| linalg::narrowed(self.centred())).as_ref()
    }

    pub(crate) fn directions(&self) -> Result<&Directions, Refusal> {
        let found = self.factors.directions(|| {
            let (u, s) = linalg::left_svd(self.narrow())?;
            let floor = self.noise(s[0]);
            let rank = s.iter().take_while(|s| **s > floor).count();
            if rank == 0 {
                return Err(Refusal::OnlyRounding);
            }
            Ok(Directions { u: u.subcols(0, rank).to_owned(), s: s[..rank].to_vec() })
        });
        found.as_ref().map_err(Clone::clone)
    }

    /// Returns the factor of a layer whose products of units lose little.
    pub(crate) fn triangle(&self) -> Option<&Triangle> {
        self.factors.triangle(|| Triangle::of(self))
    }

    /// Returns the eigenvectors of the products of units.
    pub(crate) fn principal(&self) -> Option<&Principal> {
        self.factors.principal(|| Principal::of(self))
    }

    /// Returns uᵀ·X, rank × p: what each unit has of each direction.
    pub(crate) fn loadings(&self) -> Result<MatRef<'_, f64>, Refusal> {
        let directions = self.directions()?;
        let loadings = || linalg::cross(directions.u.as_ref(), self.centred());
        Ok(self.factors.loadings(loadings).as_ref())
    }

    /// Returns an orthonormal basis of what the layer spans as it came, not centred.
    pub(crate) fn raw_basis(&self) -> Result<MatRef<'_, f64>, Refusal> {
        let found = self.factors.raw_basis(|| {
            let raw = self.raw();
            let wide = self.units > self.samples();
            let narrow = if wide { linalg::narrowed(raw.as_ref()) } else { raw };
            let (u, s) = linalg::left_svd(narrow.as_ref())?;
            let floor = self.noise(s[0]);
            let rank = s.iter().take_while(|s| **s > floor).count();
            Ok(u.subcols(0, rank).to_owned())
        });
        found.as_ref().map(Mat::as_ref).map_err(Clone::clone)
    }

    /// Returns the squared length of each centred sample: the diagonal of the Gram matrix.
    pub(crate) fn row_norms(&self) -> &[f64] {
        self.factors.row_norms(|| {
            let mut norms = vec![0.0; self.samples()];
            for column in self.centred.col_iter() {
                norms.iter_mut().zip(column.iter()).for_each(|(norm, x)| *norm += x * x);
            }
            norms
        })
    }

    /// Returns ‖XᵀX‖² of the centred layer.
    pub(crate) fn covariance_norm(&self) -> f64 {
        self.factors.covariance_norm(|| {
            if self.units > self.samples() {
                return self.linear().own_biased();
            }
            linalg::squared_norm(linalg::covariance(self.centred()).as_ref())
        })
    }

    /// Returns what the null of biased dependence needs to know of the Gram matrix.
    pub(crate) fn shape(&self) -> nulls::Shape {
        let squared_diagonal = self.row_norms().iter().map(|a| a * a).sum();
        let squared_norm = self.covariance_norm();
        nulls::Shape { trace: self.squared_size, squared_norm, squared_diagonal }
    }

    /// Returns the centred Gram matrix as a kernel.
    pub(crate) fn linear(&self) -> &Kernel {
        self.factors.linear(|| {
            let (off, diagonal) = gram::packed_gram(self.centred());
            Kernel::new(off, diagonal)
        })
    }

    /// Returns Euclidean distances as a kernel.
    pub(crate) fn distance(&self) -> &Kernel {
        self.factors.distance(|| Kernel::new(pairs::euclidean(self), vec![0.0; self.samples()]))
    }

    /// Returns the singular value below which a direction is rounding, from the largest of all.
    pub(crate) fn noise(&self, largest: f64) -> f64 {
        let (n, p) = (self.samples() as f64, self.units as f64);
        let rounding = self.precision.epsilon() * self.magnitude * (n.sqrt() + p.sqrt());
        rounding.max(n.max(p) * f64::EPSILON * largest)
    }
}

/// Two layers seen on the same samples in the same order.
///
/// That the samples are the same is the caller's promise; only their number can be checked here.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// The first layer, of p units.
    pub x: &'a Prepared,
    /// The second layer, of q units.
    pub y: &'a Prepared,
}

/// Two layers that were not seen on equally many samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the first layer has {0} samples, the second {1}: both must be seen on the same samples")]
pub struct UnlikeSamples(pub usize, pub usize);

impl<'a> Pair<'a> {
    /// Puts two layers side by side.
    ///
    /// # Errors
    /// [`UnlikeSamples`].
    pub fn new(x: &'a Prepared, y: &'a Prepared) -> Result<Self, UnlikeSamples> {
        if x.samples() != y.samples() {
            return Err(UnlikeSamples(x.samples(), y.samples()));
        }
        Ok(Self { x, y })
    }

    /// Returns how many samples both have.
    pub fn samples(&self) -> usize {
        self.x.samples()
    }

    pub(crate) fn swapped(self) -> Self {
        Self { x: self.y, y: self.x }
    }
}
