//! Closed-form nulls are the moments over all orders.

use convscope_measure::Pair;
use faer::Mat;
use serde_json::{Value, json};

use crate::{measure, normal, prepared};

/// Every order of `n` samples.
pub(crate) fn orders(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let with_last = |shorter: Vec<usize>| {
        (0..n).map(move |place| {
            let mut order = shorter.clone();
            order.insert(place, n - 1);
            order
        })
    };
    orders(n - 1).into_iter().flat_map(with_last).collect()
}

#[test]
fn means_and_variances_are_exact_over_all_720_orders() {
    let (x, y) = (normal("x", 6, 3), normal("y", 6, 2));
    let wide = normal("wide", 6, 9);
    let orders = orders(6);
    assert_eq!(orders.len(), 720);
    let cases: [(&str, Value, &Mat<f64>); 14] = [
        ("cka", json!({}), &x),
        ("cka", json!({}), &wide),
        ("debiased-cka", json!({}), &x),
        ("debiased-cka", json!({}), &wide),
        ("rbf-cka", json!({}), &x),
        ("debiased-rbf-cka", json!({}), &x),
        ("debiased-distance-correlation", json!({}), &x),
        ("squared-cca", json!({}), &x),
        ("squared-cca", json!({ "ridge": 0.2 }), &x),
        ("squared-cca", json!({ "ridge": 0.2 }), &wide),
        ("regression-r2", json!({}), &x),
        ("ridge-r2", json!({}), &wide),
        ("mutual-knn", json!({ "k": 2 }), &x),
        ("mutual-knn", json!({ "k": 3, "near": "euclidean" }), &wide),
    ];
    for (id, settings, x) in cases {
        let measure = measure(id, settings);
        let first = prepared(x);
        let values: Vec<f64> = orders
            .iter()
            .map(|order| {
                let second = prepared(&Mat::from_fn(6, 2, |i, j| y[(order[i], j)]));
                measure.estimate(Pair::new(&first, &second).unwrap()).unwrap().value
            })
            .collect();
        let mean = values.iter().sum::<f64>() / 720.0;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 720.0;
        let second = prepared(&y);
        let null = measure.estimate(Pair::new(&first, &second).unwrap()).unwrap().null.unwrap();
        assert!((null.mean - mean).abs() < 1e-13, "{id}: mean {} and {mean}", null.mean);
        assert!((null.variance - variance).abs() < 1e-13, "{id}: {} and {variance}", null.variance);
    }
}
