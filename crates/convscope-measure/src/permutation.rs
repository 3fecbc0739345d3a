//! Permutation tests of a whole table of layers.

use std::sync::Arc;

use convscope_core::{Seed, Value};

use crate::{Measure, Prepared, Score, Sense, UnlikeSamples, scores};

/// A table of scores and how often chance does as well.
#[derive(Debug, Clone, PartialEq)]
pub struct PermutationTest {
    /// The scores, with percentiles; means and z from the orders where there is no closed form.
    pub scores: Vec<Vec<Score>>,
    /// For each cell the share of orders at least as extreme, the observed one counted.
    pub p: Vec<Vec<Value>>,
    /// As `p`, against the most extreme cell of each order: what holds for the best of the table.
    pub p_of_table: Vec<Vec<Value>>,
}

/// Why a permutation test could not be run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PermutationError {
    /// Layers of unlike numbers of samples.
    #[error(transparent)]
    Samples(#[from] UnlikeSamples),
    /// No orders were asked for.
    #[error("wanted at least one order of the samples")]
    NoOrders,
}

/// Compares all layers as [`scores`] does, and again with the samples of `ys` in random orders.
///
/// ```text
/// p = (1 + #{orders at least as extreme}) / (1 + orders)
/// ```
///
/// One order is shared by all cells: correlated layers stay correlated under the null. Searching a
/// table for its best cell needs `p_of_table`, the maximum statistic, which compares each cell's
/// distance from its own mean over orders, in its own standard deviations, with the largest of each
/// order (Westfall and Young 1993). The p-value of k orders is at least 1/(k + 1).
///
/// It assumes that samples are exchangeable: frames of one film or crops of one image are not.
/// Extreme means larger for a similarity and smaller for a distance. Cost: the table once for each
/// order. Nothing is decomposed, ranked or searched for anew: factors of `ys` change their order
/// with the samples. (Among neighbours equally near those stay that were chosen.)
///
/// # Errors
/// [`PermutationError`].
pub fn permutation_test(
    measure: &dyn Measure,
    xs: &[&Prepared],
    ys: &[&Prepared],
    orders: usize,
    seed: Seed,
) -> Result<PermutationTest, PermutationError> {
    if orders == 0 {
        return Err(PermutationError::NoOrders);
    }
    let scores = scores(measure, xs, ys)?;
    let permuted = permuted(measure, xs, ys, orders, seed)?;
    let permuted: Vec<_> = permuted.iter().map(|table| numbers(table)).collect();
    Ok(judged(scores, measure.laws().sense, &permuted))
}

/// Puts what every order gave beside the scores of a table.
pub(crate) fn judged(
    mut scores: Vec<Vec<Score>>,
    sense: Sense,
    permuted: &[Vec<Option<f64>>],
) -> PermutationTest {
    let sign = match sense {
        Sense::Similarity => 1.0,
        Sense::Distance => -1.0,
    };
    let signed = |value: Option<f64>| value.map(|value| sign * value);
    let observed = numbers(&scores);
    let orders = permuted.len();
    let cells: Vec<Option<Cell>> = (0..observed.len())
        .map(|i| Cell::of(signed(observed[i]), permuted.iter().map(|t| signed(t[i]))))
        .collect();
    let largest: Vec<f64> = (0..orders)
        .map(|order| {
            let each = cells.iter().flatten().filter_map(|cell| cell.standard(cell.null[order]));
            each.fold(f64::NEG_INFINITY, f64::max)
        })
        .collect();
    let width = scores.first().map_or(1, |row| row.len().max(1));
    for (score, cell) in scores.iter_mut().flatten().zip(&cells) {
        if let Some(cell) = cell {
            cell.note(score, sign);
        }
    }
    let p = cells.iter().map(|cell| cell.as_ref().map_or_else(none, Cell::p));
    let of_table = cells.iter().map(|cell| {
        let standard = cell.as_ref().and_then(|cell| cell.standard(cell.observed));
        standard.map_or_else(none, |z| share_reaching(&largest, z))
    });
    let (p, of_table): (Vec<Value>, Vec<Value>) = (p.collect(), of_table.collect());
    let rows = |flat: &[Value]| flat.chunks(width).map(<[Value]>::to_vec).collect();
    PermutationTest { scores, p: rows(&p), p_of_table: rows(&of_table) }
}

/// One cell: what was seen, and what every order gave.
struct Cell {
    observed: f64,
    null: Vec<f64>,
    mean: f64,
    deviation: f64,
}

impl Cell {
    /// `None` if the observed value or that of any order is missing.
    fn of(observed: Option<f64>, null: impl Iterator<Item = Option<f64>>) -> Option<Self> {
        let (observed, null) = (observed?, null.collect::<Option<Vec<f64>>>()?);
        let mean = null.iter().sum::<f64>() / null.len() as f64;
        let squares: f64 = null.iter().map(|v| (v - mean).powi(2)).sum();
        let deviation = (squares / null.len() as f64).sqrt();
        Some(Self { observed, null, mean, deviation })
    }

    fn standard(&self, value: f64) -> Option<f64> {
        (self.deviation > 0.0).then(|| (value - self.mean) / self.deviation)
    }

    fn p(&self) -> Value {
        share_reaching(&self.null, self.observed)
    }

    fn note(&self, score: &mut Score, sign: f64) {
        let below = self.null.iter().filter(|v| sign * **v < sign * self.observed).count();
        score.percentile = Value::of(100.0 * below as f64 / self.null.len() as f64);
        if score.null_mean.number().is_none() {
            score.null_mean = Value::of(sign * self.mean);
            score.z = self.standard(self.observed).map_or_else(none, |z| Value::of(sign * z));
        }
    }
}

/// Returns the share of `null` that is at least `value`, which counts as one of them.
fn share_reaching(null: &[f64], value: f64) -> Value {
    // The observed order computed once more may differ in its last digits.
    let edge = value - 1e-12 * value.abs();
    let reached = null.iter().filter(|v| **v >= edge).count();
    Value::of((1 + reached) as f64 / (1 + null.len()) as f64)
}

fn none() -> Value {
    Value::missing("the score, or that of some order, has no value or no spread")
}

/// Returns a random order of the samples, the same for everything under one seed.
pub(crate) fn order(samples: usize, seed: Seed, number: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..samples).collect();
    seed.child("order").nth(number).stream().shuffle(&mut order);
    order
}

fn permuted(
    measure: &dyn Measure,
    xs: &[&Prepared],
    ys: &[&Prepared],
    orders: usize,
    seed: Seed,
) -> Result<Vec<Vec<Vec<Score>>>, UnlikeSamples> {
    let samples = ys.first().map_or(0, |layer| layer.samples());
    (0..orders as u64)
        .map(|number| {
            let order: Arc<[usize]> = order(samples, seed, number).into();
            let ys: Vec<Prepared> = ys.iter().map(|layer| layer.reordered(&order)).collect();
            scores(measure, xs, &ys.iter().collect::<Vec<_>>())
        })
        .collect()
}

/// Returns all values of a table, row by row.
fn numbers(table: &[Vec<Score>]) -> Vec<Option<f64>> {
    table.iter().flatten().map(|score| score.value.number()).collect()
}
