//! All layers of one network against all layers of another.

use rayon::prelude::*;

use crate::{Estimate, Measure, Pair, Prepared, Refusal, Score, UnlikeSamples};

/// Scores of every layer of `xs` against every layer of `ys`, row by row.
///
/// Each layer is factorised once and each product computed once: of a list compared with itself
/// under a symmetric measure, half of the pairs. Measures that are a dot product for each pair
/// (CKA, RSA, distance correlation) are one matrix product for all of them. The bits do not depend
/// on the number of threads; run it inside a `rayon::ThreadPool` to choose that number. The last
/// digit may differ from that of [`score`](trait.Measure.html) for one pair, where all pairs
/// together are cheaper on the other side, units or samples.
///
/// # Errors
/// [`UnlikeSamples`] if two layers were not seen on equally many samples.
///
/// ```
/// use convscope_core::registry::find;
/// use convscope_measure::{Activations, MEASURES, Prepared, scores};
/// use serde_json::json;
///
/// let layer = |step: f64| -> Result<Prepared, Box<dyn std::error::Error>> {
///     let wave: Vec<f64> = (0..90).map(|i| (step * f64::from(i)).sin()).collect();
///     Ok(Prepared::new(&Activations::from_f64(&wave, 3)?))
/// };
/// let layers = [layer(1.0)?, layer(1.3)?, layer(1.7)?];
/// let all: Vec<&Prepared> = layers.iter().collect();
/// let cka = (find(MEASURES, "measure", "cka")?.build)(json!({}))?;
/// let table = scores(&*cka, &all, &all)?;
/// assert_eq!(table[0][2].value, table[2][0].value);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn scores(
    measure: &dyn Measure,
    xs: &[&Prepared],
    ys: &[&Prepared],
) -> Result<Vec<Vec<Score>>, UnlikeSamples> {
    check(xs, ys)?;
    let table = measure.estimates(xs, ys).into_iter().zip(xs);
    Ok(table
        .map(|(row, x)| {
            let row = row.into_iter().zip(ys);
            row.map(|(estimate, y)| measure.scored(Pair { x, y }, estimate)).collect()
        })
        .collect())
}

/// Makes sure that all layers have equally many samples.
pub(crate) fn check(xs: &[&Prepared], ys: &[&Prepared]) -> Result<(), UnlikeSamples> {
    let Some(first) = xs.first().or(ys.first()) else { return Ok(()) };
    for layer in xs.iter().chain(ys) {
        Pair::new(first, layer)?;
    }
    Ok(())
}

/// Evaluates all pairs; of two equal lists half of them if `symmetric`.
pub(crate) fn each_pair(
    xs: &[&Prepared],
    ys: &[&Prepared],
    symmetric: bool,
    value: &(dyn Fn(Pair<'_>) -> Result<Estimate, Refusal> + Sync),
) -> Vec<Vec<Result<Estimate, Refusal>>> {
    if !(symmetric && same(xs, ys)) {
        return xs
            .par_iter()
            .map(|x| ys.par_iter().map(|y| value(Pair { x, y })).collect())
            .collect();
    }
    let half: Vec<Vec<_>> = (0..xs.len())
        .into_par_iter()
        .map(|i| (0..=i).into_par_iter().map(|j| value(Pair { x: xs[i], y: xs[j] })).collect())
        .collect();
    let cell = |i: usize, j: usize| {
        if j <= i {
            return half[i][j].clone();
        }
        half[j][i].clone().map(Estimate::mirrored).map_err(Refusal::mirrored)
    };
    (0..xs.len()).map(|i| (0..xs.len()).map(|j| cell(i, j)).collect()).collect()
}

/// Returns whether two lists hold the same layers.
fn same(xs: &[&Prepared], ys: &[&Prepared]) -> bool {
    xs.len() == ys.len() && xs.iter().zip(ys).all(|(x, y)| std::ptr::eq(*x, *y))
}
