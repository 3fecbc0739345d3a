//! Kernels that others repeat, flipped, negated or scaled.

use rayon::prelude::*;

use convscope_core::{Stream, Value};
use statrs::function::beta::beta_reg;

use super::DRAWS;
use super::counts::Binomial;
use super::judged::{Judged, Level};
use super::nulls::{Nulls, own};
use super::repeats::{ALIKE, Repeats, Searched};
use crate::{Flip, Layer, Size};

/// Kernels that others repeat.
#[derive(Debug, Clone, PartialEq)]
pub struct Duplicates {
    /// How many kernels were compared: all that are not zeros, or of more than [`MOST`](Self::MOST)
    /// so many, evenly spread over the layer.
    pub compared: usize,
    /// How many of them are left out when of each set of kernels with |cosine| ≥ 0.99, under the best
    /// flip, one stays.
    ///
    /// A kernel belongs to a set when it is like one of its members. Chance levels are of as many kernels that are not
    /// zeros, or all there are then: of the layer's own numbers in random places from 20 draws at least, and of 200
    /// where kernels are seldom alike.
    pub alike: Judged,
    /// The same for kernels whose difference under the best flip and sign is no longer than √0.02 of
    /// the longer one.
    pub equal: Judged,
    /// How many pairs have such a cosine.
    pub pairs: Judged,
    /// At most how many pairs would by chance, of independent normal numbers.
    ///
    /// ```text
    /// pairs · flips · P(|cos| ≥ 0.99),   each flip counted as if alone
    /// ```
    ///
    /// Kernels of four numbers are often alike by chance, of nine hardly ever. Below 0.01 it stands for the chance levels
    /// of normal numbers, as binomial.
    pub pairs_by_chance: f64,
}

impl Duplicates {
    /// The most kernels that are compared with each other.
    pub const MOST: usize = 2048;

    pub(super) fn new(layer: &Layer, nulls: &Nulls) -> Self {
        let size = layer.size();
        let all: Vec<&[f64]> = layer.kernels().filter(|kernel| !is_zeros(kernel)).collect();
        let compared = all.len().min(Self::MOST);
        let all_pairs = (compared * compared.saturating_sub(1)) as f64 / 2.0;
        let each = alike_by_chance(size);
        let pairs_by_chance = all_pairs * each;
        if compared == 0 {
            let none = || Judged::missing("all kernels are zeros");
            return Self { compared, alike: none(), equal: none(), pairs: none(), pairs_by_chance };
        }
        let chosen = (0..compared).map(|place| all[place * all.len() / compared]);
        let (found, _) = Repeats::among(chosen, size);
        let normal = if pairs_by_chance < SELDOM {
            Err(Binomial { trials: all_pairs, share: each })
        } else {
            Ok(of_normal(compared, size, nulls))
        };
        let permuted = of_own(layer, compared);
        let judged = |of: fn(&Repeats) -> usize| {
            let value = of(&found) as f64;
            let levels = |drawn: &[Repeats]| {
                let counts: Vec<f64> = drawn.iter().map(|one| of(one) as f64).collect();
                Level::drawn(value, &counts)
            };
            Judged {
                value: Value::of(value),
                gaussian: match &normal {
                    Ok(drawn) => levels(drawn),
                    Err(counts) => Level::counted(value, 1.0, &[*counts]),
                },
                permuted: permuted
                    .as_ref()
                    .map_or_else(|why| Level::missing(why), |drawn| levels(drawn)),
            }
        };
        Self {
            compared,
            alike: judged(|found| found.alike),
            equal: judged(|found| found.equal),
            pairs: judged(|found| found.pairs),
            pairs_by_chance,
        }
    }
}

/// Expected pairs by chance from which kernels of normal numbers are drawn.
const SELDOM: f64 = 0.01;

fn is_zeros(kernel: &[f64]) -> bool {
    kernel.iter().all(|value| *value == 0.0)
}

/// Returns at most which share of pairs of normal kernels is alike.
fn alike_by_chance(size: Size) -> f64 {
    let (d, flips) =
        (size.count() as f64, Flip::ALL.iter().filter(|flip| flip.places(size).is_some()));
    let beyond = if d > 1.0 { 1.0 - beta_reg(0.5, (d - 1.0) / 2.0, ALIKE * ALIKE) } else { 1.0 };
    (flips.count() as f64 * beyond).min(1.0)
}

/// Draws repeats among kernels of independent normal numbers.
fn of_normal(compared: usize, size: Size, nulls: &Nulls) -> Vec<Repeats> {
    let draw = |draws: &mut Stream| {
        let numbers: Vec<f64> = (0..compared * size.count()).map(|_| draws.normal()).collect();
        let (found, _) = Repeats::among(numbers.chunks_exact(size.count()), size);
        [found.alike, found.equal, found.pairs].map(|count| count as f64).to_vec()
    };
    let drawn = nulls.draws("repeats", &[compared, size.rows, size.columns], draw);
    let read = |counts: &Vec<f64>| match counts[..] {
        [alike, equal, pairs] => {
            let [alike, equal, pairs] = [alike, equal, pairs].map(|count| count as usize);
            Some(Repeats { alike, equal, pairs })
        }
        _ => None,
    };
    drawn.iter().filter_map(read).collect()
}

/// So many steps are taken for kernels of own numbers, unless so few draws need more.
const STEPS: usize = 1 << 31;
const FEWEST: u64 = 20;

/// At most so many times the kernels that are compared are drawn, where many are zeros.
const ZEROS: usize = 8;

/// Draws repeats among kernels of a layer's own numbers in random places.
fn of_own(layer: &Layer, compared: usize) -> Result<Vec<Repeats>, &'static str> {
    let (numbers, width) = (layer.numbers(), layer.size().count());
    let zeros = numbers.iter().filter(|value| **value == 0.0).count() as f64;
    let empty = (zeros / numbers.len() as f64).powi(width as i32);
    // Some more, since their zeros are chance too.
    let wanted = if zeros > 0.0 {
        (1.1 * compared as f64 / (1.0 - empty)).ceil() as usize + 64
    } else {
        compared
    };
    let drawn = wanted.min(ZEROS * Duplicates::MOST).min(layer.count());
    let draw = |number: u64| {
        let numbers = own(numbers, "repeats", number, drawn * width);
        let kernels: Vec<&[f64]> = numbers.chunks_exact(width).filter(|k| !is_zeros(k)).collect();
        let enough = kernels.len() >= compared || drawn == layer.count();
        let kept = kernels.iter().take(compared).copied();
        enough.then(|| Repeats::among(kept, layer.size()))
    };
    let draws = |from: u64, to: u64| -> Option<Vec<(Repeats, Searched)>> {
        (from..to).into_par_iter().map(draw).collect()
    };
    let few = "kernels of the layer's own numbers in random places are nearly all zeros";
    let mut all = draws(0, FEWEST).ok_or(few)?;
    let steps: usize = all.iter().map(|(_, Searched(steps))| steps).sum();
    let more = (STEPS * FEWEST as usize / steps.max(1)).clamp(FEWEST as usize, DRAWS as usize);
    all.extend(draws(FEWEST, more as u64).ok_or(few)?);
    Ok(all.into_iter().map(|(found, _)| found).collect())
}
