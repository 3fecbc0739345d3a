//! Measures of how alike two networks are: their layers, their filters, their answers.
//!
//! A layer is a matrix of samples × units. It is checked once ([`Activations`]), centred and
//! factorised once ([`Prepared`]), and then compared with any other layer seen on the same samples
//! ([`Pair`]) by any of [`MEASURES`]. The answer is a [`Score`]: the value, or the reason why there
//! is none, with what it would be by chance and what a reader must know.
//!
//! ```
//! use convscope_core::{Seed, registry::find};
//! use convscope_measure::{Activations, MEASURES, Pair, Prepared, permutation_test, scores};
//! use serde_json::json;
//!
//! // Two layers of 3 and 200 units on 60 samples; the wide one holds nothing of the narrow one.
//! let draw = |name: &str, count: usize| -> Vec<f64> {
//!     let mut numbers = Seed::root(1).child(name).stream();
//!     (0..count).map(|_| numbers.normal()).collect()
//! };
//! let narrow = Prepared::new(&Activations::from_f64(&draw("narrow", 180), 3)?);
//! let wide = Prepared::new(&Activations::from_f64(&draw("wide", 12_000), 200)?);
//! let pair = Pair::new(&narrow, &wide)?;
//!
//! // The usual estimate finds a similarity; the null says that it is what chance gives.
//! let cka = (find(MEASURES, "measure", "cka")?.build)(json!({}))?;
//! let score = cka.score(pair);
//! assert!(score.value.number().is_some_and(|value| value > 0.15));
//! assert!(score.z.number().is_some_and(|z| z.abs() < 3.0));
//!
//! // The debiased one is near zero.
//! let debiased = (find(MEASURES, "measure", "debiased-cka")?.build)(json!({}))?;
//! assert!(debiased.score(pair).value.number().is_some_and(|value| value.abs() < 0.1));
//!
//! // A table of all layers, and how often chance does as well as its best cell.
//! let layers = [&narrow, &wide];
//! let table = scores(&*debiased, &layers, &layers)?;
//! assert!((table[1][1].value.number().unwrap() - 1.0).abs() < 1e-12);
//! let test = permutation_test(&*debiased, &[&narrow], &[&wide], 99, Seed::root(2))?;
//! assert!(test.p[0][0].number().is_some_and(|p| p > 0.01));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | question | answer |
//! |---|---|
//! | how alike are two layers | [`Measure::score`](trait.Measure.html), [`canonical_correlations`] |
//! | all layers against all | [`scores`] |
//! | is it chance | the null in each [`Score`], [`nulls`], [`permutation_test`], [`permutation_test_of_outputs`] |
//! | how sure is it | [`bootstrap()`], [`bootstrap_outputs`] |
//! | more samples than memory | [`Stream`] of a measure, [`StreamingCka`], [`MinibatchHsic`] |
//! | layers of maps, as convolutions have them | [`maps`] |
//! | which units belong together | [`ordered_correlations`] |
//! | how alike are two filters, two layers of weights | [`filters`], [`chance`] |
//! | which hidden units of two networks belong together | [`matching`] |
//! | how alike are the answers | [`OUTPUT_MEASURES`], [`churn`] |
//!
//! Every measure declares [`Laws`]: its value for a layer and itself, whether it is symmetric, and
//! which [`Change`]s go unseen. What is declared is tested, and so is what is not.
//!
//! Which functions of other packages give the same values, and what those give that do not, is
//! measured in the repository, in `docs/what-libraries-compute.md`.
//!
//! All arithmetic is in 64 bits; the precision the numbers came in decides which directions are
//! rounding noise. Sums have a fixed order: results are the same bits on any number of threads.

mod activations;
mod align;
mod bootstrap;
mod cache;
pub mod chance;
mod factors;
pub mod filters;
mod gram;
mod kernel;
mod linalg;
mod linear;
pub mod maps;
pub mod matching;
mod matrix;
mod measures;
mod neighbours;
pub mod nulls;
mod ordering;
mod outputs;
mod pairs;
mod permutation;
mod prepared;
mod score;
mod shifts;
mod stream;
mod streaming;
mod transport;
mod tuning;
mod whitening;

pub use activations::{Activations, ActivationsError, Precision};
pub use bootstrap::{Bootstrapped, bootstrap};
pub use matrix::scores;
pub use measures::{Change, Laws, MEASURES, Measure, Sense, canonical_correlations};
pub use neighbours::Near;
pub use ordering::{OrderedCorrelations, ordered_correlations};
pub use outputs::{
    Churn, OUTPUT_MEASURES, OutputMeasure, OutputPair, Outputs, OutputsError, bootstrap_outputs,
    churn, permutation_test_of_outputs,
};
pub use pairs::Rdm;
pub use permutation::{PermutationError, PermutationTest, permutation_test};
pub use prepared::{Pair, Prepared, UnlikeSamples};
pub use score::{Caveat, Estimate, Moments, Refusal, Score};
pub use stream::{Batches, Stream, Streaming};
pub use streaming::{MinibatchHsic, StreamingCka};
