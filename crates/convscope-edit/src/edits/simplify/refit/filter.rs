//! The numbers that lead to one output, fitted.

use convscope_model::Parameter;
use faer::linalg::solvers::{Llt, Solve};
use faer::{Mat, MatRef, Side};

use crate::edits::simplify::bank::wide;
use crate::edits::simplify::form::Form;
use crate::edits::simplify::state::State;

/// A pivot below this share of the largest product makes a system singular.
const SINGULAR: f64 = 1e-9;
/// The weight of the old numbers in a singular system, as a share of the mean product.
const RIDGE: f64 = 1e-6;

/// The numbers that lead to one output: some stay, the others are sums of vectors.
pub(super) struct Filter {
    fixed: Vec<f64>,
    /// Each vector with its places; and how much of it there is now.
    vectors: Vec<(Vec<(usize, f64)>, f64)>,
    free: bool,
}

impl Filter {
    pub(super) fn of(
        state: &State,
        weight: &Parameter,
        bias: Option<&Parameter>,
        output: usize,
        width: usize,
    ) -> Self {
        let start = weight.offset + output * width;
        let mut now: Vec<f64> = wide(&state.weights[start..start + width]);
        now.extend(bias.map(|bias| f64::from(state.weights[bias.offset + output])));
        let mut filter = Self { fixed: vec![0.0; now.len()], vectors: Vec::new(), free: true };
        let mut place = 0;
        while place < now.len() {
            let unit = (place < width).then(|| unit_at(state, start + place)).flatten();
            let Some(unit) = unit else {
                filter.vectors.push((vec![(place, 1.0)], now[place]));
                place += 1;
                continue;
            };
            let range = state.range(unit);
            let length = state.bank(unit).size.count().min(range.end - (start + place));
            filter.add(&state.forms[unit], place, &now[place..place + length]);
            place += length;
        }
        filter
    }

    /// Adds a kernel whose first number is at a place.
    fn add(&mut self, form: &Form, first: usize, now: &[f64]) {
        self.free &= form.is_free();
        let places = first..first + now.len();
        match form {
            Form::Free => {
                self.vectors.extend(places.zip(now).map(|(place, now)| (vec![(place, 1.0)], *now)));
            }
            Form::Within { subspace, .. } => {
                for vector in subspace.basis() {
                    let along = vector.iter().zip(now).map(|(a, b)| a * b).sum();
                    let sparse = places.clone().zip(vector.iter().copied());
                    let sparse = sparse.filter(|(_, value)| *value != 0.0);
                    self.vectors.push((sparse.collect(), along));
                }
            }
            Form::Masked(mask) => {
                let kept = places.zip(now).zip(&**mask).filter(|(_, kept)| **kept);
                self.vectors.extend(kept.map(|((place, now), _)| (vec![(place, 1.0)], *now)));
            }
            Form::Rank { .. } | Form::Levels(_) | Form::Given { .. } => {
                self.fixed[places].copy_from_slice(now);
            }
        }
    }

    /// Returns the numbers that come nearest to the target, and whether that took a ridge.
    pub(super) fn fit(
        &self,
        own: MatRef<'_, f64>,
        target: faer::ColRef<'_, f64>,
        whole: &mut Option<(Llt<f64>, bool)>,
    ) -> (Vec<f64>, bool) {
        let count = self.vectors.len();
        if count == 0 {
            return (self.fixed.clone(), false);
        }
        // own · vectors, from which the reduced system is read off.
        let moved = Mat::from_fn(own.nrows(), count, |row, k| {
            self.vectors[k].0.iter().map(|(place, value)| own[(row, *place)] * value).sum::<f64>()
        });
        let fixed = |row: usize| -> f64 {
            self.fixed.iter().enumerate().map(|(place, value)| own[(row, place)] * value).sum()
        };
        let left: Vec<f64> = (0..own.nrows()).map(|row| target[row] - fixed(row)).collect();
        let along = |k: usize, of: &dyn Fn(usize) -> f64| -> f64 {
            self.vectors[k].0.iter().map(|(place, value)| value * of(*place)).sum()
        };
        let mut right = Mat::from_fn(count, 1, |k, _| along(k, &|place| left[place]));
        let system = || Mat::from_fn(count, count, |i, k| along(i, &|place| moved[(place, k)]));
        let ridge = RIDGE * (0..own.nrows()).map(|k| own[(k, k)]).sum::<f64>() / own.nrows() as f64;
        let (factor, singular) = match whole {
            Some((factor, singular)) if self.free => (factor.clone(), *singular),
            _ => {
                let factored = factored(system(), ridge);
                if self.free {
                    *whole = Some(factored.clone());
                }
                factored
            }
        };
        if singular {
            for (k, (_, now)) in self.vectors.iter().enumerate() {
                right[(k, 0)] += ridge.max(f64::MIN_POSITIVE) * now;
            }
        }
        let shares = factor.solve(&right);
        let mut fitted = self.fixed.clone();
        for (k, (vector, _)) in self.vectors.iter().enumerate() {
            for (place, value) in vector {
                fitted[*place] += shares[(k, 0)] * value;
            }
        }
        (fitted, singular)
    }
}

/// Factors a system, with a ridge if it is singular.
fn factored(mut system: Mat<f64>, ridge: f64) -> (Llt<f64>, bool) {
    let largest = (0..system.nrows()).map(|k| system[(k, k)]).fold(0.0, f64::max);
    let plain = Llt::new(system.as_ref(), Side::Lower);
    if let Ok(plain) = plain {
        let lower = plain.L();
        let least = (0..system.nrows()).map(|k| lower[(k, k)]).fold(f64::INFINITY, f64::min);
        if least * least > SINGULAR * largest {
            return (plain, false);
        }
    }
    // Where nothing at all reaches the layer the ridge is all there is.
    let ridge = if ridge > 0.0 { ridge } else { f64::MIN_POSITIVE };
    (0..system.nrows()).for_each(|k| system[(k, k)] += ridge);
    let factor = Llt::new(system.as_ref(), Side::Lower);
    (factor.expect("products with a ridge are positive"), true)
}

/// Returns the unit that a number of the model belongs to.
fn unit_at(state: &State, place: usize) -> Option<usize> {
    let after = state.units.partition_point(|unit| unit.first <= place);
    let unit = after.checked_sub(1)?;
    state.range(unit).contains(&place).then_some(unit)
}
