//! CKA of data that do not fit into memory.

use faer::{ColRef, Mat, MatRef};

use crate::gram::Gram;
use crate::linalg::{short_dot, total};
use crate::{Refusal, kernel, linalg, linear};

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
        self.take(Room::new(x.nrows(), [x.ncols(), y.ncols()]).batch(x, y));
    }

    /// Adds what a batch says.
    pub(crate) fn take(&mut self, Batch { hsic, biased }: Batch) {
        self.sums.iter_mut().zip(hsic).for_each(|(sum, own)| *sum += own);
        self.biased.iter_mut().zip(biased).for_each(|(sum, own)| *sum += own);
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

/// HSIC₁ of one batch: of both layers, and of each with itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch {
    hsic: [f64; 3],
    biased: [f64; 2],
}

/// Memory for batches of one size.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    layers: [Centred; 2],
}

impl Room {
    pub(crate) fn new(samples: usize, units: [usize; 2]) -> Self {
        Self { layers: units.map(|units| Centred::new(samples, units)) }
    }

    /// Returns what a batch of as many samples and units as there is room for says.
    pub(crate) fn batch(&mut self, x: MatRef<'_, f64>, y: MatRef<'_, f64>) -> Batch {
        assert!(
            x.nrows() == y.nrows() && x.nrows() > 3,
            "caller's bug: a batch needs 4 samples of both layers"
        );
        for (layer, batch) in self.layers.iter_mut().zip([x, y]) {
            layer.fill(batch);
        }
        let ([k, l], n) = (&self.layers, x.nrows() as f64);
        let [(cross, _), (of_x, biased_x), (of_y, biased_y)] =
            [(k, l), (k, k), (l, l)].map(|(k, l)| k.hsic(l));
        let each = |sum: f64| sum / (n * (n - 3.0));
        Batch { hsic: [cross, of_x, of_y].map(each), biased: [biased_x, biased_y].map(each) }
    }
}

/// The centred samples of a batch and the products of every two.
#[derive(Debug, Clone)]
struct Centred {
    samples: Block,
    gram: Gram,
}

impl Centred {
    fn new(samples: usize, units: usize) -> Self {
        Self { samples: Block::new(samples, units), gram: Gram::new(samples, units) }
    }

    fn fill(&mut self, batch: MatRef<'_, f64>) {
        self.samples.fill(batch, |_, column| mean(column));
        self.gram.fill(self.samples.samples());
    }

    /// Returns n(n − 3) HSIC₁ and ‖XᵀY‖².
    fn hsic(&self, other: &Self) -> (f64, f64) {
        let [a, b] = [self, other].map(|own| own.samples.norms.as_slice());
        let norms = short_dot(a, b);
        let both = norms + 2.0 * short_dot(&self.gram.below, &other.gram.below);
        (linear::debiased_from(a.len() as f64, both, norms, total(a) * total(b)), both)
    }
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
    layers: [Sums; 2],
    cross: Products,
}

/// Samples that are centred, measured and multiplied while they lie in a near cache.
const BLOCK: usize = 256;

/// Sums over the samples of one layer about a fixed point: Σ x, Σ s, and products with itself.
#[derive(Debug, Clone)]
struct Sums {
    centre: Vec<f64>,
    x: Vec<f64>,
    s: f64,
    /// Of `outer` the lower triangle, and of the two equal vectors the first.
    own: Products,
}

/// Sums over the samples of two layers about fixed points: Σ x yᵀ, Σ s t, Σ t x, Σ s y.
#[derive(Debug, Clone)]
struct Products {
    outer: Mat<f64>,
    norms: f64,
    x_by_t: Vec<f64>,
    y_by_s: Vec<f64>,
}

impl StreamingCka {
    /// Starts with no samples of a layer of p and a layer of q units.
    pub fn new(p: usize, q: usize) -> Self {
        Self { samples: 0, layers: [Sums::new(p), Sums::new(q)], cross: Products::new(p, q) }
    }

    /// Adds some samples, samples × units of either layer.
    ///
    /// # Panics
    /// If the layers have unequally many samples or other units than before: a caller's bug.
    pub fn add(&mut self, x: MatRef<'_, f64>, y: MatRef<'_, f64>) {
        let units = self.layers.each_ref().map(|layer| layer.x.len());
        assert!(
            x.nrows() == y.nrows() && [x.ncols(), y.ncols()] == units,
            "caller's bug: wanted the same samples of {units:?} units"
        );
        let rows = x.nrows();
        if rows == 0 {
            return;
        }
        if self.samples == 0 {
            self.layers[0].centre = x.col_iter().map(mean).collect();
            self.layers[1].centre = y.col_iter().map(mean).collect();
        }
        self.samples += rows;
        let mut blocks = units.map(|units| Block::new(BLOCK.min(rows), units));
        for first in (0..rows).step_by(BLOCK) {
            let count = BLOCK.min(rows - first);
            for ((block, layer), all) in blocks.iter_mut().zip(&mut self.layers).zip([x, y]) {
                block.fill(all.subrows(first, count), |unit, _| layer.centre[unit]);
                layer.add(block);
            }
            let [x, y] = &blocks;
            linalg::add_cross(self.cross.outer.as_mut(), x.samples(), y.samples());
            self.cross.norms += short_dot(&x.norms, &y.norms);
            x.add_weighted(&mut self.cross.x_by_t, &y.norms);
            y.add_weighted(&mut self.cross.y_by_s, &x.norms);
        }
    }

    /// Returns how many samples were added.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Returns how many units the layers have.
    pub fn units(&self) -> [usize; 2] {
        self.layers.each_ref().map(|layer| layer.x.len())
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
        let [x, y] = &self.layers;
        let [(first, biased_x), (second, biased_y)] = [x, y].map(|layer| {
            let mut own = layer.own.clone();
            linalg::mirror(&mut own.outer);
            own.y_by_s.clone_from(&own.x_by_t);
            own.hsic(self.samples, [layer, layer])
        });
        let scale = kernel::debiased_scale([first, second], [biased_x, biased_y])?;
        Ok(self.cross.hsic(self.samples, [x, y]).0 / scale)
    }
}

impl Sums {
    fn new(p: usize) -> Self {
        Self { centre: vec![0.0; p], x: vec![0.0; p], s: 0.0, own: Products::new(p, p) }
    }

    fn add(&mut self, block: &Block) {
        let s = &block.norms;
        linalg::add_covariance(self.own.outer.as_mut(), block.samples());
        self.own.norms += short_dot(s, s);
        block.add_weighted(&mut self.own.x_by_t, s);
        for (sum, column) in self.x.iter_mut().zip(block.columns()) {
            *sum += total(column);
        }
        self.s += total(s);
    }
}

/// Some centred samples of a layer, with their squared lengths.
#[derive(Debug, Clone)]
struct Block {
    /// Of its rows the first `norms.len()` are in use.
    room: Mat<f64>,
    norms: Vec<f64>,
}

impl Block {
    fn new(most: usize, units: usize) -> Self {
        Self { room: Mat::zeros(most, units), norms: Vec::with_capacity(most) }
    }

    /// Takes samples about a point, told unit by unit.
    fn fill(&mut self, x: MatRef<'_, f64>, centre: impl Fn(usize, ColRef<'_, f64>) -> f64) {
        self.norms.clear();
        self.norms.resize(x.nrows(), 0.0);
        for (unit, column) in x.col_iter().enumerate() {
            let centre = centre(unit, column);
            let slots = &mut self.room.col_as_slice_mut(unit)[..x.nrows()];
            match column.try_as_col_major() {
                Some(column) => slots.copy_from_slice(column.as_slice()),
                None => slots.iter_mut().zip(column.iter()).for_each(|(slot, x)| *slot = *x),
            }
            for (slot, norm) in slots.iter_mut().zip(&mut self.norms) {
                *slot -= centre;
                *norm += *slot * *slot;
            }
        }
    }

    fn samples(&self) -> MatRef<'_, f64> {
        self.room.subrows(0, self.norms.len())
    }

    fn columns(&self) -> impl Iterator<Item = &[f64]> {
        (0..self.room.ncols()).map(|j| &self.room.col_as_slice(j)[..self.norms.len()])
    }

    fn add_weighted(&self, sums: &mut [f64], weights: &[f64]) {
        for (sum, column) in sums.iter_mut().zip(self.columns()) {
            *sum += short_dot(column, weights);
        }
    }
}

impl Products {
    fn new(p: usize, q: usize) -> Self {
        Self { outer: Mat::zeros(p, q), norms: 0.0, x_by_t: vec![0.0; p], y_by_s: vec![0.0; q] }
    }

    /// Returns n(n − 3) HSIC₁ and ‖XᵀY‖² of centred samples.
    fn hsic(&self, samples: usize, [x, y]: [&Sums; 2]) -> (f64, f64) {
        let n = samples as f64;
        let mean = |sums: &[f64]| sums.iter().map(|sum| sum / n).collect::<Vec<_>>();
        let (mu, nu) = (mean(&x.x), mean(&y.x));
        let (mu2, nu2) = (short_dot(&mu, &mu), short_dot(&nu, &nu));
        let mut middle = 0.0;
        let mut both = 0.0;
        for (j, column) in self.outer.col_iter().enumerate() {
            for (i, sum) in column.iter().enumerate() {
                middle += mu[i] * sum * nu[j];
                both += (sum - n * mu[i] * nu[j]).powi(2);
            }
        }
        let norms = self.norms - 2.0 * short_dot(&nu, &self.y_by_s) + nu2 * x.s
            - 2.0 * short_dot(&mu, &self.x_by_t)
            + 4.0 * middle
            - 2.0 * nu2 * short_dot(&mu, &x.x)
            + mu2 * y.s
            - 2.0 * mu2 * short_dot(&nu, &y.x)
            + n * mu2 * nu2;
        let totals = (x.s - n * mu2) * (y.s - n * nu2);
        (linear::debiased_from(n, both, norms, totals), both)
    }
}

fn mean(column: ColRef<'_, f64>) -> f64 {
    let sum = match column.try_as_col_major() {
        Some(column) => total(column.as_slice()),
        None => column.iter().sum(),
    };
    sum / column.nrows() as f64
}
