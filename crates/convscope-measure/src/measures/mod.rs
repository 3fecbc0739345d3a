//! Measures of how alike two layers are, one file for each kind.

mod cca;
mod cka;
mod distance_correlation;
mod eigenspace_overlap;
mod gulp;
mod hard_matching;
mod knn;
mod minibatch_cka;
mod nbs;
mod permutation_procrustes;
mod procrustes;
mod pwcca;
mod rank_similarity;
mod rbf_cka;
mod regression;
mod rsa;
mod rtd_lite;
mod second_order_cosine;
mod shift_procrustes;
mod soft_matching;
mod svcca;

pub use cca::canonical_correlations;

use std::fmt;

use convscope_core::Value;
use convscope_core::registry::{self, Entry, SettingError, Settings};
use rayon::prelude::*;

use crate::matrix::each_pair;
use crate::{Caveat, Estimate, Pair, Prepared, Refusal, Score, Streaming, score};

/// Every measure of two layers, samples × units each.
///
/// ```
/// use convscope_core::registry::find;
/// use convscope_measure::{Activations, MEASURES, Measure, Pair, Prepared};
/// use serde_json::json;
///
/// let wave = |step: f64| -> Vec<f64> { (0..60).map(|i| (step * f64::from(i)).sin()).collect() };
/// let x = Prepared::new(&Activations::from_f64(&wave(1.0), 3)?);
/// let y = Prepared::new(&Activations::from_f64(&wave(1.7), 3)?);
///
/// let cka = (find(MEASURES, "measure", "debiased-cka")?.build)(json!({}))?;
/// let score = cka.score(Pair::new(&x, &y)?);
/// assert!(score.value.number().is_some_and(|value| value < 0.5));
/// assert_eq!(cka.laws().of_self, Some(1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub static MEASURES: &[Entry<dyn Measure>] = &[
    cka::BIASED,
    cka::DEBIASED,
    rbf_cka::BIASED,
    rbf_cka::DEBIASED,
    minibatch_cka::ENTRY,
    cca::MEAN,
    cca::SQUARED,
    svcca::ENTRY,
    pwcca::ENTRY,
    procrustes::SQUARED,
    procrustes::ANGULAR,
    nbs::ENTRY,
    shift_procrustes::ENTRY,
    permutation_procrustes::ENTRY,
    hard_matching::ENTRY,
    soft_matching::SIMILARITY,
    soft_matching::DISTANCE,
    rsa::ENTRY,
    distance_correlation::BIASED,
    distance_correlation::DEBIASED,
    regression::PLAIN,
    regression::RIDGE,
    knn::MUTUAL,
    knn::JACCARD,
    second_order_cosine::ENTRY,
    rank_similarity::ENTRY,
    gulp::ENTRY,
    eigenspace_overlap::ENTRY,
    rtd_lite::ENTRY,
];

/// A number that says how alike, or how far apart, two layers are.
pub trait Measure: fmt::Debug + Send + Sync {
    /// Returns what the measure promises, and by silence what it does not.
    fn laws(&self) -> Laws;

    /// Returns the estimator in words, with every setting that changes it.
    fn estimator(&self) -> String;

    /// Looks at settings: no measure is built from those that make no sense whatever the layers.
    ///
    /// # Errors
    /// [`SettingError`] at the setting, with what was wanted.
    fn check(&self) -> Result<(), SettingError> {
        Ok(())
    }

    /// Compares two layers.
    ///
    /// # Errors
    /// A [`Refusal`] where the measure has no value for these layers.
    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal>;

    /// Returns how it is computed in one pass over parts of the samples; nothing where it needs all at once.
    fn streaming(&self) -> Option<Streaming> {
        None
    }

    /// Returns whether it keeps a number for every pair of samples of each layer: 4n² bytes.
    fn keeps_pairs(&self) -> bool {
        false
    }

    /// Computes what the measure needs of one layer, so that several layers can be factorised at
    /// once and none twice; nothing by default.
    fn warm(&self, layer: &Prepared) {
        let _ = layer;
    }

    /// Compares every layer of `xs` with every layer of `ys`, row by row.
    fn estimates(&self, xs: &[&Prepared], ys: &[&Prepared]) -> Vec<Vec<Result<Estimate, Refusal>>> {
        pairwise(self, xs, ys)
    }
}

impl dyn Measure + '_ {
    /// Compares two layers and says all that is known of the number.
    pub fn score(&self, pair: Pair<'_>) -> Score {
        warm(&|layer| self.warm(layer), &[pair.x, pair.y]);
        self.scored(pair, self.estimate(pair))
    }

    pub(crate) fn scored(&self, pair: Pair<'_>, estimate: Result<Estimate, Refusal>) -> Score {
        let mut caveats: Vec<Caveat> = pair.x.caveats().to_vec();
        caveats.extend(pair.y.caveats().iter().cloned());
        let (value, null_mean, z) = match estimate {
            Ok(Estimate { value, null, caveats: own }) => {
                caveats.extend(own);
                let (mean, z) = score::by_chance(value, null);
                (Value::of(value), mean, z)
            }
            Err(refusal) => {
                let why = || Value::missing(refusal.to_string());
                (why(), why(), why())
            }
        };
        Score {
            value,
            samples: pair.samples(),
            units: [pair.x.units(), pair.y.units()],
            estimator: self.estimator(),
            null_mean,
            z,
            percentile: Value::missing("no permutation test was asked for"),
            caveats,
        }
    }
}

/// Compares all pairs one by one, on all threads.
pub(crate) fn pairwise<M: Measure + ?Sized>(
    measure: &M,
    xs: &[&Prepared],
    ys: &[&Prepared],
) -> Vec<Vec<Result<Estimate, Refusal>>> {
    let all: Vec<&Prepared> = xs.iter().chain(ys).copied().collect();
    warm(&|layer| measure.warm(layer), &all);
    each_pair(xs, ys, measure.laws().symmetric, &|pair| measure.estimate(pair))
}

/// Factorises each layer once, on all threads.
///
/// Not generic: each measure would compile its own copy of what spreads work over threads.
fn warm(factorise: &(dyn Fn(&Prepared) + Sync), layers: &[&Prepared]) {
    let mut once: Vec<&Prepared> = layers.to_vec();
    once.sort_unstable_by_key(|layer| std::ptr::from_ref(*layer).addr());
    once.dedup_by(|a, b| std::ptr::eq(*a, *b));
    once.par_iter().for_each(|layer| factorise(layer));
}

/// Makes sure of a setting.
fn wanted(
    holds: bool,
    key: &str,
    wanted: &str,
    got: impl fmt::Display,
) -> Result<(), SettingError> {
    if holds { Ok(()) } else { Err(SettingError::at(key, format!("wanted {wanted}, got {got}"))) }
}

/// Makes sure that there are neighbours.
fn some_neighbours(k: usize) -> Result<(), SettingError> {
    wanted(k > 0, "k", "at least 1 neighbour", k)
}

/// What a measure promises; each promise is tested, and so is its absence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Laws {
    /// Whether larger is more alike or further apart.
    pub sense: Sense,
    /// What every layer compared with itself gives; `None` where that depends on the layer.
    pub of_self: Option<f64>,
    /// Whether exchanging the two layers leaves the value as it is.
    pub symmetric: bool,
    /// What may be done to either layer, or for [`Change::SampleOrder`] to both, without effect.
    pub unchanged_by: &'static [Change],
}

/// Which way a measure runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    /// Larger is more alike.
    Similarity,
    /// Larger is further apart.
    Distance,
}

/// Something done to a layer that may or may not be thought to leave it the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// X → X Q with Q orthogonal: a rotation or reflection of the space of units.
    Orthogonal,
    /// X → X A with A invertible: any change of basis.
    Linear,
    /// X → c X with c > 0.
    Scale,
    /// X → X + 1 tᵀ: every unit by a constant of its own.
    Translation,
    /// Units in another order.
    UnitOrder,
    /// Samples in another order, in both layers alike.
    SampleOrder,
}

impl Change {
    /// Every change.
    pub const ALL: [Self; 6] = [
        Self::Orthogonal,
        Self::Linear,
        Self::Scale,
        Self::Translation,
        Self::UnitOrder,
        Self::SampleOrder,
    ];
}

/// A similarity of 1 with itself.
const fn similarity(unchanged_by: &'static [Change]) -> Laws {
    Laws { sense: Sense::Similarity, of_self: Some(1.0), symmetric: true, unchanged_by }
}

/// A distance of 0 from itself.
const fn distance(unchanged_by: &'static [Change]) -> Laws {
    Laws { sense: Sense::Distance, of_self: Some(0.0), symmetric: true, unchanged_by }
}

/// Unchanged by whatever keeps what can be decoded linearly.
const SPAN: &[Change] = &Change::ALL;

/// Unchanged by whatever keeps angles between samples: rotations, scale, translation, orders.
const SHAPE: &[Change] = &[
    Change::Orthogonal,
    Change::Scale,
    Change::Translation,
    Change::UnitOrder,
    Change::SampleOrder,
];

/// Unchanged by whatever keeps Euclidean distances between samples.
const SIZE_AND_SHAPE: &[Change] =
    &[Change::Orthogonal, Change::Translation, Change::UnitOrder, Change::SampleOrder];

/// Unchanged by whatever keeps cosines of samples as they came.
const CONE: &[Change] =
    &[Change::Orthogonal, Change::Scale, Change::UnitOrder, Change::SampleOrder];

/// Unchanged by whatever keeps correlations of units.
const TUNING: &[Change] =
    &[Change::Scale, Change::Translation, Change::UnitOrder, Change::SampleOrder];

const fn entry<M: Measure + Settings + 'static>(
    id: &'static str,
    about: &'static str,
    source: &'static str,
) -> Entry<dyn Measure> {
    Entry {
        id,
        about,
        source,
        build: |settings| {
            let measure = registry::read::<M>(settings)?;
            measure.check()?;
            Ok(Box::new(measure))
        },
        canonical: registry::canonical::<M>,
        schema: M::json_schema,
    }
}
