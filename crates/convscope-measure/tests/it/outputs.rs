//! What two networks answer.

use convscope_core::Value;
use convscope_measure::{OUTPUT_MEASURES, OutputPair, Outputs, OutputsError, churn};
use faer::Mat;

use crate::golden::draw;

fn value(id: &str, pair: &OutputPair) -> Value {
    (OUTPUT_MEASURES.iter().find(|measure| measure.id == id).unwrap().value)(pair)
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
