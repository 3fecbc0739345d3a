//! What the filters of a layer, all kernels of an output, are together.

use rayon::prelude::*;
use statrs::function::gamma::ln_gamma;

use convscope_core::Value;

use super::Judged;
use super::nulls::Nulls;
use super::wishart::Wishart;
use crate::probes::dot;
use crate::{Layer, Size, singular};

pub(super) fn orthogonality(layer: &Layer) -> Judged {
    let filters: Vec<Vec<f64>> =
        (0..layer.outputs()).filter_map(|output| unit(layer.filter(output))).collect();
    let count = filters.len() as f64;
    if count < 2.0 {
        return Judged::missing("fewer than two filters that are not zeros");
    }
    // Rows are summed alone and in order: the same bits on any number of threads.
    let rows: Vec<f64> = (0..filters.len())
        .into_par_iter()
        .map(|i| filters[..i].iter().map(|other| dot(&filters[i], other).abs()).sum())
        .collect();
    let pairs = count * (count - 1.0) / 2.0;
    let d = filters[0].len() as f64;
    let mean =
        (ln_gamma(d / 2.0) - ln_gamma(f64::midpoint(d, 1.0))).exp() / std::f64::consts::PI.sqrt();
    // Cosines of random directions are independent pair by pair.
    let variance = (1.0 / d - mean * mean).max(0.0) / pairs;
    Judged {
        value: Value::of(1.0 - rows.iter().sum::<f64>() / pairs),
        chance: Value::of(1.0 - mean),
        deviation: Value::of(variance.sqrt()),
    }
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
        let count = shares.len() as f64;
        if shares.is_empty() {
            return Judged::missing("all filters are zeros");
        }
        let draws = one_pattern_by_chance(nulls, shape);
        let single = Judged::beside(shares.iter().sum::<f64>() / count, &draws);
        // Of a mean over independent filters.
        let deviation = single.deviation.number().map(|deviation| deviation / count.sqrt());
        Judged { deviation: deviation.map_or(single.deviation, Value::of), ..single }
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
