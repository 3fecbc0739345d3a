//! Permutation tests and intervals over samples.

use convscope_core::Seed;
use convscope_measure::{Pair, PermutationError, bootstrap, permutation_test};
use serde_json::json;

use crate::{measure, normal, prepared, related, value};

#[test]
fn unrelated_layers_are_not_found_and_related_ones_are() {
    let (x, y) = related(40);
    let layers = [prepared(&x), prepared(&normal("other", 40, 7))];
    let others = [prepared(&y), prepared(&normal("unrelated", 40, 5))];
    let (xs, ys) = (layers.each_ref(), others.each_ref());
    for id in ["debiased-cka", "nbs", "squared-procrustes", "mutual-knn"] {
        let test = permutation_test(&*measure(id, json!({})), &xs, &ys, 99, Seed::root(1)).unwrap();
        let number = |table: &[Vec<convscope_core::Value>], i: usize, j: usize| {
            table[i][j].number().unwrap()
        };
        assert!((number(&test.p, 0, 0) - 0.01).abs() < 1e-12, "{id}: the least of 99 orders");
        assert!((number(&test.p_of_table, 0, 0) - 0.01).abs() < 1e-12, "{id}");
        for (i, j) in [(0, 1), (1, 0), (1, 1)] {
            assert!(number(&test.p, i, j) > 0.02, "{id}: {i} {j}");
            assert!(number(&test.p_of_table, i, j) >= number(&test.p, i, j) - 0.05, "{id}");
        }
        let best = &test.scores[0][0];
        let extreme = if id == "squared-procrustes" { 0.0 } else { 100.0 };
        assert_eq!(best.percentile.number(), Some(extreme), "{id}");
        assert_eq!(best.z.number().unwrap() > 3.0, extreme > 50.0, "{id}: {:?}", best.z);
    }
}

#[test]
fn drawn_orders_agree_with_the_closed_form() {
    let (x, y) = (prepared(&normal("x", 30, 4)), prepared(&normal("y", 30, 4)));
    let nbs = permutation_test(&*measure("nbs", json!({})), &[&x], &[&y], 200, Seed::root(1));
    let nbs = nbs.unwrap().scores[0][0].clone();
    assert!(nbs.null_mean.number().is_some() && nbs.z.number().is_some(), "no closed form");
    let cka = measure("cka", json!({}));
    let test = permutation_test(&*cka, &[&x], &[&y], 200, Seed::root(1)).unwrap();
    let score = &test.scores[0][0];
    assert_eq!(score.null_mean, cka.score(Pair::new(&x, &y).unwrap()).null_mean, "kept exact");
    let z = score.z.number().unwrap();
    let percentile = score.percentile.number().unwrap();
    assert_eq!(z > 0.5, percentile > 75.0, "{z} and {percentile}");
}

#[test]
fn p_values_of_unrelated_layers_are_even() {
    let cka = measure("debiased-cka", json!({}));
    let small = (0..200)
        .filter(|trial| {
            let (x, y) = (normal(&format!("x{trial}"), 12, 3), normal(&format!("y{trial}"), 12, 3));
            let (x, y) = (prepared(&x), prepared(&y));
            let test = permutation_test(&*cka, &[&x], &[&y], 19, Seed::root(5)).unwrap();
            test.p[0][0].number().unwrap() < 0.201
        })
        .count();
    // A fifth of 200 with five standard deviations of a binomial count.
    assert!((12..=68).contains(&small), "{small} of 200 at 0.2");
}

#[test]
fn no_orders_and_missing_values_are_said() {
    let (x, y) = (prepared(&normal("x", 10, 12)), prepared(&normal("y", 10, 12)));
    let cca = measure("mean-cca", json!({}));
    let none = permutation_test(&*cca, &[&x], &[&y], 0, Seed::root(1));
    assert_eq!(none.unwrap_err(), PermutationError::NoOrders);
    let test = permutation_test(&*cca, &[&x], &[&y], 3, Seed::root(1)).unwrap();
    assert!(test.p[0][0].reason().is_some() && test.p_of_table[0][0].reason().is_some());
}

#[test]
fn an_interval_holds_the_value_of_the_population() {
    // 20,000 samples stand for all; an interval from 120 should hold it 19 times of 20.
    let (x, y) = related(20_000);
    let whole = value("debiased-cka", &x, &y);
    let cka = measure("debiased-cka", json!({}));
    let held = (0..40)
        .filter(|part| {
            let rows = |m: &faer::Mat<f64>| prepared(&m.subrows(120 * part, 120).to_owned());
            let (x, y) = (rows(&x), rows(&y));
            let pair = Pair::new(&x, &y).unwrap();
            let seed = Seed::root(6).nth(*part as u64);
            let found = bootstrap(&*cka, pair, 100, seed);
            let (low, high) = (found.low.number().unwrap(), found.high.number().unwrap());
            assert!(low < high && found.bias.number().unwrap() > 0.0);
            (low..=high).contains(&whole)
        })
        .count();
    assert!(held >= 32, "{held} of 40 intervals");
}

#[test]
fn a_refused_score_has_no_interval() {
    let (x, y) = (prepared(&normal("x", 10, 12)), prepared(&normal("y", 10, 12)));
    let found =
        bootstrap(&*measure("mean-cca", json!({})), Pair::new(&x, &y).unwrap(), 5, Seed::root(1));
    assert!(found.low.reason().is_some() && found.high.reason().is_some());
}
