//! Measures of the best rotation, on layers whose singular values are known.

use convscope_measure::Prepared;
use faer::Mat;
use serde_json::json;

use crate::{normal, prepared, score_with};

const SAMPLES: usize = 200;
const UNITS: usize = 80;

/// Returns the first columns of an orthogonal matrix, none of which sees a mean.
fn centred_basis(seed: &str, rows: usize, columns: usize) -> Mat<f64> {
    let mut drawn = normal(seed, rows, columns + 1);
    drawn.col_as_slice_mut(0).fill(1.0);
    drawn.qr().compute_thin_Q().subcols(1, columns).to_owned()
}

fn rotation(seed: &str) -> Mat<f64> {
    normal(seed, UNITS, UNITS).qr().compute_thin_Q()
}

/// Makes layers Q·diag(s)·W and Q·diag(t)·Z, so that XᵀY has the singular values sᵢ tᵢ.
fn layers(s: &[f64], t: &[f64]) -> [Mat<f64>; 2] {
    let basis = centred_basis("basis", SAMPLES, UNITS);
    let made = |sizes: &[f64], turn: &str| {
        let scaled = Mat::from_fn(SAMPLES, UNITS, |i, j| basis[(i, j)] * sizes[j]);
        scaled * rotation(turn)
    };
    [made(s, "one turn"), made(t, "another")]
}

/// Falls from 1 to 1/condition, evenly in the logarithm.
fn falling(condition: f64) -> Vec<f64> {
    (0..UNITS).map(|i| condition.powf(-(i as f64) / (UNITS - 1) as f64)).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn values_are_those_of_known_singular_values_however_far_they_fall() {
    for condition in [1.0, 5.0, 30.0, 1e2, 1e3, 1e4, 1e5, 1e7, 1e9] {
        let (s, t) = (falling(condition), falling(condition.sqrt() * 2.0));
        let [x, y] = layers(&s, &t);
        let (both, own, other) = (dot(&s, &t), dot(&s, &s), dot(&t, &t));
        let cosine = both / (own * other).sqrt();
        let wanted = [
            ("nbs", cosine),
            ("angular-shape", cosine.acos()),
            ("squared-procrustes", own + other - 2.0 * both),
        ];
        for (id, wanted) in wanted {
            let got = score_with(id, json!({}), &x, &y).value.number().unwrap();
            let error = (got - wanted).abs() / wanted;
            // What the layers themselves are rounded to is a little of it.
            assert!(
                error < 3e-10,
                "{id}, condition {condition}: {got} and not {wanted}, {error:e}"
            );
        }
    }
}

#[test]
fn nearly_the_same_layers_are_as_far_apart_as_they_are() {
    // 1 − cos would be lost in rounding.
    let s = falling(3.0);
    for step in [1e-2, 1e-5, 1e-8] {
        let t: Vec<f64> =
            (0..UNITS).map(|i| s[i] * if i % 2 == 0 { 1.0 + step } else { 1.0 - step }).collect();
        let [x, y] = layers(&s, &t);
        let wanted: f64 = s.iter().zip(&t).map(|(s, t)| (s - t).powi(2)).sum();
        let got = score_with("squared-procrustes", json!({}), &x, &y).value.number().unwrap();
        assert!((got - wanted).abs() < 1e-6 * wanted, "{step}: {got} and not {wanted}");
    }
}

#[test]
fn layers_of_any_size_and_rank_have_a_value() {
    let [x, _] = layers(&falling(10.0), &falling(10.0));
    let least = Mat::from_fn(SAMPLES, UNITS, |i, j| x[(i, j)] * 1e-98);
    let most = Mat::from_fn(SAMPLES, UNITS, |i, j| x[(i, j)] * 1e98);
    // Half of the units are copies: half of the singular values are zero.
    let copied = Mat::from_fn(SAMPLES, UNITS, |i, j| x[(i, j / 2)]);
    let dead = Mat::from_fn(SAMPLES, UNITS, |i, j| if j < 3 { x[(i, j)] } else { 2.0 });
    for layer in [least, most, copied, dead] {
        let same: Prepared = prepared(&layer);
        let measure = crate::measure("nbs", json!({}));
        let score = measure.score(convscope_measure::Pair::new(&same, &same).unwrap());
        assert!((score.value.number().unwrap() - 1.0).abs() < 1e-11, "{:?}", score.value);
    }
}
