//! What the measures promise.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod chance;
mod doors;
mod filters;
mod golden;
mod golden_vector;
mod laws;
mod maps;
mod matching;
mod nulls;
mod numpy;
mod outputs;
mod resampling;
mod rotations;
mod streaming;
mod threads;
mod weights;

use convscope_core::Seed;
use convscope_core::registry::find;
use convscope_measure::{Activations, MEASURES, Measure, Pair, Prepared, Score};
use faer::Mat;
use serde_json::{Value, json};

fn measure(id: &str, settings: Value) -> Box<dyn Measure> {
    (find(MEASURES, "measure", id).unwrap().build)(settings).unwrap()
}

fn prepared(matrix: &Mat<f64>) -> Prepared {
    Prepared::new(&Activations::from_faer(matrix.as_ref()).unwrap())
}

fn score(id: &str, x: &Mat<f64>, y: &Mat<f64>) -> Score {
    score_with(id, json!({}), x, y)
}

fn score_with(id: &str, settings: Value, x: &Mat<f64>, y: &Mat<f64>) -> Score {
    let (x, y) = (prepared(x), prepared(y));
    measure(id, settings).score(Pair::new(&x, &y).unwrap())
}

fn value(id: &str, x: &Mat<f64>, y: &Mat<f64>) -> f64 {
    let score = score(id, x, y);
    score.value.number().unwrap_or_else(|| panic!("{id}: {:?}", score.value))
}

fn normal(seed: &str, rows: usize, columns: usize) -> Mat<f64> {
    let mut draws = Seed::root(4).child(seed).stream();
    Mat::from_fn(rows, columns, |_, _| draws.normal())
}

/// Two layers of 6 and 5 units that share a part.
fn related(n: usize) -> (Mat<f64>, Mat<f64>) {
    let x = normal("x", n, 6);
    let mixing = normal("mixing", 6, 5);
    let y = &x * mixing + normal("noise", n, 5) * faer::Scale(2.0);
    (x, y)
}
