//! Correlation matrices in the order in which partners face each other.

use faer::Mat;

use crate::{Pair, tuning};

/// The correlations of two layers' units, partners on the diagonal.
#[derive(Debug, Clone)]
pub struct OrderedCorrelations {
    /// Pearson's correlations, p × q, in the order of `rows` and `columns`.
    pub correlations: Mat<f64>,
    /// The units of the first layer: those with partners by falling correlation, then the rest.
    pub rows: Vec<usize>,
    /// The units of the second layer, each with a partner opposite to it, then the rest.
    pub columns: Vec<usize>,
}

/// Correlates every unit of one with every unit of the other layer and puts partners on the diagonal.
///
/// The partners are those of the one-to-one matching with the largest sum of correlations. Taking
/// the best pair first, then the best of what is left, is not optimal: it leaves the last units
/// with poor partners. Constant units have correlation 0. Cost: npq and an assignment of about p²q.
///
/// ```
/// use convscope_measure::{Activations, Pair, Prepared, ordered_correlations};
///
/// let wave = |i: u32, step: f64| (step * f64::from(i)).sin();
/// let x: Vec<f64> = (0..20).flat_map(|i| [wave(i, 0.7), wave(i, 1.9)]).collect();
/// let y: Vec<f64> = (0..20).flat_map(|i| [wave(i, 1.9), 3.0 * wave(i, 0.7)]).collect();
/// let x = Prepared::new(&Activations::from_f64(&x, 2)?);
/// let y = Prepared::new(&Activations::from_f64(&y, 2)?);
/// let ordered = ordered_correlations(Pair::new(&x, &y)?);
/// assert!((ordered.correlations[(0, 0)] - 1.0).abs() < 1e-12);
/// assert_eq!(ordered.rows[0], 1 - ordered.columns[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn ordered_correlations(pair: Pair<'_>) -> OrderedCorrelations {
    let plain = tuning::correlations(pair);
    let mut partners = tuning::partners(plain.as_ref());
    partners.sort_by(|a, b| plain[*b].total_cmp(&plain[*a]));
    let (rows, columns): (Vec<usize>, Vec<usize>) = partners.into_iter().unzip();
    let (rows, columns) = (with_rest(rows, plain.nrows()), with_rest(columns, plain.ncols()));
    let correlations = Mat::from_fn(rows.len(), columns.len(), |i, j| plain[(rows[i], columns[j])]);
    OrderedCorrelations { correlations, rows, columns }
}

fn with_rest(mut chosen: Vec<usize>, count: usize) -> Vec<usize> {
    let mut left = vec![true; count];
    for place in &chosen {
        left[*place] = false;
    }
    chosen.extend((0..count).filter(|place| left[*place]));
    chosen
}
