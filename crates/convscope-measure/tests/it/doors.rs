//! What is refused, and what is said of numbers that must be read with care.

use convscope_core::registry::find;
use convscope_measure::{
    Activations, ActivationsError, MEASURES, Pair, Precision, Prepared, UnlikeSamples,
};
use faer::Mat;
use serde_json::json;

use crate::{measure, normal, prepared, related, score, score_with};

#[test]
fn matrices_that_no_measure_could_use_do_not_pass_the_door() {
    let of = |numbers: &[f64], units| Activations::from_f64(numbers, units).unwrap_err();
    assert_eq!(of(&[1.0; 7], 2), ActivationsError::Shape { len: 7, units: 2 });
    assert_eq!(of(&[1.0; 7], 0), ActivationsError::Shape { len: 7, units: 0 });
    assert_eq!(of(&[1.0, 2.0, 3.0], 1), ActivationsError::TooFewSamples(3));
    assert_eq!(of(&[0.1; 8], 2), ActivationsError::Constant { samples: 4 });
    assert!(matches!(of(&[0.0, 1e200, 0.0, 1.0], 1), ActivationsError::OutOfRange(_)));
    assert!(matches!(of(&[0.0, 1e-200, 0.0, 1e-201], 1), ActivationsError::OutOfRange(_)));
    let infinite = of(&[0.0, 1.0, 2.0, f64::NEG_INFINITY, 4.0, 5.0, 1.0, 2.0], 2);
    assert_eq!(infinite.to_string(), "sample 1, unit 1 is -inf: every activation must be finite");
    assert!(Activations::from_f32(&[0.0, 1.0, 0.5, 0.25], 1).is_ok());
}

#[test]
fn a_layer_that_varies_by_rounding_only_is_constant() {
    let shaken: Vec<f32> = (0..40).map(|i| 10.0 + (i % 2) as f32 * f32::EPSILON * 8.0).collect();
    let error = Activations::from_f32(&shaken, 4).unwrap_err();
    assert_eq!(error, ActivationsError::Constant { samples: 10 });
}

#[test]
fn a_huge_constant_unit_hides_no_other() {
    let x = normal("x", 40, 3);
    let y = normal("y", 40, 2);
    let with = Mat::from_fn(40, 4, |i, j| if j < 3 { 1e-6 * x[(i, j)] } else { 1e12 });
    for id in ["cka", "mean-cca", "nbs"] {
        let (a, b) = (score(id, &with, &y), score(id, &x, &y));
        let (a, b) = (a.value.number().unwrap(), b.value.number().unwrap());
        assert!((a - b).abs() < 1e-9, "{id}: {a} and {b}");
    }
}

#[test]
fn unlike_numbers_of_samples_are_refused() {
    let (x, y) = (prepared(&normal("a", 10, 2)), prepared(&normal("b", 12, 2)));
    assert_eq!(Pair::new(&x, &y).unwrap_err(), UnlikeSamples(10, 12));
}

#[test]
fn canonical_correlations_of_wide_layers_are_refused_and_the_rest_is_not() {
    let (x, y) = (normal("wide", 12, 20), normal("other", 12, 15));
    let none = ["mean-cca", "squared-cca", "pwcca", "svcca", "regression-r2", "eigenspace-overlap"];
    for entry in MEASURES {
        // A batch of 64 is no setting for 12 samples, nor are 10 neighbours of much use.
        let settings = match entry.id {
            "minibatch-cka" => json!({ "batch": 6 }),
            "svcca" => json!({ "variance": 1.0 }),
            _ => json!({}),
        };
        let score = score_with(entry.id, settings, &x, &y);
        if none.contains(&entry.id) {
            let reason = score.value.reason().unwrap_or_else(|| panic!("{}", entry.id));
            assert!(reason.contains("every canonical correlation is 1"), "{}: {reason}", entry.id);
        } else {
            assert!(score.value.number().is_some(), "{}: {:?}", entry.id, score.value);
        }
    }
}

/// Centred, four samples span three directions: three units have all of them, whatever they say.
#[test]
fn canonical_correlations_end_where_units_are_one_fewer_than_samples() {
    let of = |units| {
        let (x, y) = (normal("few", 12, units), normal("others", 12, 2));
        score("mean-cca", &x, &y).value
    };
    assert!(of(10).number().is_some());
    let said = of(11).reason().unwrap().to_owned();
    assert!(said.starts_with("11 independent directions of 12 samples: from n − 1 on"), "{said}");
}

#[test]
fn directions_kept_for_their_variance_are_not_called_independent() {
    let (x, y) = (normal("x", 400, 48), normal("y", 400, 40));
    let said = |settings| {
        let score = score_with("svcca", settings, &x, &y);
        serde_json::to_string(&score.caveats).unwrap()
    };
    let kept = said(json!({ "variance": 0.9 }));
    assert!(
        kept.contains("hold the share of variance asked for and were kept, of 48 and 40"),
        "{kept}"
    );
    assert!(!kept.contains("independent"), "{kept}");
    assert_eq!(said(json!({ "variance": 1.0 })), "[]", "all directions are kept");
}

#[test]
fn with_a_ridge_canonical_correlations_of_wide_layers_exist_and_are_not_all_one() {
    let (x, y) = (normal("wide", 12, 20), normal("other", 12, 15));
    for id in ["mean-cca", "squared-cca"] {
        let score = score_with(id, json!({ "ridge": 1.0 }), &x, &y);
        let value = score.value.number().unwrap();
        assert!(value > 0.2 && value < 0.8, "{id}: {value}");
        let said = serde_json::to_string(&score.caveats).unwrap();
        assert!(said.contains("11 and 11 independent directions in 20 and 15 units"), "{said}");
        assert!(!said.contains("whatever the data"), "{said}");
        assert!(score.estimator.contains("ridge 1 ‖X‖²/p"), "{}", score.estimator);
        // The less of a ridge, the nearer to the 1 that it keeps off.
        let small = score_with(id, json!({ "ridge": 1e-9 }), &x, &y).value.number().unwrap();
        assert!(small > 0.999, "{id}: {small}");
    }
}

#[test]
fn settings_that_make_no_sense_build_no_measure() {
    for (id, settings, words) in [
        ("svcca", json!({ "variance": 1.5 }), "share of variance"),
        ("svcca", json!({ "variance": 0 }), "share of variance"),
        ("ridge-r2", json!({ "ridge": 0.0 }), "ridge above 0"),
        ("gulp", json!({ "ridge": -1.0 }), "at least 0"),
        ("mean-cca", json!({ "ridge": -0.1 }), "at least 0"),
        ("squared-cca", json!({ "ridge": -3.0 }), "at least 0"),
        ("angular-shape", json!({ "alpha": 2.0 }), "from 0 to 1"),
        ("rbf-cka", json!({ "bandwidth": 0.0 }), "above 0"),
        ("debiased-rbf-cka", json!({ "bandwidth": -1 }), "above 0, got -1"),
        ("mutual-knn", json!({ "k": 0 }), "at least 1 neighbour"),
        ("jaccard-knn", json!({ "k": 0 }), "at least 1 neighbour"),
        ("rank-similarity", json!({ "k": 0 }), "at least 1 neighbour"),
        ("second-order-cosine", json!({ "k": 0 }), "at least 1 neighbour"),
        ("minibatch-cka", json!({ "batch": 3 }), "at least 4 samples, got 3"),
        ("shift-procrustes", json!({ "height": 0 }), "at least 1 row"),
        ("shift-procrustes", json!({ "width": 0 }), "at least 1 column"),
    ] {
        let error = (find(MEASURES, "measure", id).unwrap().build)(settings.clone()).unwrap_err();
        assert!(error.message.contains(words), "{id}: {error}");
        let key = settings.as_object().unwrap().keys().next().unwrap();
        assert_eq!(&error.path, std::slice::from_ref(key), "{id}");
    }
}

#[test]
fn settings_that_do_not_fit_the_layers_leave_a_reason() {
    let (x, y) = related(30);
    for (id, settings, words) in [
        ("mutual-knn", json!({ "k": 30 }), "1 to 29 neighbours"),
        ("minibatch-cka", json!({ "batch": 31 }), "4 to 30"),
        ("shift-procrustes", json!({ "height": 4, "width": 4 }), "no whole number of 4 × 4"),
    ] {
        let score = score_with(id, settings, &x, &y);
        let reason = score.value.reason().unwrap_or_else(|| panic!("{id} has a value"));
        assert!(reason.contains(words), "{id}: {reason}");
    }
    let slip = find(MEASURES, "measure", "debiased-ckr").err().unwrap();
    assert_eq!(slip.nearest.as_deref(), Some("debiased-cka"));
}

#[test]
fn dead_units_are_counted_and_change_no_number() {
    let (x, y) = related(40);
    let dead = Mat::from_fn(40, 8, |i, j| if j < 6 { x[(i, j)] } else { 0.3 });
    for id in ["cka", "debiased-cka", "mean-cca", "pwcca", "nbs", "regression-r2", "rtd-lite"] {
        let (with, without) = (score(id, &dead, &y), score(id, &x, &y));
        let (a, b) = (with.value.number().unwrap(), without.value.number().unwrap());
        assert!((a - b).abs() < 1e-12, "{id}: {a} and {b}");
        assert!(with.caveats.iter().any(|c| c.to_string().starts_with("2 units are constant")));
    }
}

#[test]
fn a_direction_of_rounding_noise_is_no_direction() {
    // The third unit is the sum of the others, in 32 bits and far from zero.
    let x = normal("x", 200, 2);
    let three = |i: usize| {
        let (a, b) = ((10.0 + x[(i, 0)]) as f32, (10.0 + x[(i, 1)]) as f32);
        [a, b, a + b]
    };
    let numbers: Vec<f32> = (0..200).flat_map(three).collect();
    let layer = Prepared::new(&Activations::from_f32(&numbers, 3).unwrap());
    assert_eq!(layer.rank().unwrap(), 2);
}

#[test]
fn rounding_noise_is_that_of_the_precision_the_numbers_came_in() {
    // The third unit is the sum of the others, all with the eleven significant bits of F16.
    let x = normal("x", 200, 2);
    let half =
        |number: f64| f64::from(f32::from_bits(((number as f32).to_bits() + 0x1000) & !0x1fff));
    let three = |i: usize| [x[(i, 0)], x[(i, 1)], x[(i, 0)] + x[(i, 1)]].map(|x| half(10.0 + x));
    let numbers: Vec<f64> = (0..200).flat_map(three).collect();
    let rank = |precision: Precision| {
        let layer = Activations::rounded(&numbers, 3, precision).unwrap();
        Prepared::new(&layer).rank().unwrap()
    };
    assert_eq!((rank(Precision::Half), rank(Precision::Single)), (2, 3));
}

#[test]
fn what_is_known_of_a_score_stands_beside_it() {
    let (x, y) = (normal("wide", 32, 64), normal("other", 32, 64));
    let score = score("cka", &x, &y);
    assert_eq!((score.samples, score.units), (32, [64, 64]));
    assert!(score.value.number().unwrap() > 0.6, "biased towards 1 for unrelated layers");
    assert!((score.null_mean.number().unwrap() - score.value.number().unwrap()).abs() < 0.05);
    assert!(score.z.number().unwrap().abs() < 3.5);
    assert!(score.caveats.iter().any(|caveat| caveat.to_string().starts_with("biased")));
    assert_eq!(score.percentile.reason(), Some("no permutation test was asked for"));
    let written = serde_json::to_value(&score).unwrap();
    assert!(written["caveats"][0].as_str().unwrap().starts_with("biased"));
    assert_eq!(measure("cka", json!({})).estimator(), "linear kernel, biased");
}
