//! What a measure says of two layers, and how far it can be trusted.

use std::fmt;

use convscope_core::Value;
use serde::Serialize;

/// A number that compares two layers, with what a reader needs to judge it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// The value, or why there is none.
    pub value: Value,
    /// How many samples both layers were seen on, n.
    pub samples: usize,
    /// How many units each has, p and q.
    pub units: [usize; 2],
    /// How the value was estimated, with every setting that changes it.
    pub estimator: String,
    /// The mean over all orders of the samples of one layer.
    pub null_mean: Value,
    /// How many standard deviations of that null the value lies above its mean.
    pub z: Value,
    /// The share of orders, in percent, whose value lies below; from a permutation test.
    pub percentile: Value,
    /// What a reader must know.
    pub caveats: Vec<Caveat>,
}

/// What a measure computes; [`Score`] is this with everything around it.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Mean and variance under a random order of the samples, where they have a closed form.
    pub null: Option<Moments>,
    /// What a reader must know of this pair, beyond what is known of each layer.
    pub caveats: Vec<Caveat>,
}

impl Estimate {
    /// Returns an estimate that has no closed null and no caveat.
    pub fn of(value: f64) -> Self {
        Self { value, null: None, caveats: Vec::new() }
    }

    /// Adds the moments of the null.
    #[must_use]
    pub fn with_null(mut self, null: Moments) -> Self {
        self.null = Some(null);
        self
    }

    /// Adds a caveat if `holds`.
    #[must_use]
    pub fn with(mut self, caveat: Caveat, holds: bool) -> Self {
        if holds {
            self.caveats.push(caveat);
        }
        self
    }

    /// Returns what a symmetric measure says of the two layers exchanged.
    pub(crate) fn mirrored(mut self) -> Self {
        for caveat in &mut self.caveats {
            if let Caveat::RankBelowUnits { ranks: own, units }
            | Caveat::KeptForVariance { kept: own, units } = caveat
            {
                own.reverse();
                units.reverse();
            }
        }
        self
    }
}

/// A mean and a variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// The mean.
    pub mean: f64,
    /// The variance, over all orders and not a sample of them.
    pub variance: f64,
}

/// Returns the mean of a null and how far a value lies from it, or why there are none.
pub(crate) fn by_chance(value: f64, null: Option<Moments>) -> (Value, Value) {
    let Some(null) = null else {
        let none = || Value::missing("no closed form; ask for a permutation test");
        return (none(), none());
    };
    let alike = || Value::missing("every order of the samples gives this value");
    (Value::of(null.mean), null.z(value).map_or_else(alike, Value::of))
}

/// Something about the data that a value alone would hide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
#[non_exhaustive]
pub enum Caveat {
    /// Units that say the same for every sample.
    ConstantUnits(usize),
    /// A biased estimator on wide data rises with the width.
    BiasedOnWideData,
    /// Fewer independent directions than the measure was written for.
    RankBelowUnits {
        /// Independent directions of the first and of the second layer.
        ranks: [usize; 2],
        /// Units of either.
        units: [usize; 2],
    },
    /// Fewer directions than units hold the share of the variance that was asked for.
    KeptForVariance {
        /// Directions kept of the first and of the second layer.
        kept: [usize; 2],
        /// Units of either.
        units: [usize; 2],
    },
    /// Canonical correlations that are 1 whatever the data, because two spaces are too large to miss.
    ForcedCorrelations(usize),
    /// Samples that were left out, so that batches are whole.
    SamplesLeftOut(usize),
    /// Samples whose last neighbour and the next one after it lie equally near.
    TiedNeighbours(usize),
    /// Places of maps stand as samples, some of all there are.
    PlacesAsSamples {
        /// How many were drawn.
        drawn: usize,
        /// How many there are.
        of: usize,
    },
    /// Sampling with replacement makes samples equal, to which this measure is not blind.
    Resampled,
}

impl fmt::Display for Caveat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConstantUnits(count) => write!(f, "{count} units are constant over all samples"),
            Self::BiasedOnWideData => write!(
                f,
                "biased: with as many units as samples it is near 1 for unrelated layers; \
                 prefer the debiased estimator"
            ),
            Self::RankBelowUnits { ranks: [r, s], units: [p, q] } => write!(
                f,
                "{r} and {s} independent directions in {p} and {q} units; averages run over directions"
            ),
            Self::KeptForVariance { kept: [k, l], units: [p, q] } => write!(
                f,
                "{k} and {l} directions hold the share of variance asked for and were kept, of {p} and \
                 {q} units; averages run over directions"
            ),
            Self::ForcedCorrelations(count) => {
                write!(f, "{count} canonical correlations are 1 whatever the data: too few samples")
            }
            Self::SamplesLeftOut(count) => {
                write!(f, "the last {count} samples make no whole batch and were left out")
            }
            Self::TiedNeighbours(count) => {
                write!(f, "{count} samples have several k-th neighbours; ties go by sample number")
            }
            Self::PlacesAsSamples { drawn, of } => write!(
                f,
                "{drawn} of {of} places of maps stand as samples: places of one map are not \
                 independent, so that z, p and intervals are too sure"
            ),
            Self::Resampled => write!(f, "interval from samples drawn with replacement"),
        }
    }
}

impl From<Caveat> for String {
    fn from(caveat: Caveat) -> Self {
        caveat.to_string()
    }
}

/// Why a measure has no value for two layers.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Canonical correlations of as many directions as centred samples have, n − 1, are all 1.
    #[error(
        "{directions} independent directions of {samples} samples: from n − 1 on, which p ≥ n − 1 \
         units have, every canonical correlation is 1; take more samples, fewer directions (svcca) \
         or a ridge"
    )]
    TooWide {
        /// How many samples.
        samples: usize,
        /// The independent directions, or those kept, of the layer that has more.
        directions: usize,
    },
    /// An unbiased estimate of a squared norm that came out at or below zero.
    #[error("the debiased self-similarity of the {layer} layer is not positive: too few samples")]
    SelfTerm {
        /// `first` or `second`.
        layer: &'static str,
    },
    /// A sample without contrast has no correlation with another.
    #[error("sample {0} has the same value in every unit, so its correlations are undefined")]
    FlatSample(usize),
    /// A sample without length has no direction.
    #[error("sample {0} is zero in every unit, so its cosines are undefined")]
    ZeroSample(usize),
    /// Distances that tell no pair of samples from another.
    #[error(
        "most pairs of samples of a layer are equally far apart: there is no structure to compare"
    )]
    FlatDistances,
    /// Units vary, but by no more than their rounding.
    #[error(
        "what the units of a layer vary by is rounding noise: capture it in 64 bits or centred"
    )]
    OnlyRounding,
    /// A setting that these layers cannot satisfy.
    #[error("{0}")]
    Setting(String),
    /// An iteration of the decomposition did not end.
    #[error("the singular value decomposition did not converge")]
    NoConvergence,
}

impl Refusal {
    /// Returns the refusal of the two layers exchanged.
    pub(crate) fn mirrored(self) -> Self {
        match self {
            Self::SelfTerm { layer: "first" } => Self::SelfTerm { layer: "second" },
            Self::SelfTerm { .. } => Self::SelfTerm { layer: "first" },
            other => other,
        }
    }
}
