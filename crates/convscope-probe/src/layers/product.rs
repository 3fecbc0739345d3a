//! How near filters are to one product of a number for each input, a column and a row.

use rayon::prelude::*;

use super::Ranked;
use super::components::eigen;
use super::filters::unit;
use super::nulls::{Nulls, of_own};
use super::wishart::Wishart;
use crate::probes::dot;
use crate::{Layer, Size};

/// Ranks each filter by its energy in one product; or says why that means nothing.
pub(super) fn one_product(layer: &Layer, nulls: &Nulls) -> Result<Ranked, &'static str> {
    let Size { rows, columns } = layer.size();
    let shape = Shape { inputs: layer.inputs(), rows, columns };
    if [shape.inputs, rows, columns].iter().filter(|side| **side > 1).count() < 2 {
        return Err("every filter of this shape is one product");
    }
    let of = |filter: &[f64]| Some(shape.energy(&unit(filter)?));
    let values: Vec<Option<f64>> =
        (0..layer.outputs()).into_par_iter().map(|output| of(layer.filter(output))).collect();
    if values.iter().all(Option::is_none) {
        return Err("all filters are zeros");
    }
    let gaussian = nulls.draws("products", &[shape.inputs, rows, columns], |draws| {
        // The triangle has the products of the normal numbers' columns, at any count of inputs.
        let (inputs, numbers) = if shape.inputs > shape.count() {
            (shape.count(), Wishart { width: shape.count(), count: shape.inputs }.triangle(draws))
        } else {
            (shape.inputs, (0..shape.inputs * shape.count()).map(|_| draws.normal()).collect())
        };
        let turned = Shape { inputs, ..shape };
        unit(&numbers).map(|filter| turned.energy(&filter)).into_iter().collect()
    });
    let permuted = of_own(layer, "products", shape.inputs * shape.count(), of);
    Ranked::drawn(values, gaussian.iter().flatten().copied(), permuted.into_iter())
}

/// How many numbers a filter has in each direction.
#[derive(Debug, Clone, Copy)]
struct Shape {
    inputs: usize,
    rows: usize,
    columns: usize,
}

/// So many directions of rows, and of columns, are begun with.
const BEGUN: usize = 3;

/// Sweeps end when the energy grows by less than this share, or after so many.
const GAIN: f64 = 1e-13;
const SWEEPS: usize = 2000;

impl Shape {
    fn count(self) -> usize {
        self.rows * self.columns
    }

    /// Returns the share of the energy that alternating least squares finds for a filter of length 1.
    fn energy(self, filter: &[f64]) -> f64 {
        let shorter: Vec<f64>;
        let filter = if self.inputs > self.count() {
            shorter = triangle(filter, self.count());
            &shorter
        } else {
            filter
        };
        let [down, right] = self.begun(filter);
        let begun = down.iter().flat_map(|column| right.iter().map(move |row| (column, row)));
        begun.map(|(column, row)| self.climb(filter, column, row)).fold(0.0, f64::max).min(1.0)
    }

    /// Returns the first singular vectors of all rows, and of all columns, of the filter's kernels.
    fn begun(self, filter: &[f64]) -> [Vec<Vec<f64>>; 2] {
        let Self { rows, columns, .. } = self;
        let mut across = [vec![0.0; rows * rows], vec![0.0; columns * columns]];
        for kernel in filter.chunks_exact(self.count()) {
            for (place, a) in kernel.iter().enumerate() {
                let (r, c) = (place / columns, place % columns);
                (0..rows).for_each(|o| across[0][r * rows + o] += a * kernel[o * columns + c]);
                (0..columns)
                    .for_each(|o| across[1][c * columns + o] += a * kernel[r * columns + o]);
            }
        }
        let [down, right] = across;
        [(down, rows), (right, columns)].map(|(products, width)| {
            let (_, mut vectors) = eigen(&products, width);
            vectors.truncate(BEGUN);
            vectors
        })
    }

    /// Improves numbers, column and row in turn, each by least squares, and returns the energy at the end.
    fn climb(self, filter: &[f64], column: &[f64], row: &[f64]) -> f64 {
        let (mut column, mut row) = (column.to_vec(), row.to_vec());
        let mut best = 0.0;
        for _ in 0..SWEEPS {
            let product: Vec<f64> =
                column.iter().flat_map(|down| row.iter().map(move |right| down * right)).collect();
            let kernels = filter.chunks_exact(self.count());
            let numbers: Vec<f64> = kernels.clone().map(|kernel| dot(kernel, &product)).collect();
            let energy = dot(&numbers, &numbers);
            if energy <= best * (1.0 + GAIN) {
                break;
            }
            best = energy;
            let mut pattern = vec![0.0; self.count()];
            for (kernel, number) in kernels.zip(&numbers) {
                pattern.iter_mut().zip(kernel).for_each(|(sum, value)| *sum += number * value);
            }
            column = pattern.chunks_exact(self.columns).map(|line| dot(line, &row)).collect();
            let Some(unit_column) = unit(&column) else { break };
            column = unit_column;
            let along = |c: usize| {
                let values = pattern.iter().skip(c).step_by(self.columns);
                values.zip(&column).map(|(value, down)| value * down).sum()
            };
            row = (0..self.columns).map(along).collect();
            let Some(unit_row) = unit(&row) else { break };
            row = unit_row;
        }
        best
    }
}

/// Returns the triangle R of QR of a matrix with so many columns, not more than it has rows.
///
/// Rotations among inputs change no energy of a product, and R has as many inputs as a kernel has numbers.
fn triangle(matrix: &[f64], columns: usize) -> Vec<f64> {
    let mut left: Vec<Vec<f64>> =
        (0..columns).map(|c| matrix.iter().skip(c).step_by(columns).copied().collect()).collect();
    let mut triangle = vec![0.0; columns * columns];
    for place in 0..columns {
        let (done, rest) = left.split_at_mut(place + 1);
        let own = &mut done[place];
        let length = dot(own, own).sqrt();
        triangle[place * columns + place] = length;
        if length > 0.0 {
            for value in own.iter_mut() {
                *value /= length;
            }
        }
        for (other, cell) in rest.iter_mut().zip(&mut triangle[place * columns + place + 1..]) {
            *cell = dot(own, other);
            other.iter_mut().zip(&*own).for_each(|(value, own)| *value -= *cell * own);
        }
    }
    triangle
}
