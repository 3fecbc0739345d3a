//! Everything about one kernel.

use convscope_core::Value;

use crate::chance::Chance;
use crate::probes::gabor::Gabor;
use crate::probes::operators::Match;
use crate::{Absent, Description, Probe};

/// Everything about one kernel.
#[derive(Debug, Clone)]
pub struct Card {
    /// Its output and input.
    pub place: [usize; 2],
    /// What each of [`PROBES`](crate::PROBES) says, in their order.
    pub scores: Vec<Scored>,
    /// What probes found beside their numbers.
    pub details: Details,
    /// Its shortest description on the layer's grid of 8 bits.
    pub description: Description,
}

/// What a probe says of a kernel, beside what it says by chance.
#[derive(Debug, Clone)]
pub struct Scored {
    /// The probe.
    pub probe: &'static Probe,
    /// Its value, or why there is none.
    pub value: Value,
    /// The share, in percent, of kernels of independent normal numbers that have less.
    ///
    /// Of many kernels some are beyond any percentile by chance.
    pub gaussian: Value,
    /// The share, in percent, of kernels of the layer's own numbers in random places that have less.
    pub permuted: Value,
}

/// What probes found beside their numbers.
#[derive(Debug, Clone, Copy)]
pub struct Details {
    /// The direction, in degrees, in which the nearest edge rises: 0 to the right, 90 down.
    ///
    /// Every kernel with a slope has one; it means something where `edge` is high.
    pub edge_direction: Option<f64>,
    /// The direction, in degrees below 180, in which the nearest line is curved, at a right angle to
    /// where it runs; it means something where `line` is high.
    pub line_direction: Option<f64>,
    /// The nearest known operator.
    pub operator: Option<Match>,
    /// The nearest wave under a bell, from five rows and columns on.
    pub gabor: Option<Gabor>,
}

impl Scored {
    pub(crate) fn new(
        probe: &'static Probe,
        value: Result<f64, Absent>,
        chances: [Option<&Chance>; 2],
    ) -> Self {
        let percentiles = chances.map(|chance| match (value, chance) {
            (Err(absent), _) => Value::missing(absent.reason()),
            (Ok(_), None) => Value::missing("says nothing of any kernel drawn"),
            (Ok(value), Some(chance)) => Value::of(100.0 * chance.share_below(value)),
        });
        let [gaussian, permuted] = percentiles;
        let value = value.map_or_else(|absent| Value::missing(absent.reason()), Value::of);
        Self { probe, value, gaussian, permuted }
    }
}
