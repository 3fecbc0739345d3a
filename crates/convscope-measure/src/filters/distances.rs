//! How far the weights of two layers lie apart, each filter beside the one of its place.

use std::ops::Range;

use convscope_core::Value;
use faer::Mat;

use crate::{chance, linalg};

/// Filters of A whose products are held at a time, and weights of a filter that are packed at a time.
const ROWS: usize = 1024;
const PACKED: usize = 2048;

/// A number of two layers, beside what it is by chance.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The value, or why there is none.
    pub value: Value,
    /// Its mean by chance.
    pub chance: Value,
    /// Its standard deviation by chance.
    pub deviation: Value,
    /// How many of these deviations the layers are more alike than by chance.
    pub z: Value,
}

/// How alike two layers of one shape are, place by place.
///
/// ```text
/// frobenius = ‖A − B‖ / √((‖A‖² + ‖B‖²) / 2)     0 of the same, √2 of orthogonal weights
/// cosine    = ⟨A, B⟩ / (‖A‖ ‖B‖)
/// pearson   = the cosine of A and B, each without its mean
/// nearest   = mean over filters i of maxⱼ |cos(aᵢ, bⱼ)|
/// ```
///
/// The first three say whether filter i of one is filter i of the other layer. Their chance level is that
/// over all n! orders of the filters of B, in closed form, so that what all filters share, such as a mean
/// or a preferred direction, is not taken for agreement:
///
/// ```text
/// mean of ⟨A, PB⟩ = Σᵢⱼ cᵢⱼ / n,   variance = Σᵢⱼ dᵢⱼ² / (n − 1),
/// cᵢⱼ = ⟨aᵢ, bⱼ⟩,   d = c without the means of its rows and columns
/// ```
///
/// (Hoeffding 1951, doi:10.1214/aoms/1177729545). All three are one number for fixed norms and have
/// one z, which for n filters is at most √(n (n − 1)). After an alignment z is no test: the order was chosen so that it is high. `nearest` asks for any
/// filter in any place; its chance level is that of independent random directions ([`chance`]), which
/// filters with a shared direction exceed without being partners.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerDistances {
    /// The distance of all weights, relative to the norms.
    pub frobenius: Judged,
    /// The cosine of all weights.
    pub cosine: Judged,
    /// The correlation of all weights.
    pub pearson: Judged,
    /// How well the best partner of each filter fits, wherever it stands.
    pub nearest: Judged,
}

/// Compares the weights of two layers, `filters` filters each, one filter after another.
///
/// Cost: filters² times the weights of a filter; memory for 1,024 rows of filters × filters products.
///
/// ```
/// use convscope_measure::filters::layer_distances;
///
/// let (a, b) = ([1.0, 0.0, 0.0, 1.0, 1.0, 1.0], [0.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
/// let distances = layer_distances(&a, &b, 3);
/// assert!((distances.cosine.value.number().unwrap() - 0.5).abs() < 1e-12);
/// assert!((distances.nearest.value.number().unwrap() - 1.0).abs() < 1e-12);
/// ```
///
/// # Panics
/// If the layers are not equally large, have no whole filters, or a weight is not finite: a caller's bug.
pub fn layer_distances(a: &[f32], b: &[f32], filters: usize) -> LayerDistances {
    let fits =
        filters > 0 && a.len() == b.len() && a.len().is_multiple_of(filters) && !a.is_empty();
    assert!(fits, "caller's bug: {} and {} weights of {filters} filters", a.len(), b.len());
    let finite = a.iter().chain(b).all(|weight| weight.is_finite());
    assert!(finite, "caller's bug: weights must be finite");
    let pair = [Layer::of(a, filters), Layer::of(b, filters)];
    let (null, nearest) = products(&pair);
    let (sizes, means) =
        (pair.each_ref().map(|own| own.square), pair.each_ref().map(|own| own.mean));
    let count = a.len() as f64;
    let product = dot(a.iter().copied(), b.iter().copied());
    let spread = [0, 1].map(|i| sizes[i] - count * means[i] * means[i]);
    let flat = (0..2).any(|i| spread[i] <= 1e-12 * sizes[i]);
    let (spread, offset) = ((spread[0] * spread[1]).sqrt(), count * means[0] * means[1]);
    let pearson = if flat {
        Judged::missing("equal weights have no correlation")
    } else {
        null.judge(product, |product| ((product - offset) / spread).clamp(-1.0, 1.0), 1.0 / spread)
    };
    let size = (sizes[0] * sizes[1]).sqrt();
    let cosine = if size > 0.0 {
        null.judge(product, |product| (product / size).clamp(-1.0, 1.0), 1.0 / size)
    } else {
        Judged::missing("weights of zeros have no direction")
    };
    let frobenius = frobenius(a, b, sizes, product, &null);
    LayerDistances { frobenius, cosine, pearson, nearest }
}

impl Judged {
    pub(crate) fn missing(reason: &str) -> Self {
        let missing = || Value::missing(reason);
        Self { value: missing(), chance: missing(), deviation: missing(), z: missing() }
    }
}

/// The weights of a layer and what they have in common.
struct Layer<'w> {
    weights: &'w [f32],
    /// How many weights a filter has.
    step: usize,
    /// The mean filter.
    centre: Vec<f64>,
    /// The norm of each filter.
    norms: Vec<f64>,
    square: f64,
    mean: f64,
}

impl<'w> Layer<'w> {
    fn of(weights: &'w [f32], filters: usize) -> Self {
        let step = weights.len() / filters;
        let mut centre = vec![0.0; step];
        for filter in weights.chunks(step) {
            for (sum, weight) in centre.iter_mut().zip(filter) {
                *sum += f64::from(*weight);
            }
        }
        let mean = centre.iter().sum::<f64>() / weights.len() as f64;
        for sum in &mut centre {
            *sum /= filters as f64;
        }
        let own = |filter: &[f32]| dot(filter.iter().copied(), filter.iter().copied());
        let norms: Vec<f64> = weights.chunks(step).map(|filter| own(filter).sqrt()).collect();
        let square = norms.iter().map(|norm| norm * norm).sum();
        Self { weights, step, centre, norms, square, mean }
    }

    fn count(&self) -> usize {
        self.norms.len()
    }

    fn filter(&self, index: usize) -> &[f32] {
        &self.weights[index * self.step..(index + 1) * self.step]
    }

    /// Packs a part of some filters without the mean filter, a column for each.
    fn packed(&self, filters: Range<usize>, part: Range<usize>) -> Mat<f64> {
        let mut packed = Mat::zeros(part.len(), filters.len());
        for (column, filter) in filters.enumerate() {
            let weights = self.filter(filter)[part.clone()].iter().zip(&self.centre[part.clone()]);
            for (to, (weight, mean)) in packed.col_mut(column).iter_mut().zip(weights) {
                *to = f64::from(*weight) - mean;
            }
        }
        packed
    }

    /// Returns the product of each filter with a filter.
    fn products_with(&self, filter: &[f64]) -> Vec<f64> {
        let product = |own: &[f32]| own.iter().zip(filter).map(|(a, b)| f64::from(*a) * b).sum();
        self.weights.chunks(self.step).map(product).collect()
    }
}

/// Returns what all products of filters say: the null, and how well nearest filters fit.
fn products(pair: &[Layer<'_>; 2]) -> (Null, Judged) {
    let [a, b] = pair;
    let n = a.count();
    // ⟨aᵢ, bⱼ⟩ = dᵢⱼ + ⟨aᵢ, b̄⟩ + ⟨ā, bⱼ⟩ − ⟨ā, b̄⟩
    let (with_b, with_a) = (a.products_with(&b.centre), b.products_with(&a.centre));
    let common: f64 = a.centre.iter().zip(&b.centre).map(|(a, b)| a * b).sum();
    let (mut squares, mut best) = (0.0, Vec::with_capacity(n));
    for first in (0..n).step_by(ROWS) {
        let rows = first..(first + ROWS).min(n);
        let mut centred: Mat<f64> = Mat::zeros(n, rows.len());
        for start in (0..a.step).step_by(PACKED) {
            let part = start..(start + PACKED).min(a.step);
            let (of_a, of_b) = (a.packed(rows.clone(), part.clone()), b.packed(0..n, part));
            centred += linalg::cross(of_b.as_ref(), of_a.as_ref());
        }
        for (column, i) in rows.enumerate() {
            let column = centred.col(column);
            squares += column.iter().map(|d| d * d).sum::<f64>();
            let product = |(j, d): (usize, &f64)| {
                let size = a.norms[i] * b.norms[j];
                let product = d + with_b[i] + with_a[j] - common;
                (size > 0.0).then(|| (product / size).abs().min(1.0))
            };
            best.extend(column.iter().enumerate().filter_map(product).reduce(f64::max));
        }
    }
    let deviation = (n > 1).then(|| (squares / (n - 1) as f64).sqrt());
    let least = 1e-12 * (a.square * b.square).sqrt();
    let among = b.norms.iter().filter(|norm| **norm > 0.0).count();
    (Null { mean: common * n as f64, deviation, least }, nearest(&best, a.step, among))
}

/// What ⟨A, PB⟩ is over all orders P.
struct Null {
    mean: f64,
    /// `None` of a single filter, which has one order.
    deviation: Option<f64>,
    /// What counts as none, of a difference.
    least: f64,
}

impl Null {
    /// Judges a rising affine function of the product, of that slope.
    fn judge(&self, product: f64, value: impl Fn(f64) -> f64, slope: f64) -> Judged {
        let alone = "a single filter has no other order";
        let deviation = self.deviation.map(|deviation| deviation * slope);
        Judged {
            value: Value::of(value(product)),
            chance: Value::of(value(self.mean)),
            deviation: deviation.map_or_else(|| Value::missing(alone), Value::of),
            z: self.z(product),
        }
    }

    fn z(&self, product: f64) -> Value {
        match self.deviation {
            None => Value::missing("a single filter has no other order"),
            Some(deviation) if deviation <= self.least => {
                Value::missing("every order of the filters gives the same")
            }
            Some(deviation) => Value::of((product - self.mean) / deviation),
        }
    }
}

/// The distance itself is summed from differences, which have digits where squares cancel.
fn frobenius(a: &[f32], b: &[f32], sizes: [f64; 2], product: f64, null: &Null) -> Judged {
    let size = sizes[0].midpoint(sizes[1]);
    if size <= 0.0 {
        return Judged::missing("both are zeros, which have no size");
    }
    let apart = |(a, b): (&f32, &f32)| (f64::from(*a) - f64::from(*b)).powi(2);
    let square = a.iter().zip(b).map(apart).sum::<f64>();
    let chance = ((2.0 * size - 2.0 * null.mean).max(0.0) / size).sqrt();
    let deviation = match null.deviation {
        Some(deviation) if chance > 0.0 => Value::of(deviation / (size * chance)),
        Some(_) => Value::missing("every order of the filters gives the same"),
        None => Value::missing("a single filter has no other order"),
    };
    let value = Value::of((square / size).sqrt());
    Judged { value, chance: Value::of(chance), deviation, z: null.z(product) }
}

fn nearest(best: &[f64], step: usize, among: usize) -> Judged {
    if step < 2 {
        return Judged::missing("a filter of one weight has no direction but its sign");
    }
    if best.is_empty() {
        return Judged::missing("filters of zeros have no direction");
    }
    let count = best.len() as f64;
    let value = best.iter().sum::<f64>() / count;
    let expected = chance::mean_of_largest(step, among);
    let deviation = chance::deviation_of_largest(step, among) / count.sqrt();
    Judged {
        value: Value::of(value),
        chance: Value::of(expected),
        deviation: Value::of(deviation),
        z: Value::of((value - expected) / deviation),
    }
}

fn dot(a: impl Iterator<Item = f32>, b: impl Iterator<Item = f32>) -> f64 {
    a.zip(b).map(|(a, b)| f64::from(a) * f64::from(b)).sum()
}
