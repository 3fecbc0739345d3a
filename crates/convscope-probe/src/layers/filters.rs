//! What the filters of a layer, all kernels of an output, are together.

use rayon::prelude::*;
use statrs::function::gamma::ln_gamma;

use convscope_core::{Stream, Value};

use super::DRAWS;
use super::components::eigen;
use super::cosines::cosines;
use super::judged::{Judged, Level, Sums};
use super::nulls::{Nulls, own};
use super::wishart::Wishart;
use crate::probes::dot;
use crate::{Chance, Layer, Size};

/// What filters are together.
pub(super) struct Filters {
    pub(super) orthogonality: Judged,
    pub(super) one_pattern: Judged,
    pub(super) one_row: Judged,
}

impl Filters {
    /// Looks at all filters of a layer, and at those of its own numbers in random places.
    pub(super) fn new(layer: &Layer, nulls: &Nulls) -> Self {
        let shape = Shape::of(layer);
        let [apart, in_pattern, in_row] = shape.say(layer.numbers());
        let drawn: Vec<[Option<Sums>; 3]> = (0..shape.draws())
            .into_par_iter()
            .map(|draw| shape.say(&own(layer.numbers(), "filters", draw, layer.numbers().len())))
            .collect();
        let permuted = |which: usize, value: f64| {
            let layers: Vec<Sums> = drawn.iter().filter_map(|said| said[which]).collect();
            Level::of_layers(value, &layers)
        };
        let orthogonality = match apart {
            None => Judged::missing("fewer than two filters that are not zeros"),
            Some(apart) => Judged {
                value: Value::of(apart.mean()),
                gaussian: shape.directions_by_chance(&apart, nulls),
                permuted: permuted(0, apart.mean()),
            },
        };
        let pattern = |which: usize, found: Option<Sums>| {
            let Some(matrix) = shape.matrices[which] else {
                return Judged::missing("every filter of this shape is one pattern");
            };
            let Some(found) = found else { return Judged::missing("all filters are zeros") };
            let one = Chance::drawn(one_pattern_by_chance(nulls, matrix));
            let of = |one| Level::of_mean(found.mean(), found.count as usize, &one);
            Judged {
                value: Value::of(found.mean()),
                gaussian: one.map_or_else(|| Level::missing("nothing could be drawn"), of),
                permuted: permuted(1 + which, found.mean()),
            }
        };
        let [one_pattern, one_row] = [pattern(0, in_pattern), pattern(1, in_row)];
        Self { orthogonality, one_pattern, one_row }
    }
}

/// So many steps are taken for layers of own numbers in random places, unless so few layers need more.
const STEPS: usize = 1 << 29;
const FEWEST: usize = 4;

/// How many steps it takes to move a number, and to find one number in a square matrix, which is done with its cube.
const MOVE: usize = 16;
const SOLVE: usize = 32;

/// The shape of filters.
struct Shape {
    filters: usize,
    numbers: usize,
    /// Each filter as a matrix of inputs by places, and of rows by columns; nothing where that has one of either.
    matrices: [Option<Size>; 2],
}

impl Shape {
    fn of(layer: &Layer) -> Self {
        let Size { rows, columns } = layer.size();
        let matrices = [
            Size { rows: layer.inputs(), columns: layer.size().count() },
            Size { rows: layer.inputs() * rows, columns },
        ];
        Self {
            filters: layer.outputs(),
            numbers: layer.inputs() * layer.size().count(),
            matrices: matrices.map(|shape| (shape.rows.min(shape.columns) > 1).then_some(shape)),
        }
    }

    /// Returns how many layers of own numbers in random places are drawn.
    fn draws(&self) -> u64 {
        let solving = |shape: &Size| {
            let side = shape.rows.min(shape.columns);
            shape.count() * side + SOLVE * side.pow(3)
        };
        let each: usize = self.matrices.iter().flatten().map(solving).sum();
        let pairs = self.filters * self.numbers / 2;
        let steps = self.filters * (pairs + MOVE * self.numbers + each);
        (STEPS / steps.max(1)).max(FEWEST).min(DRAWS as usize) as u64
    }

    /// Returns how far pairs of filters stand from each other's directions, one less the cosine, and the shares of the
    /// energy of filters in one pattern of all inputs, and in one row of all rows.
    fn say(&self, numbers: &[f64]) -> [Option<Sums>; 3] {
        let filters: Vec<Vec<f64>> = numbers.chunks_exact(self.numbers).filter_map(unit).collect();
        let [in_pattern, in_row] = self.matrices.map(|shape| {
            let shape = shape?;
            let shares: Vec<f64> =
                filters.par_iter().filter_map(|filter| first_share(filter, shape)).collect();
            Sums::of(shares.into_iter())
        });
        [cosines(&filters).map(Sums::one_less), in_pattern, in_row]
    }

    /// Sets the orthogonality of so many pairs beside that of random directions.
    fn directions_by_chance(&self, apart: &Sums, nulls: &Nulls) -> Level {
        let d = self.numbers as f64;
        let mean = (ln_gamma(d / 2.0) - ln_gamma(f64::midpoint(d, 1.0))).exp()
            / std::f64::consts::PI.sqrt();
        // Cosines of random directions are independent pair by pair.
        let variance = (1.0 / d - mean * mean).max(0.0) / apart.count;
        let level = Level::normal(apart.mean(), 1.0 - mean, variance.sqrt());
        // A count of pairs is that of the filters that are not zeros.
        let count = (2.0 * apart.count).sqrt().ceil() as usize;
        let shape = [count, self.numbers];
        if count * count * self.numbers.min(count) >= MOST {
            return level;
        }
        let draws = nulls.draws("directions", &shape, |draws| {
            let drawn = cosines(&directions(shape, draws)).map(Sums::one_less);
            drawn.map(|apart| apart.mean()).into_iter().collect()
        });
        let percentile = Level::drawn(apart.mean(), &draws.concat()).percentile;
        Level { percentile, ..level }
    }
}

/// The percentile of the orthogonality is drawn where a draw takes fewer products than this.
const MOST: usize = 1 << 21;

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

/// Returns the share of the energy in one product of a column and a row of matrices of normal numbers, drawn.
pub(super) fn one_pattern_by_chance(nulls: &Nulls, shape: Size) -> Vec<f64> {
    let wishart = Wishart { width: shape.columns, count: shape.rows };
    let draws = nulls
        .draws("filters", &[shape.rows, shape.columns], |draws| vec![wishart.shares(draws)[0]]);
    draws.iter().flatten().copied().collect()
}

/// Returns the share of the energy in the nearest product of a column and a row; nothing of zeros.
///
/// The largest of the eigenvalues of the products of all columns, or of all rows, which are as many as there are fewer of.
pub(super) fn first_share(numbers: &[f64], shape: Size) -> Option<f64> {
    let Size { rows, columns } = shape;
    let width = rows.min(columns);
    let mut products = vec![0.0; width * width];
    if columns <= rows {
        for line in numbers.chunks_exact(columns) {
            for (sums, a) in products.chunks_exact_mut(width).zip(line) {
                sums.iter_mut().zip(line).for_each(|(sum, b)| *sum += a * b);
            }
        }
    } else {
        let line = |row: usize| &numbers[row * columns..(row + 1) * columns];
        for (at, sum) in products.iter_mut().enumerate() {
            *sum = dot(line(at / width), line(at % width));
        }
    }
    let (values, _) = eigen(&products, width);
    let whole: f64 = values.iter().sum();
    (whole > 0.0).then(|| values[0] / whole)
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
