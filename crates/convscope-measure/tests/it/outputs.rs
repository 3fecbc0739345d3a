//! What two networks answer.

use convscope_core::{Seed, Value};
use convscope_measure::{
    OUTPUT_MEASURES, OutputMeasure, OutputPair, Outputs, OutputsError, PermutationError,
    bootstrap_outputs, churn, permutation_test_of_outputs,
};
use faer::Mat;

use crate::golden::draw;

fn measure(id: &str) -> &'static OutputMeasure {
    OUTPUT_MEASURES.iter().find(|measure| measure.id == id).unwrap()
}

fn value(id: &str, pair: &OutputPair) -> Value {
    (measure(id).value)(pair)
}

/// Answers to samples of 3 classes.
fn certain(classes: &[usize]) -> Outputs {
    let one = |class: usize| (0..3).map(move |k| f64::from(u8::from(k == class)));
    Outputs::from_f64(&classes.iter().copied().flat_map(one).collect::<Vec<_>>(), 3).unwrap()
}

fn probabilities(scores: &Mat<f64>) -> Outputs {
    let rows = (0..scores.nrows()).flat_map(|i| {
        let row: Vec<f64> = (0..scores.ncols()).map(|j| scores[(i, j)] + 2.0).collect();
        let sum: f64 = row.iter().sum();
        row.into_iter().map(move |score| score / sum)
    });
    Outputs::from_f64(&rows.collect::<Vec<_>>(), scores.ncols()).unwrap()
}

#[test]
fn values_are_those_of_scipy() {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("../../../../golden/similarity.json")).unwrap();
    let wanted = |key: &str| golden["outputs"][key].as_f64().unwrap();
    let outputs = [5, 6].map(|seed| probabilities(&draw(seed, 30, 4)));
    let [first, second] = outputs;
    let labels = (0..30).map(|i| i % 4).collect();
    let pair = OutputPair::new(first, second, Some(labels)).unwrap();
    for id in ["jensen-shannon", "disagreement", "accuracy-difference"] {
        let got = value(id, &pair).number().unwrap();
        assert!((got - wanted(id)).abs() < 1e-12, "{id}: {got}");
    }
    let churn = churn(&pair).unwrap();
    assert!((churn.newly_wrong - wanted("newly-wrong")).abs() < 1e-12);
    assert!((churn.newly_right - wanted("newly-right")).abs() < 1e-12);
    let all = churn.newly_wrong + churn.newly_right + churn.wrong_otherwise;
    assert!((all - wanted("disagreement")).abs() < 1e-12, "the parts of the disagreement");
}

#[test]
fn a_network_is_like_itself_and_exchange_changes_nothing() {
    let [a, b] = [5, 6].map(|seed| probabilities(&draw(seed, 30, 4)));
    let labels: Vec<usize> = (0..30).map(|i| i % 3).collect();
    let pair = |a: &Outputs, b: &Outputs| {
        OutputPair::new(a.clone(), b.clone(), Some(labels.clone())).unwrap()
    };
    for measure in OUTPUT_MEASURES {
        assert_eq!((measure.value)(&pair(&a, &a)).number(), Some(0.0), "{}", measure.id);
        let (there, back) = ((measure.value)(&pair(&a, &b)), (measure.value)(&pair(&b, &a)));
        assert!((there.number().unwrap() - back.number().unwrap()).abs() < 1e-15);
        assert!(there.number().unwrap() > 0.0, "{}", measure.id);
    }
}

#[test]
fn disjoint_distributions_are_one_bit_apart() {
    let a = Outputs::from_f64(&[1.0, 0.0, 0.0, 0.5, 0.5, 0.0], 3).unwrap();
    let b = Outputs::from_f64(&[0.0, 1.0, 0.0, 0.0, 0.0, 1.0], 3).unwrap();
    let pair = OutputPair::new(a, b, None).unwrap();
    assert!((value("jensen-shannon", &pair).number().unwrap() - 1.0).abs() < 1e-15);
    assert_eq!(value("churn", &pair).reason(), Some("no labels were given"));
    assert_eq!(value("accuracy-difference", &pair).reason(), Some("no labels were given"));
}

#[test]
fn scores_that_are_no_probabilities_are_refused() {
    let error = Outputs::from_f64(&[2.0, -1.0], 2).unwrap_err();
    assert!(error.to_string().contains("sample 0 has a probability of -1"), "{error}");
    let error = Outputs::from_f64(&[0.5, 0.5, 0.5, 0.6], 2).unwrap_err();
    assert!(error.to_string().contains("sample 1 has a sum of 1.1"), "{error}");
    assert!(Outputs::from_f64(&[f64::NAN, 1.0], 2).is_err());
    assert!(matches!(Outputs::from_f64(&[1.0; 3], 2), Err(OutputsError::Shape { .. })));
    let one = || Outputs::from_f64(&[0.5, 0.5], 2).unwrap();
    let two = || Outputs::from_f64(&[0.5, 0.5, 1.0, 0.0], 2).unwrap();
    assert!(matches!(OutputPair::new(one(), two(), None), Err(OutputsError::Unlike(..))));
    let labels = OutputPair::new(one(), one(), Some(vec![2])).unwrap_err();
    assert!(labels.to_string().contains("got a label 2"), "{labels}");
}

#[test]
fn nulls_are_the_moments_over_all_720_orders() {
    let (first, second) = ([0, 1, 2, 1, 0, 0], [0, 2, 2, 1, 1, 0]);
    let labels = [0, 1, 2, 2, 1, 0];
    let pair = |order: &[usize]| {
        // Answers are compared with the label of the sample that they were given to.
        let moved: Vec<usize> = order.iter().map(|i| second[*i]).collect();
        OutputPair::new(certain(&first), certain(&moved), Some(labels.to_vec())).unwrap()
    };
    let right = |answers: &[usize]| -> Vec<bool> {
        answers.iter().zip(labels).map(|(answer, label)| *answer == label).collect()
    };
    let (first_right, second_right) = (right(&first), right(&second));
    let whole = pair(&[0, 1, 2, 3, 4, 5]);
    let orders = crate::nulls::orders(6);
    let of = |values: Vec<f64>| {
        let mean = values.iter().sum::<f64>() / 720.0;
        (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 720.0)
    };
    let differing =
        orders.iter().map(|order| value("disagreement", &pair(order)).number().unwrap());
    let changed = orders.iter().map(|order| {
        let other =
            order.iter().zip(&first_right).filter(|(i, right)| second_right[**i] != **right);
        other.count() as f64 / 6.0
    });
    for (id, (mean, variance)) in
        [("disagreement", of(differing.collect())), ("churn", of(changed.collect()))]
    {
        let null = (measure(id).null)(&whole).unwrap();
        assert!((null.mean - mean).abs() < 1e-13, "{id}: {} and {mean}", null.mean);
        assert!((null.variance - variance).abs() < 1e-13, "{id}: {} and {variance}", null.variance);
        assert!(null.variance > 0.01, "{id}");
    }
    let accuracy = measure("accuracy-difference").score(&whole);
    assert_eq!(accuracy.null_mean, accuracy.value);
    assert_eq!(accuracy.z.reason(), Some("every order of the samples gives this value"));
}

#[test]
fn networks_that_agree_are_far_from_chance_and_unrelated_ones_are_not() {
    let mut draws = Seed::root(3).child("answers").stream();
    let mut drawn =
        |count: usize| -> Vec<usize> { (0..count).map(|_| draws.below(3) as usize).collect() };
    let (labels, unrelated) = (drawn(90), drawn(90));
    let noisy: Vec<usize> = labels
        .iter()
        .enumerate()
        .map(|(i, label)| if i % 4 == 0 { (label + i) % 3 } else { *label })
        .collect();
    let pair =
        |b: &[usize]| OutputPair::new(certain(&noisy), certain(b), Some(labels.clone())).unwrap();
    // Wrong where the first is wrong, and at some more samples.
    let alike: Vec<usize> =
        noisy.iter().enumerate().map(|(i, k)| if i % 11 == 1 { (k + 1) % 3 } else { *k }).collect();
    let pairs = [pair(&alike), pair(&unrelated)];
    for id in ["disagreement", "churn", "jensen-shannon"] {
        let test = permutation_test_of_outputs(measure(id), &pairs.each_ref(), 199, Seed::root(1))
            .unwrap();
        let p: Vec<f64> = test.p[0].iter().map(|p| p.number().unwrap()).collect();
        assert!((p[0] - 0.005).abs() < 1e-12 && p[1] > 0.03, "{id}: {p:?}");
        assert!((test.p_of_table[0][0].number().unwrap() - 0.005).abs() < 1e-12, "{id}");
        let score = &test.scores[0][0];
        assert!(score.z.number().unwrap() < -4.0, "{id}: {:?}", score.z);
        assert_eq!(
            (score.samples, score.units, score.percentile.number()),
            (90, [3, 3], Some(0.0))
        );
        // Drawn orders have the moments of all orders.
        if let Some(null) = (measure(id).null)(&pairs[0]) {
            assert_eq!(score.null_mean.number(), Some(null.mean), "{id}");
        }
        let found = bootstrap_outputs(measure(id), &pairs[0], 200, Seed::root(2));
        let (low, high) = (found.low.number().unwrap(), found.high.number().unwrap());
        let value = score.value.number().unwrap();
        // A share of n independent samples has a standard error of √(p (1 − p) / n).
        let error = (value * (1.0 - value) / 90.0).sqrt();
        let width = (high - low) / (2.0 * 1.96 * error);
        assert!(low < value && value < high && (0.75..1.25).contains(&width), "{id}: {width}");
        assert!(found.bias.number().unwrap().abs() < 0.3 * error, "{id}");
    }
    let none = permutation_test_of_outputs(measure("churn"), &[&pairs[0]], 0, Seed::root(1));
    assert_eq!(none.unwrap_err(), PermutationError::NoOrders);
    let bare = OutputPair::new(certain(&noisy), certain(&alike), None).unwrap();
    let test = permutation_test_of_outputs(measure("churn"), &[&bare], 9, Seed::root(1)).unwrap();
    assert!(test.p[0][0].reason().is_some());
    assert_eq!(test.scores[0][0].null_mean.reason(), Some("no labels were given"));
    assert!(bootstrap_outputs(measure("churn"), &bare, 9, Seed::root(1)).low.reason().is_some());
}
