//! What the kernels of a layer are together.

mod colour;
mod components;
mod cosines;
mod counts;
mod drift;
mod duplicates;
mod entropies;
mod filters;
mod judged;
mod kse;
mod nulls;
mod product;
mod ranked;
mod repeats;
mod shift;
mod sketches;
mod sparse;
mod wishart;

pub use colour::Colour;
pub use components::Components;
pub use drift::{Dealt, Drift, DriftError, drift};
pub use duplicates::Duplicates;
pub use judged::{Judged, Level};
pub use kse::Kse;
pub use nulls::Nulls;
pub use ranked::Ranked;
pub use shift::{Shift, shift};

use convscope_core::{Seed, Value};

use crate::Layer;
use filters::Filters;
use product::one_product;
use sparse::{is_sparse, sparsity};

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
/// assert_eq!(card.sparsity.value.number(), Some(0.25));
/// // No kernel of normal numbers would be, and none when the layer's own change places.
/// assert!(card.sparsity.gaussian.percentile.number().unwrap() > 99.0);
/// assert!(card.sparsity.permuted.percentile.number().unwrap() > 99.0);
/// // Two Sobels, turned and scaled, are one kernel; so are, of those with a direction, two left.
/// assert_eq!(card.duplicates.alike.value.number(), Some(1.0));
/// assert_eq!(card.duplicates.equal.value.number(), Some(0.0));
/// # Ok::<(), convscope_probe::LayerError>(())
/// ```
#[derive(Debug, Clone)]
pub struct LayerCard {
    /// The share of kernels whose largest number is below a hundredth of the layer's (CNN Filter DB).
    ///
    /// Depends on one number of the layer: one large weight makes all other kernels sparse. Beside the layer's own numbers
    /// in random places it says whether small numbers stand together in kernels.
    pub sparsity: Judged,
    /// The share of numbers that are exactly 0; without chance levels, since normal numbers are never 0 and numbers
    /// in other places are the same numbers.
    pub zeros: Judged,
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
    /// The same without the kernels that count as sparse; numbers change places among the others.
    pub clean_variance_entropy: Judged,
    /// The variance entropy over that of random kernels as its authors fitted it, 3 × 3 only: about
    /// 0.9 of trained layers, near 0 of redundant ones.
    ///
    /// That is one number for a count of kernels: percentiles are those of the variance entropy.
    pub normalised_entropy: Judged,
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

impl LayerCard {
    /// Looks at all kernels of a layer together.
    ///
    /// Chance levels are closed forms or draws, the same on every machine. Cost: the square of
    /// outputs times the numbers of a filter, five times over at least, and 200 times the numbers of up to 2,048 kernels,
    /// on all cores.
    pub fn new(layer: &Layer, nulls: &Nulls) -> Self {
        let components = Components::new(layer.kernels(), layer.size());
        let variance_entropy = components.judged_entropy(layer.numbers(), layer.size(), nulls);
        let zeros = layer.numbers().iter().filter(|value| **value == 0.0).count();
        let Filters { orthogonality, one_pattern, one_row } = Filters::new(layer, nulls);
        Self {
            sparsity: sparsity(layer),
            zeros: Judged {
                value: Value::of(zeros as f64 / layer.numbers().len() as f64),
                gaussian: Level::missing("normal numbers are never 0"),
                permuted: Level::missing("numbers in other places are the same numbers"),
            },
            clean_variance_entropy: clean(layer, nulls).unwrap_or_else(|| variance_entropy.clone()),
            normalised_entropy: normalised(layer, &variance_entropy),
            variance_entropy,
            components,
            orthogonality,
            duplicates: Duplicates::new(layer, nulls),
            one_pattern,
            one_row,
            one_product: one_product(layer, nulls),
            kse: Kse::new(layer, nulls),
            colour: Colour::new(layer, nulls),
        }
    }
}

/// Judges the variance entropy of the kernels that are not sparse; nothing where none is.
fn clean(layer: &Layer, nulls: &Nulls) -> Option<Judged> {
    let kernels = || layer.kernels().filter(|kernel| !is_sparse(layer, kernel));
    let numbers: Vec<f64> = kernels().flatten().copied().collect();
    let components = || Components::new(kernels(), layer.size());
    (numbers.len() < layer.numbers().len())
        .then(|| components().judged_entropy(&numbers, layer.size(), nulls))
}

/// Sets the variance entropy beside that of random kernels by its authors' fit.
fn normalised(layer: &Layer, entropy: &Judged) -> Judged {
    if layer.size().rows != 3 || layer.size().columns != 3 {
        return Judged::missing("fitted by its authors to 3 × 3 kernels only");
    }
    if layer.count() < 2 {
        return Judged::missing("one kernel: nothing varies");
    }
    entropy.over(random_entropy(layer.count()))
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
