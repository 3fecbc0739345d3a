//! CKA of data that do not fit into memory.

use faer::{Mat, MatRef};

use crate::kernel::{self, Kernel};
use crate::{Refusal, linalg, linear};

/// HSIC₁ summed over batches, from which minibatch CKA is one ratio.
///
/// The sums of several accumulators may be added: every batch counts alike. Batches should be of
/// one size. Memory: three numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct MinibatchHsic {
    sums: [f64; 3],
    biased: [f64; 2],
    batches: usize,
}

impl MinibatchHsic {
    /// Adds a batch, samples × units of either layer. Cost: b²(p + q).
    ///
    /// # Panics
    /// If the batch has fewer than 4 samples or the layers unequally many: a caller's bug.
    pub fn add(&mut self, x: MatRef<'_, f64>, y: MatRef<'_, f64>) {
        assert!(
            x.nrows() == y.nrows() && x.nrows() > 3,
            "caller's bug: a batch needs 4 samples of both layers"
        );
        let (k, l) = (batch_kernel(x), batch_kernel(y));
        let n = x.nrows() as f64;
        let pairs = n * (n - 3.0);
        self.sums[0] += k.debiased_with(&l, k.overlap(&l)) / pairs;
        self.sums[1] += k.own_debiased() / pairs;
        self.sums[2] += l.own_debiased() / pairs;
        self.biased[0] += k.own_biased() / pairs;
        self.biased[1] += l.own_biased() / pairs;
        self.batches += 1;
    }

    /// Returns the mean HSIC₁ of the two layers over batches; `None` before the first.
    pub fn hsic(&self) -> Option<f64> {
        (self.batches > 0).then(|| self.sums[0] / self.batches as f64)
    }

    /// Returns minibatch CKA.
    ///
    /// # Errors
    /// [`Refusal::SelfTerm`] if a layer's own HSIC₁ is not positive, as before the first batch.
    pub fn cka(&self) -> Result<f64, Refusal> {
        let scale = kernel::debiased_scale([self.sums[1], self.sums[2]], self.biased)?;
        Ok(self.sums[0] / scale)
    }
}

fn batch_kernel(batch: MatRef<'_, f64>) -> Kernel {
    let centred = less(batch, &column_means(batch));
    let (off, diagonal) = linalg::packed_gram(centred.as_ref());
    Kernel::new(off, diagonal)
}

/// Debiased linear CKA over all samples, exactly, in one pass and any batches.
///
/// ```text
/// HSIC₁ needs ‖XᵀY‖² and Σ aᵢbᵢ of centred samples; both follow at the end from
/// Σ x yᵀ, Σ s t, Σ s y, Σ t x, Σ x, Σ y, Σ s, Σ t    (s = ‖x‖², t = ‖y‖²)
/// ```
///
/// taken about a fixed point, the mean of the first batch. The value is that of `debiased-cka` on
/// all samples, up to rounding, whatever the batches. Memory: 8(p² + pq + q²) bytes, however many
/// samples. Cost: n(p²/2 + pq + q²/2) multiplications.
///
/// ```
/// use convscope_measure::StreamingCka;
/// use faer::Mat;
///
/// let x = Mat::from_fn(100, 3, |i, j| ((i * 3 + j) as f64).sin());
/// let y = Mat::from_fn(100, 2, |i, j| x[(i, j)] + ((i * 7 + j) as f64).cos());
/// let (mut whole, mut parts) = (StreamingCka::new(3, 2), StreamingCka::new(3, 2));
/// whole.add(x.as_ref(), y.as_ref());
/// for first in (0..100).step_by(7) {
///     let count = 7.min(100 - first);
///     parts.add(x.subrows(first, count), y.subrows(first, count));
/// }
/// assert!((whole.cka()? - parts.cka()?).abs() < 1e-12);
/// # Ok::<(), convscope_measure::Refusal>(())
/// ```
#[derive(Debug, Clone)]
pub struct StreamingCka {
    samples: usize,
    centres: Option<[Vec<f64>; 2]>,
    cross: Products,
    own: [Products; 2],
}

/// Sums of products of two layers about fixed points.
#[derive(Debug, Clone)]
struct Products {
    outer: Mat<f64>,
    norms: f64,
    x_by_t: Vec<f64>,
    y_by_s: Vec<f64>,
    x: Vec<f64>,
    y: Vec<f64>,
    s: f64,
    t: f64,
}

impl StreamingCka {
    /// Starts with no samples of a layer of p and a layer of q units.
    pub fn new(p: usize, q: usize) -> Self {
        let own = [Products::new(p, p), Products::new(q, q)];
        Self { samples: 0, centres: None, cross: Products::new(p, q), own }
    }

    /// Adds some samples, samples × units of either layer.
    ///
    /// # Panics
    /// If the layers have unequally many samples or other units than before: a caller's bug.
    pub fn add(&mut self, x: MatRef<'_, f64>, y: MatRef<'_, f64>) {
        let units = [self.own[0].x.len(), self.own[1].x.len()];
        assert!(
            x.nrows() == y.nrows() && [x.ncols(), y.ncols()] == units,
            "caller's bug: wanted the same samples of {units:?} units"
        );
        if x.nrows() == 0 {
            return;
        }
        let centres = self.centres.get_or_insert_with(|| [column_means(x), column_means(y)]);
        let (x, y) = (less(x, &centres[0]), less(y, &centres[1]));
        let (s, t) = (row_norms(x.as_ref()), row_norms(y.as_ref()));
        self.samples += x.nrows();
        self.cross.add([x.as_ref(), y.as_ref()], [&s, &t], linalg::cross(x.as_ref(), y.as_ref()));
        self.own[0].add([x.as_ref(); 2], [&s; 2], linalg::covariance(x.as_ref()));
        self.own[1].add([y.as_ref(); 2], [&t; 2], linalg::covariance(y.as_ref()));
    }

    /// Returns how many samples were added.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Returns debiased CKA over all samples.
    ///
    /// # Errors
    /// [`Refusal::Setting`] for fewer than 4 samples, [`Refusal::SelfTerm`] if a layer's own HSIC₁
    /// is not positive.
    pub fn cka(&self) -> Result<f64, Refusal> {
        if self.samples < 4 {
            let message = format!("wanted at least 4 samples, got {}", self.samples);
            return Err(Refusal::Setting(message));
        }
        let [(first, biased_x), (second, biased_y)] =
            [self.own[0].hsic(self.samples), self.own[1].hsic(self.samples)];
        let scale = kernel::debiased_scale([first, second], [biased_x, biased_y])?;
        Ok(self.cross.hsic(self.samples).0 / scale)
    }
}

impl Products {
    fn new(p: usize, q: usize) -> Self {
        Self {
            outer: Mat::zeros(p, q),
            norms: 0.0,
            x_by_t: vec![0.0; p],
            y_by_s: vec![0.0; q],
            x: vec![0.0; p],
            y: vec![0.0; q],
            s: 0.0,
            t: 0.0,
        }
    }

    fn add(&mut self, [x, y]: [MatRef<'_, f64>; 2], [s, t]: [&[f64]; 2], outer: Mat<f64>) {
        self.outer += outer;
        self.norms += dot(s, t);
        self.s += s.iter().sum::<f64>();
        self.t += t.iter().sum::<f64>();
        add_weighted(&mut self.x_by_t, &mut self.x, x, t);
        add_weighted(&mut self.y_by_s, &mut self.y, y, s);
    }

    /// Returns n(n − 3) HSIC₁ and ‖XᵀY‖² of centred samples.
    fn hsic(&self, samples: usize) -> (f64, f64) {
        let n = samples as f64;
        let mean = |sums: &[f64]| sums.iter().map(|sum| sum / n).collect::<Vec<_>>();
        let (mu, nu) = (mean(&self.x), mean(&self.y));
        let (mu2, nu2) = (dot(&mu, &mu), dot(&nu, &nu));
        let mut middle = 0.0;
        let mut both = 0.0;
        for (j, column) in self.outer.col_iter().enumerate() {
            for (i, sum) in column.iter().enumerate() {
                middle += mu[i] * sum * nu[j];
                both += (sum - n * mu[i] * nu[j]).powi(2);
            }
        }
        let norms = self.norms - 2.0 * dot(&nu, &self.y_by_s) + nu2 * self.s
            - 2.0 * dot(&mu, &self.x_by_t)
            + 4.0 * middle
            - 2.0 * nu2 * dot(&mu, &self.x)
            + mu2 * self.t
            - 2.0 * mu2 * dot(&nu, &self.y)
            + n * mu2 * nu2;
        let totals = (self.s - n * mu2) * (self.t - n * nu2);
        (linear::debiased_from(n, both, norms, totals), both)
    }
}

fn add_weighted(weighted: &mut [f64], plain: &mut [f64], x: MatRef<'_, f64>, weights: &[f64]) {
    for (j, column) in x.col_iter().enumerate() {
        for (x, weight) in column.iter().zip(weights) {
            weighted[j] += weight * x;
            plain[j] += x;
        }
    }
}

fn column_means(x: MatRef<'_, f64>) -> Vec<f64> {
    x.col_iter().map(|column| column.iter().sum::<f64>() / x.nrows() as f64).collect()
}

fn less(x: MatRef<'_, f64>, means: &[f64]) -> Mat<f64> {
    Mat::from_fn(x.nrows(), x.ncols(), |i, j| x[(i, j)] - means[j])
}

fn row_norms(x: MatRef<'_, f64>) -> Vec<f64> {
    let mut norms = vec![0.0; x.nrows()];
    for column in x.col_iter() {
        norms.iter_mut().zip(column.iter()).for_each(|(norm, x)| *norm += x * x);
    }
    norms
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
