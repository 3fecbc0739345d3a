//! The motion under which two filters are most alike.

use convscope_core::{Seed, Value};

use super::measures::unit;
use super::{FilterMeasure, Filters, Flip, Motion};
use crate::Sense;

/// What does not count when two filters are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Modulo {
    /// A change of sign of all weights.
    pub sign: bool,
    /// A positive factor: both filters are scaled to length 1 first.
    pub scale: bool,
    /// The eight flips and rotations.
    pub flips: bool,
    /// Shifts by up to so many places in each direction.
    pub shift: usize,
}

/// How alike two filters are under the best motion of the second.
#[derive(Debug, Clone, PartialEq)]
pub struct Twin {
    /// The value, or why there is none.
    pub value: Value,
    /// What was done to the second filter; of equally good motions the first, beginning with none.
    pub motion: Motion,
}

/// Compares filter i of `a` with filter j of `b` under every motion that does not count.
///
/// The best of many motions is larger by chance: [`random_twins`] says how large. Cosine and
/// Frobenius modulo shift are symmetric up to what a shift loses; exactly so without shifts. Cost:
/// channels · side² for each of up to 2 · 8 · (2 shift + 1)² motions.
///
/// # Panics
/// If the filters have unlike shapes or there are none such: a caller's bug.
pub fn twin(
    measure: &FilterMeasure,
    modulo: Modulo,
    a: &Filters,
    i: usize,
    b: &Filters,
    j: usize,
) -> Twin {
    assert!(
        a.channels() == b.channels() && a.side() == b.side(),
        "caller's bug: filters of unlike shapes have no twins"
    );
    let scaled = |filter: &[f64]| if modulo.scale { unit(filter) } else { Some(filter.to_vec()) };
    let (Some(first), Some(second)) = (scaled(a.filter(i)), scaled(b.filter(j))) else {
        let value = Value::missing("a filter of zeros has no direction");
        return Twin { value, motion: Motion::NONE };
    };
    best(measure, modulo, &first, &second, a.side())
}

fn best(measure: &FilterMeasure, modulo: Modulo, a: &[f64], b: &[f64], side: usize) -> Twin {
    let mut best = Twin { value: (measure.value)(a, b), motion: Motion::NONE };
    for motion in modulo.motions() {
        let value = (measure.value)(a, &motion.apply(b, side));
        let better = match (value.number(), best.value.number()) {
            (Some(new), Some(old)) => match measure.sense {
                Sense::Similarity => new > old,
                Sense::Distance => new < old,
            },
            (new, old) => new.is_some() && old.is_none(),
        };
        if better {
            best = Twin { value, motion };
        }
    }
    best
}

impl Modulo {
    /// Returns every motion that does not count, none first.
    pub(super) fn motions(self) -> Vec<Motion> {
        let flips = if self.flips { &Flip::ALL[..] } else { &Flip::ALL[..1] };
        let reach = self.shift as isize;
        let mut shifts: Vec<[isize; 2]> =
            (-reach..=reach).flat_map(|d| (-reach..=reach).map(move |r| [d, r])).collect();
        shifts.sort_by_key(|[d, r]| d.abs() + r.abs());
        let signs = if self.sign { &[false, true][..] } else { &[false][..] };
        let mut motions = Vec::new();
        for &shift in &shifts {
            for &flip in flips {
                motions.extend(signs.iter().map(|&negated| Motion { negated, flip, shift }));
            }
        }
        motions
    }
}

/// What the best motion makes of unrelated filters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RandomTwins {
    /// The mean value.
    pub mean: f64,
    /// The standard deviation of single values.
    pub deviation: f64,
    /// The standard error of the mean, from the number of draws.
    pub error: f64,
}

/// Compares pairs of filters of independent normal weights.
///
/// The chance level of [`twin`] where no closed form is known: motions of one filter are not
/// independent of each other. Without motions it is that of [`crate::chance::mean_absolute_cosine`].
///
/// # Panics
/// For filters without weights or fewer than two draws: a caller's bug.
pub fn random_twins(
    measure: &FilterMeasure,
    modulo: Modulo,
    [channels, side]: [usize; 2],
    draws: usize,
    seed: Seed,
) -> RandomTwins {
    assert!(channels * side > 0 && draws > 1, "caller's bug: nothing to draw");
    let mut stream = seed.child("filters").stream();
    let mut filter = || -> Option<Vec<f64>> {
        let weights: Vec<f64> = (0..channels * side * side).map(|_| stream.normal()).collect();
        if modulo.scale { unit(&weights) } else { Some(weights) }
    };
    let values: Vec<f64> = (0..draws)
        .filter_map(|_| {
            let (a, b) = (filter()?, filter()?);
            best(measure, modulo, &a, &b, side).value.number()
        })
        .collect();
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    let deviation = (squares / (count - 1.0)).sqrt();
    RandomTwins { mean, deviation, error: deviation / count.sqrt() }
}
