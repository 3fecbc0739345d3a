//! The best twin of each filter among all filters of another layer.

use convscope_core::{Seed, Value};
use faer::Mat;

use super::measures::unit;
use super::{Filters, Judged, Modulo, Motion, Twin};
use crate::{Refusal, linalg};

/// By how much a later motion must be better to be taken: more than rounding.
const BETTER: f64 = 1e-9;

/// A filter and its best twin in another layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearest {
    /// The filter of the first layer.
    pub first: usize,
    /// The filter of the second layer; `None` if none of them has a direction.
    pub second: Option<usize>,
    /// The cosine of the two, and what was done to the second.
    pub twin: Twin,
}

/// Finds for some filters of a layer the filter of another layer with the largest cosine, up to motions.
///
/// ```text
/// max over filters j and motions m of cos(aᵢ, m(bⱼ))
/// ```
///
/// As [`twin`](super::twin) by cosine for every pair, by products of whole layers; scale never counts.
/// Several filters may have the same twin. Equally good twins go to the earlier motion, then to the earlier
/// filter. The best of so many pairs is large by chance: [`random_nearest`]. Cost: filters of both times the weights
/// of one, for each flip and shift.
///
/// ```
/// use convscope_measure::filters::{Filters, Flip, Modulo, Motion, nearest};
///
/// let a = Filters::from_f64(&[1.0, 2.0, 3.0, 4.0], 1, 2)?;
/// let b = Filters::from_f64(&[1.0, 0.0, 0.0, 0.0, -2.0, -1.0, -4.0, -3.0], 1, 2)?;
/// let found = nearest(Modulo { sign: true, flips: true, ..Modulo::default() }, &a, &[0], &b)?;
/// assert_eq!(found[0].second, Some(1));
/// assert_eq!(found[0].twin.motion, Motion { negated: true, flip: Flip::LeftRight, shift: [0, 0] });
/// # Ok::<(), convscope_measure::Refusal>(())
/// ```
///
/// # Errors
/// [`Refusal::Setting`] if the filters of the two layers have unlike shapes.
///
/// # Panics
/// If `rows` names a filter that is not there.
pub fn nearest(
    modulo: Modulo,
    a: &Filters,
    rows: &[usize],
    b: &Filters,
) -> Result<Vec<Nearest>, Refusal> {
    if a.channels() != b.channels() || a.side() != b.side() {
        let shape = |f: &Filters| format!("{} × {side} × {side}", f.channels(), side = f.side());
        let message = format!("filters of {} and of {} are not alike", shape(a), shape(b));
        return Err(Refusal::Setting(message));
    }
    let size = a.channels() * a.side() * a.side();
    let wanted = columns(size, rows.iter().map(|row| unit(a.filter(*row))));
    let units: Vec<Option<Vec<f64>>> = (0..b.count()).map(|j| unit(b.filter(j))).collect();
    let mut best: Vec<Option<(f64, usize, Motion)>> = vec![None; rows.len()];
    for motion in modulo.motions().into_iter().filter(|motion| !motion.negated) {
        let moved = units
            .iter()
            .map(|filter| filter.as_ref().and_then(|filter| unit(&motion.apply(filter, b.side()))));
        let cosines = linalg::cross(columns(size, moved).as_ref(), wanted.as_ref());
        for (place, best) in best.iter_mut().enumerate() {
            for (j, &cosine) in cosines.col(place).iter().enumerate() {
                let negated = modulo.sign && cosine < 0.0;
                let value = if negated { -cosine } else { cosine };
                if units[j].is_some() && best.is_none_or(|(old, ..)| value > old + BETTER) {
                    *best = Some((value, j, Motion { negated, ..motion }));
                }
            }
        }
    }
    let named = rows.iter().zip(best).map(|(&first, best)| {
        let has_direction = unit(a.filter(first)).is_some();
        let Some((value, second, motion)) = best.filter(|_| has_direction) else {
            let value = Value::missing("a filter of zeros has no direction");
            return Nearest { first, second: None, twin: Twin { value, motion: Motion::NONE } };
        };
        let twin = Twin { value: Value::of(value.clamp(-1.0, 1.0)), motion };
        Nearest { first, second: Some(second), twin }
    });
    Ok(named.collect())
}

/// Judges the mean cosine of best twins by that of layers of independent normal weights.
///
/// `rows` filters of as many are compared with `count` random ones of the same shape. With few weights in a filter
/// and many filters it is near 1. Cost: as [`nearest`], and the draws.
///
/// # Errors
/// [`Refusal::Setting`] if there are no such filters.
pub fn random_nearest(
    modulo: Modulo,
    found: &[Nearest],
    [count, channels, side]: [usize; 3],
    seed: Seed,
) -> Result<Judged, Refusal> {
    let values: Vec<f64> = found.iter().filter_map(|one| one.twin.value.number()).collect();
    if values.is_empty() {
        return Ok(Judged::missing("no filter has a twin"));
    }
    let draw = |name: &str, count: usize| {
        let mut draws = seed.child(name).stream();
        let weights: Vec<f64> =
            (0..count * channels * side * side).map(|_| draws.normal()).collect();
        Filters::from_f64(&weights, channels, side)
    };
    // The spread of a mean of few is known from more than those few.
    let rows: Vec<usize> = (0..found.len().max(32)).collect();
    let random = nearest(modulo, &draw("first", rows.len())?, &rows, &draw("second", count)?)?;
    let random: Vec<f64> = random.iter().filter_map(|one| one.twin.value.number()).collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (value, chance) = (mean(&values), mean(&random));
    let squares: f64 = random.iter().map(|value| (value - chance).powi(2)).sum();
    let single = squares / (random.len() - 1) as f64;
    // Both means vary.
    let deviation = (single / values.len() as f64 + single / random.len() as f64).sqrt();
    let z = (value - chance) / deviation;
    let z = if deviation > 1e-12 {
        Value::of(z)
    } else {
        Value::missing("by chance too every filter has a perfect twin")
    };
    Ok(Judged {
        value: Value::of(value),
        chance: Value::of(chance),
        deviation: Value::of(deviation),
        z,
    })
}

/// Sets filters side by side; those without a direction are zeros.
fn columns(size: usize, filters: impl Iterator<Item = Option<Vec<f64>>>) -> Mat<f64> {
    let filters: Vec<Option<Vec<f64>>> = filters.collect();
    Mat::from_fn(size, filters.len(), |i, j| filters[j].as_ref().map_or(0.0, |filter| filter[i]))
}
