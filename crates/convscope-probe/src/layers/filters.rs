//! What the filters of a layer, all kernels of an output, are together.

use rayon::prelude::*;
use statrs::function::gamma::ln_gamma;

use convscope_core::{Stream, Value};

use super::Judged;
use super::nulls::Nulls;
use super::wishart::Wishart;
use crate::probes::dot;
use crate::{Layer, Size, singular};

/// The percentile of the orthogonality is drawn where a draw takes fewer products than this.
const MOST: usize = 1 << 21;

pub(super) fn orthogonality(layer: &Layer, nulls: &Nulls) -> Judged {
    let filters: Vec<Vec<f64>> =
        (0..layer.outputs()).filter_map(|output| unit(layer.filter(output))).collect();
    let count = filters.len() as f64;
    if count < 2.0 {
        return Judged::missing("fewer than two filters that are not zeros");
    }
    let pairs = count * (count - 1.0) / 2.0;
    let value = 1.0 - cosines(&filters) / pairs;
    let d = filters[0].len() as f64;
    let mean =
        (ln_gamma(d / 2.0) - ln_gamma(f64::midpoint(d, 1.0))).exp() / std::f64::consts::PI.sqrt();
    // Cosines of random directions are independent pair by pair.
    let variance = (1.0 / d - mean * mean).max(0.0) / pairs;
    let mut judged = Judged {
        value: Value::of(value),
        chance: Value::of(1.0 - mean),
        deviation: Value::of(variance.sqrt()),
        percentile: Value::missing("not said yet"),
    };
    let shape = [filters.len(), filters[0].len()];
    judged.percentile = if shape[0] * shape[0] * shape[1].min(shape[0]) < MOST {
        let draws = nulls.draws("directions", &shape, |draws| {
            vec![1.0 - cosines(&directions(shape, draws)) / pairs]
        });
        Judged::beside(value, &draws.concat()).percentile
    } else {
        judged.as_if_normal()
    };
    judged
}

/// Adds up the cosines of all pairs, without their signs.
fn cosines(filters: &[Vec<f64>]) -> f64 {
    // Rows are summed alone and in order: the same bits on any number of threads.
    let rows: Vec<f64> = (0..filters.len())
        .into_par_iter()
        .map(|i| filters[..i].iter().map(|other| dot(&filters[i], other).abs()).sum())
        .collect();
    rows.iter().sum()
}

/// Draws filters of independent normal numbers, each at length 1, up to a rotation of all of them.
fn directions([count, width]: [usize; 2], draws: &mut Stream) -> Vec<Vec<f64>> {
    let drawn: Vec<Vec<f64>> = if width > count {
        // The columns of the triangle have the products of filters, at any width.
        let triangle = Wishart { width: count, count: width }.triangle(draws);
        let column = |place: usize| triangle.iter().skip(place).step_by(count).copied().collect();
        (0..count).map(column).collect()
    } else {
        (0..count).map(|_| (0..width).map(|_| draws.normal()).collect()).collect()
    };
    drawn.iter().filter_map(|filter| unit(filter)).collect()
}

/// Returns the mean share of the energy of filters in one pattern of all inputs, and in one row of all
/// rows.
pub(super) fn patterns(layer: &Layer, nulls: &Nulls) -> [Judged; 2] {
    let Size { rows, columns } = layer.size();
    let shapes = [
        Size { rows: layer.inputs(), columns: layer.size().count() },
        Size { rows: layer.inputs() * rows, columns },
    ];
    shapes.map(|shape| {
        if shape.rows.min(shape.columns) < 2 {
            return Judged::missing("every filter of this shape is one pattern");
        }
        let shares: Vec<f64> = (0..layer.outputs())
            .into_par_iter()
            .filter_map(|output| first_share(&unit(layer.filter(output))?, shape))
            .collect();
        if shares.is_empty() {
            return Judged::missing("all filters are zeros");
        }
        let draws = one_pattern_by_chance(nulls, shape);
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        Judged::beside(mean, &draws).of_mean(shares.len())
    })
}

/// Returns the share of the energy in one product of a column and a row of matrices of normal numbers, drawn.
pub(super) fn one_pattern_by_chance(nulls: &Nulls, shape: Size) -> Vec<f64> {
    let wishart = Wishart { width: shape.columns, count: shape.rows };
    let draws = nulls
        .draws("filters", &[shape.rows, shape.columns], |draws| vec![wishart.shares(draws)[0]]);
    draws.iter().flatten().copied().collect()
}

/// Returns the share of the energy in the nearest product of a column and a row.
pub(super) fn first_share(numbers: &[f64], shape: Size) -> Option<f64> {
    // Work goes with the square of the columns.
    let turned: Vec<f64>;
    let (numbers, shape) = if shape.columns > shape.rows {
        let place = |at: usize| at % shape.rows * shape.columns + at / shape.rows;
        turned = (0..shape.count()).map(|at| numbers[place(at)]).collect();
        (turned.as_slice(), Size { rows: shape.columns, columns: shape.rows })
    } else {
        (numbers, shape)
    };
    let squares: Vec<f64> = singular(numbers, shape).values.iter().map(|v| v * v).collect();
    let whole: f64 = squares.iter().sum();
    (whole > 0.0).then(|| squares[0] / whole)
}

/// Returns numbers at length 1; nothing of zeros.
pub(super) fn unit(numbers: &[f64]) -> Option<Vec<f64>> {
    let largest = numbers.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    if largest == 0.0 {
        return None;
    }
    let scaled: Vec<f64> = numbers.iter().map(|value| value / largest).collect();
    let length = dot(&scaled, &scaled).sqrt();
    Some(scaled.into_iter().map(|value| value / length).collect())
}
