//! Structures that a few given kernels span.

use crate::Size;

pub(super) fn central_row(size: Size) -> Vec<Vec<f64>> {
    let middle = |[r, _]: [f64; 2]| r == 0.0;
    if size.rows.is_multiple_of(2) { Vec::new() } else { units(size, middle) }
}

pub(super) fn central_column(size: Size) -> Vec<Vec<f64>> {
    let middle = |[_, c]: [f64; 2]| c == 0.0;
    if size.columns.is_multiple_of(2) { Vec::new() } else { units(size, middle) }
}

pub(crate) fn first_order(size: Size) -> Vec<Vec<f64>> {
    let gaussian = gaussian(size);
    vec![
        of(size, |at| at[0] * gaussian(at)), //
        of(size, |at| at[1] * gaussian(at)),
    ]
}

pub(crate) fn second_order(size: Size) -> Vec<Vec<f64>> {
    let (gaussian, variance) = (gaussian(size), deviation(size).powi(2));
    vec![
        of(size, |at| (at[0] * at[0] / variance - 1.0) * gaussian(at)),
        of(size, |at| at[0] * at[1] * gaussian(at)),
        of(size, |at| (at[1] * at[1] / variance - 1.0) * gaussian(at)),
    ]
}

pub(crate) fn smooth_radial(size: Size) -> Vec<Vec<f64>> {
    let powers = if size.rows.min(size.columns) < 5 { 2 } else { 3 };
    let squared = |at: [f64; 2]| at[0] * at[0] + at[1] * at[1];
    (0..powers).map(|power| of(size, |at| squared(at).powi(power))).collect()
}

/// The width of the Gaussian whose slopes are the steerable kernels: a kernel is four of them wide.
pub(crate) fn deviation(size: Size) -> f64 {
    size.rows.max(size.columns) as f64 / 4.0
}

fn gaussian(size: Size) -> impl Fn([f64; 2]) -> f64 {
    let variance = deviation(size).powi(2);
    move |at| (-(at[0] * at[0] + at[1] * at[1]) / (2.0 * variance)).exp()
}

fn of(size: Size, height: impl Fn([f64; 2]) -> f64) -> Vec<f64> {
    size.offsets().map(height).collect()
}

/// Returns a vector for each place that is chosen: 1 there, 0 elsewhere.
fn units(size: Size, chosen: impl Fn([f64; 2]) -> bool) -> Vec<Vec<f64>> {
    let places = size.offsets().enumerate().filter(|(_, at)| chosen(*at));
    let unit = |place: usize| {
        let mut unit = vec![0.0; size.count()];
        unit[place] = 1.0;
        unit
    };
    places.map(|(place, _)| unit(place)).collect()
}
