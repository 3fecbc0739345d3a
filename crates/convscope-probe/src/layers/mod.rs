//! What the kernels of a layer are together.

mod colour;
mod components;
mod drift;
mod duplicates;
mod filters;
mod kse;
mod nulls;
mod product;
mod ranked;
mod shift;
mod wishart;

pub use colour::Colour;
pub use components::Components;
pub use drift::{Dealt, Drift, DriftError, drift};
pub use duplicates::Duplicates;
pub use kse::Kse;
pub use nulls::Nulls;
pub use ranked::Ranked;
pub use shift::{Shift, shift};

use convscope_core::{Seed, Value, stats};
use statrs::function::erf::erfc;

use crate::{Chance, Layer};
use filters::{orthogonality, patterns};
use product::one_product;

/// Everything about the kernels of one layer together.
///
/// ```
/// use convscope_probe::{Layer, LayerCard, Nulls, Size};
///
/// let mut numbers = vec![0.0; 4 * 9];
/// numbers[..9].copy_from_slice(&[1.0, 2.0, 1.0, 0.0, 0.0, 0.0, -1.0, -2.0, -1.0]);
/// numbers[9..18].copy_from_slice(&[2.0, 0.0, -2.0, 4.0, 0.0, -4.0, 2.0, 0.0, -2.0]);
/// numbers[18..27].copy_from_slice(&[1.0, 1.0, 1.0, 1.0, -8.0, 1.0, 1.0, 1.0, 1.0]);
/// let layer = Layer::new("conv1", [4, 1], Size::square(3), numbers)?;
/// let card = LayerCard::new(&layer, &Nulls::default());
/// assert_eq!(card.sparsity, 0.25);
/// // Two Sobels, turned and scaled, are one kernel; so are, of those with a direction, two left.
/// assert_eq!(card.duplicates.alike, 1);
/// assert_eq!(card.duplicates.equal, 0);
/// # Ok::<(), convscope_probe::LayerError>(())
/// ```
#[derive(Debug, Clone)]
pub struct LayerCard {
    /// The share of kernels whose largest number is below a hundredth of the layer's (CNN Filter DB).
    ///
    /// Depends on one number of the layer: one large weight makes all other kernels sparse.
    pub sparsity: f64,
    /// The share of numbers that are exactly 0.
    pub zeros: f64,
    /// The principal components of the kernels.
    pub components: Components,
    /// How evenly the variance is spread over them.
    ///
    /// ```text
    /// −Σ p log₁₀ p,   p the shares of variance; at most log₁₀ n
    /// ```
    ///
    /// Low where kernels are few shapes. Few kernels have few components whatever they are: see its
    /// chance level. Gavrikov & Keuper 2022, CNN Filter DB, arXiv:2203.15331.
    pub variance_entropy: Judged,
    /// The same without the kernels that count as sparse.
    pub clean_variance_entropy: Judged,
    /// The variance entropy over that of random kernels as its authors fitted it, 3 × 3 only: about
    /// 0.9 of trained layers, near 0 of redundant ones.
    pub normalised_entropy: Value,
    /// How far the filters stand from each other's directions.
    ///
    /// ```text
    /// 1 − Σ over pairs of |cos(Fᵢ, Fⱼ)| / pairs,   F all numbers of an output
    /// ```
    pub orthogonality: Judged,
    /// Kernels that others repeat.
    pub duplicates: Duplicates,
    /// The mean share of a filter's energy in one pattern that all its inputs share.
    ///
    /// σ₁² / Σσ² of inputs × n: near 1 where a depthwise and a 1 × 1 convolution would do.
    pub one_pattern: Judged,
    /// The mean share of a filter's energy in one row that stands, times a number, in every row of
    /// every input: σ₁² / Σσ² of (inputs · rows) × columns (Jaderberg et al. 2014, arXiv:1405.3866).
    pub one_row: Judged,
    /// For each output the share of its energy in one product of a number for each input, a column and a row (CP of
    /// rank 1); or why that means nothing.
    ///
    /// ```text
    /// max ⟨F, a ∘ b ∘ c⟩² / ‖F‖²,   a, b and c of length 1
    /// ```
    ///
    /// Near 1 where three convolutions of one dimension would do. No method is sure to find the largest: this
    /// is what alternating least squares reach from nine starts at most, the first singular vectors of
    /// all rows and of all columns of the filter's kernels (the HOSVD start and its neighbours), and so a
    /// lower bound; of drawn filters too. Of a single input it is `separability`. Carroll & Chang 1970; De
    /// Lathauwer et al. 2000; Denton et al. 2014, arXiv:1404.0736.
    pub one_product: Result<Ranked, &'static str>,
    /// How much each input matters by its kernels, or why that is not said.
    pub kse: Result<Kse, &'static str>,
    /// What the filters do with colours; of layers with three inputs, which are taken for red, green
    /// and blue.
    pub colour: Option<Colour>,
}

/// A number of a layer beside what it is by chance.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The value, or why there is none.
    pub value: Value,
    /// Its mean over layers of independent normal numbers of this shape.
    pub chance: Value,
    /// Its standard deviation over them.
    pub deviation: Value,
    /// The share, in percent, of them that have less; those that have as much count half.
    ///
    /// From 200 draws, so that one near 50 is certain to 3.5 points (one standard error). As if it were normal of a mean over
    /// several filters or inputs, which is off by some points where they are few, and of the orthogonality of very
    /// many filters, off by up to five points where these have few numbers.
    pub percentile: Value,
}

/// Kernels whose largest number is below this share of the layer's are sparse.
const SPARSE: f64 = 0.01;

impl LayerCard {
    /// Looks at all kernels of a layer together.
    ///
    /// Chance levels are closed forms or 200 draws, the same on every machine. Cost: the square of
    /// outputs times the numbers of a filter, some times over, on all cores.
    pub fn new(layer: &Layer, nulls: &Nulls) -> Self {
        let largest = |kernel: &[f64]| kernel.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        let sparse = |kernel: &&[f64]| largest(kernel) < SPARSE * layer.largest();
        let zeros = layer.largest() == 0.0;
        let sparsity = if zeros {
            1.0
        } else {
            layer.kernels().filter(sparse).count() as f64 / layer.count() as f64
        };
        let components = Components::new(layer.kernels(), layer.size());
        let clean = Components::new(layer.kernels().filter(|kernel| !sparse(kernel)), layer.size());
        let variance_entropy = components.judged_entropy(nulls);
        let is_3x3 = layer.size().rows == 3 && layer.size().columns == 3;
        let normalised_entropy = match variance_entropy.value.number() {
            _ if !is_3x3 => Value::missing("fitted by its authors to 3 × 3 kernels only"),
            Some(entropy) if layer.count() > 1 => {
                Value::of(entropy / random_entropy(layer.count()))
            }
            _ => Value::missing("one kernel, or all alike: nothing varies"),
        };
        let count = |which: fn(f64) -> bool| layer.numbers().iter().filter(|v| which(**v)).count();
        let [one_pattern, one_row] = patterns(layer, nulls);
        Self {
            sparsity,
            zeros: count(|value| value == 0.0) as f64 / layer.numbers().len() as f64,
            variance_entropy,
            clean_variance_entropy: clean.judged_entropy(nulls),
            normalised_entropy,
            components,
            orthogonality: orthogonality(layer, nulls),
            duplicates: Duplicates::new(layer),
            one_pattern,
            one_row,
            one_product: one_product(layer, nulls),
            kse: Kse::new(layer, nulls),
            colour: Colour::new(layer, nulls),
        }
    }
}

impl Judged {
    fn missing(reason: &str) -> Self {
        let missing = || Value::missing(reason);
        Self { value: missing(), chance: missing(), deviation: missing(), percentile: missing() }
    }

    /// Sets a value beside draws of it.
    fn beside(value: f64, draws: &[f64]) -> Self {
        let below = Chance::drawn(draws.to_vec()).map(|drawn| 100.0 * drawn.share_below(value));
        let of = |number: Option<f64>| number.map_or(Value::missing("too few draws"), Value::of);
        Self {
            value: Value::of(value),
            chance: of(stats::mean(draws)),
            deviation: of(stats::standard_deviation(draws)),
            percentile: of(below),
        }
    }

    /// Makes what a number is by chance that of the mean of so many, independent of each other.
    fn of_mean(mut self, count: usize) -> Self {
        if let (true, Some(one)) = (count > 1, self.deviation.number()) {
            self.deviation = Value::of(one / (count as f64).sqrt());
            self.percentile = self.as_if_normal();
        }
        self
    }

    /// Returns the percentile of a normal distribution with this mean and deviation.
    fn as_if_normal(&self) -> Value {
        let percentile = self.z().map(|z| 50.0 * erfc(-z / std::f64::consts::SQRT_2));
        percentile.map_or(Value::missing("nothing varies by chance"), Value::of)
    }

    /// Returns how many standard deviations the value lies above its mean by chance.
    pub fn z(&self) -> Option<f64> {
        z([&self.value, &self.chance, &self.deviation])
    }
}

fn z(numbers: [&Value; 3]) -> Option<f64> {
    let [value, chance, deviation] = numbers.map(Value::number);
    let (above, deviation) = (value? - chance?, deviation?);
    (deviation > 0.0).then(|| above / deviation)
}

/// The variance entropy of N random 3 × 3 kernels, as the authors of CNN Filter DB fitted it.
fn random_entropy(count: usize) -> f64 {
    let place = -0.887_675_25 * ((count as f64).log2() - 2.304_364_35);
    1.261_804_7 / (1.0 + place.exp()) - 0.310_508_34
}

/// How many random layers stand for all, and their seed.
const DRAWS: u64 = 200;

fn seed() -> Seed {
    Seed::root(0).child("layers by chance")
}
