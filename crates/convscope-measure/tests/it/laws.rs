//! Every measure keeps every promise, and none that it does not make.

use convscope_core::{Seed, registry::Entry};
use convscope_measure::{Change, MEASURES, Measure, Pair};
use faer::{Mat, Scale};
use serde_json::{Value, json};

use crate::{normal, prepared, related};

/// Samples of the trials: more than one batch of `minibatch-cka`.
const SAMPLES: usize = 150;
/// What rounding may do to a value of about 1.
const SAME: f64 = 1e-9;
/// What a change that is seen does at least.
const SEEN: f64 = 1e-5;

/// Every measure as it is by default, and those whose laws depend on a setting in other settings.
fn trials() -> Vec<(String, Box<dyn Measure>)> {
    let others = [
        ("rsa", json!({ "dissimilarity": "euclidean", "compare": "pearson" })),
        ("rsa", json!({ "dissimilarity": "correlation", "compare": "pearson" })),
        ("rsa", json!({ "dissimilarity": "euclidean", "compare": "kendall-tau-a" })),
        ("mutual-knn", json!({ "near": "euclidean" })),
        ("jaccard-knn", json!({ "near": "euclidean" })),
        ("rank-similarity", json!({ "near": "euclidean" })),
        ("angular-shape", json!({ "alpha": 0.0 })),
        ("angular-shape", json!({ "alpha": 0.5 })),
        ("gulp", json!({ "ridge": 0.0 })),
        ("pwcca", json!({ "weights": "second" })),
        ("mean-cca", json!({ "ridge": 0.5 })),
        ("squared-cca", json!({ "ridge": 0.5 })),
        ("shift-procrustes", json!({ "height": 1, "width": 2 })),
    ];
    let built = |entry: &Entry<dyn Measure>, settings: Value| {
        (format!("{} {settings}", entry.id), (entry.build)(settings).unwrap())
    };
    let defaults = MEASURES.iter().map(|entry| built(entry, json!({})));
    let others = others.into_iter().map(|(id, settings)| {
        built(MEASURES.iter().find(|entry| entry.id == id).unwrap(), settings)
    });
    defaults.chain(others).collect()
}

fn pair(measure: &dyn Measure, x: &Mat<f64>, y: &Mat<f64>) -> f64 {
    let (x, y) = (prepared(x), prepared(y));
    measure.score(Pair::new(&x, &y).unwrap()).value.number().unwrap()
}

/// Two layers of 6 and 4 units away from the origin, with unlike units.
fn layers() -> (Mat<f64>, Mat<f64>) {
    let (x, y) = related(SAMPLES);
    let moved = |m: &Mat<f64>, columns: usize| {
        Mat::from_fn(SAMPLES, columns, |i, j| m[(i, j)] * (0.5 + j as f64) + 0.2 * j as f64)
    };
    (moved(&x, 6), moved(&y, 4))
}

#[test]
fn a_layer_compared_with_itself_gives_the_declared_value() {
    let (x, _) = layers();
    for (name, measure) in trials() {
        let own = pair(&*measure, &x, &x);
        match measure.laws().of_self {
            Some(declared) => assert!((own - declared).abs() < SAME, "{name}: {own}"),
            None => assert!(own.is_finite(), "{name}: {own}"),
        }
    }
}

#[test]
fn measures_are_symmetric_exactly_where_they_say_so() {
    let (x, y) = layers();
    for (name, measure) in trials() {
        let (there, back) = (pair(&*measure, &x, &y), pair(&*measure, &y, &x));
        let apart = (there - back).abs() / there.abs().max(1.0);
        let declared = measure.laws().symmetric;
        assert_eq!(apart < SAME, declared, "{name}: {there} and {back}");
        assert!(declared || apart > SEEN, "{name}: {there} and {back}");
    }
}

#[test]
fn declared_changes_are_not_seen_and_all_others_are() {
    let (x, y) = layers();
    for (name, measure) in trials() {
        let before = pair(&*measure, &x, &y);
        for change in Change::ALL {
            let seen = changed(change, &x, &y)
                .iter()
                .map(|(x, y)| (pair(&*measure, x, y) - before).abs() / before.abs().max(1.0))
                .fold(0.0, f64::max);
            let declared = measure.laws().unchanged_by.contains(&change);
            assert!(!declared || seen < SAME, "{name} sees {change:?}: {seen:e}");
            assert!(declared || seen > SEEN, "{name} does not see {change:?}: {seen:e}");
        }
    }
}

/// The pair with either layer changed, or both where the change is of samples.
fn changed(change: Change, x: &Mat<f64>, y: &Mat<f64>) -> Vec<(Mat<f64>, Mat<f64>)> {
    if change == Change::SampleOrder {
        let order = order(SAMPLES);
        let rows = |m: &Mat<f64>| Mat::from_fn(SAMPLES, m.ncols(), |i, j| m[(order[i], j)]);
        return vec![(rows(x), rows(y))];
    }
    vec![(one(change, x), y.clone()), (x.clone(), one(change, y))]
}

fn one(change: Change, x: &Mat<f64>) -> Mat<f64> {
    let p = x.ncols();
    match change {
        Change::Orthogonal => x * normal("rotation", p, p).qr().compute_Q(),
        Change::Linear => x * normal("basis", p, p),
        Change::Scale => x * Scale(3.7),
        Change::Translation => Mat::from_fn(SAMPLES, p, |i, j| x[(i, j)] + 1.0 + 2.0 * j as f64),
        Change::UnitOrder => {
            let order = order(p);
            Mat::from_fn(SAMPLES, p, |i, j| x[(i, order[j])])
        }
        Change::SampleOrder => unreachable!("samples of both layers change together"),
    }
}

fn order(n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    Seed::root(9).child("order").stream().shuffle(&mut order);
    order
}
