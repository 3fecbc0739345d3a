//! Snapping: structures, bits, budgets and controls.

use std::collections::BTreeMap;

use convscope_edit::{EditError, Edited, KernelForm, Kernels, snap_alone};
use convscope_probe::{Catalogue, Grid, Size, singular};
use convscope_train::Piece;
use serde_json::json;

use crate::trained::{Model, normed, one_layer, simple, value};

const NOISY: [f32; 25] = [
    0.0, 0.1, 0.0, 0.0, 0.0, //
    1.0, 1.0, 1.1, 0.5, 0.9, //
    3.0, 3.3, 3.1, 2.9, 3.2, //
    1.1, 1.0, 1.1, 0.9, 1.0, //
    0.1, 0.3, 0.1, 0.1, 0.1,
];

fn wide(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|number| f64::from(*number)).collect()
}

#[test]
fn the_noisy_kernel_of_the_source_becomes_identical_mirrored_columns() {
    let kernels = Kernels { name: "source".into(), sides: [5, 5], numbers: NOISY.to_vec() };
    for settings in [json!({ "precision": 32 }), json!({ "precision": 32, "tolerance": 0.02 })] {
        let snapped = snap_alone(settings, std::slice::from_ref(&kernels)).unwrap();
        assert_eq!(snapped.forms[0].form, "identical-columns-mirrored");
        for (row, wanted) in snapped.weights.chunks(5).zip([0.08, 0.96, 3.10, 0.96, 0.08]) {
            assert!(row.iter().all(|value| (value - wanted).abs() < 1e-6), "{row:?}");
        }
    }
    let rounded = snap_alone(json!({}), &[kernels]).unwrap();
    let step = 3.3 / 127.0;
    for (value, wanted) in rounded.weights.iter().zip(NOISY) {
        let levels = f64::from(*value) / step;
        assert!((levels - levels.round()).abs() < 1e-4, "{value} is not on the grid");
        assert!((value - wanted).abs() < 0.5);
    }
}

/// Checks that each kernel has the structure that is told of it, and returns how many bits that takes.
pub(crate) fn checked_bits(model: &Model, edited: &Edited, precision: u32) -> f64 {
    let catalogue = |size| Catalogue::new(size);
    let mut bits = 0.0;
    for part in convscope_model::part::kernels(&model.net) {
        let size = Size { rows: part.sides.unwrap()[0], columns: part.sides.unwrap()[1] };
        let (catalogue, numbers) = (catalogue(size), wide(&edited.weights[part.range.clone()]));
        let form = &edited.forms.iter().find(|own| own.range == part.range).unwrap().form;
        // One rule for `convscope kernels` and edits.
        let descriptions = catalogue.descriptions(&numbers, Grid::of(&numbers, precision));
        bits += descriptions.iter().find(|own| own.structure.id == form).unwrap().bits;
        if let Some(subspace) = catalogue.subspace(form) {
            let energy = subspace.energy(&numbers).unwrap_or(1.0);
            assert!(energy > 1.0 - 1e-12, "{} is no {form}: {energy}", part.name);
        } else if form == "separable" {
            let values = singular(&numbers, size).values;
            assert!(values[1] <= 1e-6 * values[0], "{} has rank 2", part.name);
        }
    }
    bits
}

#[test]
fn kernels_lie_in_their_structures_and_take_no_more_bits_than_were_asked_for() {
    let model = simple(5);
    for share in [0.8, 0.5, 0.2] {
        for choose in ["code-length", "least-loss"] {
            let edited = model.edit("snap", json!({ "bits": share, "choose": choose }));
            let bits = checked_bits(model, &edited, 8);
            assert!((bits - value(&edited, "bits")).abs() < 1e-6, "{bits}");
            let of_free = bits / value(&edited, "bits-free");
            assert!(of_free <= share + 1e-9 && of_free > share - 0.06, "{of_free} for {share}");
            assert!((of_free - value(&edited, "bits-share")).abs() < 1e-9);
        }
    }
    let free = model.edit("snap", json!({ "bits": 1.0, "choose": "least-loss" }));
    assert!((value(&free, "bits-share") - 1.0).abs() < 1e-12, "nothing but rounding");
    assert!(value(&free, "kernels-snapped") < 0.5);
    // The linear layer and the biases are left alone.
    for (parameter, own) in model.net.parameters().iter().zip(0..) {
        let same = free.weights[parameter.range()] == model.weights[parameter.range()];
        assert_eq!(same, parameter.dimensions.len() != 4, "{} ({own})", parameter.name);
    }
}

#[test]
fn more_bits_cost_less_of_the_loss_and_predictions_have_its_order() {
    let model = simple(5);
    let loss = |share: f64| {
        let edited = model.edit("snap", json!({ "bits": share, "choose": "least-loss" }));
        (value(&edited, "calibration-loss"), value(&edited, "predicted-loss-change"))
    };
    let (most, half, least) = (loss(0.9), loss(0.5), loss(0.1));
    assert!(most.0 < half.0 + 0.01 && half.0 < least.0, "{most:?} {half:?} {least:?}");
    assert!(least.1 > most.1 && least.1 > half.1, "{most:?} {half:?} {least:?}");
}

#[test]
fn a_budget_is_kept_and_spent() {
    let model = simple(7);
    let before = model.loss(&model.weights);
    let snap = |budget: f64| {
        let more = json!({ "budget": budget, "choose": "least-loss" });
        let edited = model.edit("snap", more);
        let loss = model.loss(&edited.weights);
        assert!(loss <= before + budget, "{loss} after {before} with {budget}");
        assert!((loss - value(&edited, "calibration-loss")).abs() < 1e-12);
        assert!((before - value(&edited, "calibration-loss-before")).abs() < 1e-12);
        checked_bits(model, &edited, 8)
    };
    let (little, much) = (snap(0.01), snap(0.2));
    assert!(much < little, "{much} bits for a large budget, {little} for a small one");
    let tolerant = model.edit("snap", json!({ "budget": 0.05, "tolerance": 0.2 }));
    assert!(model.loss(&tolerant.weights) <= before + 0.05);
    let refused = model.try_edit("snap", &json!({ "budget": 0.0, "precision": 2 }), 1).unwrap_err();
    assert!(matches!(refused, EditError::Budget { precision: 2, .. }), "{refused}");
}

#[test]
fn rounds_and_refits_keep_the_target() {
    let model = simple(5);
    for more in [json!({ "rounds": 4 }), json!({ "rounds": 3, "refit": true })] {
        let mut settings = json!({ "bits": 0.4, "choose": "least-loss" });
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let edited = model.edit("snap", settings.clone());
        let bits = checked_bits(model, &edited, 8);
        assert!(bits <= 0.4 * value(&edited, "bits-free") + 1e-6, "{settings}");
        let rounds = edited.notes.iter().find(|note| note.name == "simplification-rounds").unwrap();
        assert_eq!(rounds.rows.len() as u64, settings["rounds"].as_u64().unwrap());
    }
    let before = model.loss(&model.weights);
    let edited = model
        .edit("snap", json!({ "budget": 0.1, "rounds": 3, "refit": true, "choose": "least-loss" }));
    assert!(model.loss(&edited.weights) <= before + 0.1);
}

/// Counts the kernels of each number of free dimensions, layer by layer.
fn dimensions(edited: &Edited) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for own in &edited.forms {
        *counts.entry(own.form.clone()).or_insert(0) += 1;
    }
    counts
}

#[test]
fn controls_take_the_same_bits_and_as_many_kernels() {
    let model = simple(5);
    let with = |more: &[(&str, &str)]| {
        let mut settings = json!({ "bits": 0.6, "choose": "least-loss" });
        for (key, value) in more {
            settings[*key] = json!(value);
        }
        model.edit("snap", settings)
    };
    let snapped = with(&[]);
    let dealt = with(&[("order", "random")]);
    let drawn = with(&[("into", "random-subspaces")]);
    let both = with(&[("into", "random-subspaces"), ("order", "random")]);
    for control in [&dealt, &drawn, &both] {
        for name in ["bits", "kernels-snapped"] {
            assert!((value(control, name) - value(&snapped, name)).abs() < 1e-9, "{name}");
        }
        assert!(value(control, "calibration-loss") > value(&snapped, "calibration-loss"));
    }
    assert_eq!(dimensions(&dealt), dimensions(&snapped));
    assert_ne!(dealt.forms, snapped.forms);
    // Drawn subspaces take the place of structures, kernel by kernel, with as many dimensions.
    let kept = |settings: serde_json::Value| {
        let edited = model.edit("snap", settings);
        let pieces: Vec<Piece> =
            edited.handling.iter().flat_map(|(_, own)| own.pieces.to_vec()).collect();
        pieces.iter().map(|piece| piece.freedom(25)).collect::<Vec<_>>()
    };
    let mut settings = json!({ "bits": 0.6, "choose": "least-loss", "then": "keep" });
    let structures = kept(settings.clone());
    settings["into"] = json!("random-subspaces");
    assert_eq!(kept(settings), structures);
    for own in drawn.forms.iter().zip(&snapped.forms) {
        assert_eq!(own.0.form == "free", own.1.form == "free");
    }
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let model = simple(5);
    let normed = normed();
    for settings in [
        json!({ "bits": 0.5, "rounds": 2, "refit": true }),
        json!({ "budget": 0.1, "choose": "least-loss" }),
        json!({ "bits": 0.5, "into": "random-subspaces", "order": "random" }),
    ] {
        for model in [model, normed] {
            let [one, three] =
                [1, 3].map(|threads| model.try_edit("snap", &settings, threads).unwrap());
            assert_eq!(one, three, "{settings}");
        }
    }
}

#[test]
fn what_training_does_with_snapped_kernels_is_said_for_each() {
    let model = simple(5);
    let handling = |then: &str| {
        let edited =
            model.edit("snap", json!({ "bits": 0.6, "choose": "least-loss", "then": then }));
        (edited.handling.clone(), edited)
    };
    assert!(handling("free").0.is_empty());
    for then in ["freeze", "keep"] {
        let (handling, edited) = handling(then);
        for (parameter, own) in &handling {
            let place = &model.net.parameters()[*parameter];
            assert_eq!(place.len(), own.pieces.len() * 25);
            let within = |form: &&KernelForm| place.range().contains(&form.range.start);
            let forms: Vec<_> = edited.forms.iter().filter(within).collect();
            assert_eq!(forms.len(), own.pieces.len());
            for (piece, own) in own.pieces.iter().zip(forms) {
                let wanted = match (own.form.as_str(), then) {
                    ("free", _) => matches!(piece, Piece::Free),
                    (_, "freeze") => matches!(piece, Piece::Frozen),
                    ("separable", _) => matches!(piece, Piece::Separable(_)),
                    _ => matches!(piece, Piece::Within(_)),
                };
                assert!(wanted, "{piece:?} for {} and {then}", own.form);
            }
        }
    }
}

#[test]
fn statistics_of_batch_norms_follow_kernels_that_changed() {
    let model = normed();
    let trained = model.net.parameter_count();
    let edited = model.edit("snap", json!({ "bits": 0.15, "choose": "least-loss" }));
    assert_ne!(edited.weights[trained..], model.weights[trained..]);
    // Means over all images of what the first convolution leaves, by hand.
    let mut refreshed = edited.weights.clone();
    model.calibration(2).refresh(&model.net, &mut refreshed);
    let mut sums = [0.0; 4];
    let samples = convscope_engine::Samples { pixels: model.images.pixels(), labels: &[] };
    let mut executor =
        convscope_engine::Executor::new(&model.net, 60, convscope_engine::Level::detect());
    executor.capture(&refreshed, samples, 0, |_, values| {
        for (sum, map) in sums.iter_mut().zip(values.chunks(values.len() / 4)) {
            *sum += map.iter().map(|value| f64::from(*value)).sum::<f64>() / map.len() as f64;
        }
    });
    for (sum, own) in sums.iter().zip(&refreshed[trained..]) {
        assert!((sum / 60.0 - f64::from(*own)).abs() < 1e-5, "{sums:?} {own}");
    }
}

#[test]
fn what_cannot_be_snapped_is_refused() {
    let refused = |settings: serde_json::Value| crate::edit("snap", settings).err().unwrap();
    for (settings, key) in [
        (json!({ "bits": 0.5 }), "calibrate"),
        (json!({ "refit": true }), "calibrate"),
        (json!({ "bits": 0.0, "calibrate": "train" }), "bits"),
        (json!({ "bits": 1.5, "calibrate": "train" }), "bits"),
        (json!({ "budget": -0.1, "calibrate": "train" }), "budget"),
        (json!({ "budget": 0.1, "bits": 0.5, "calibrate": "train" }), "budget"),
        (json!({ "precision": 1 }), "precision"),
        (json!({ "tolerance": 1.0 }), "tolerance"),
        (json!({ "rounds": 0 }), "rounds"),
        (json!({ "samples": 0 }), "samples"),
        (json!({ "choose": "best" }), "choose"),
        (json!({ "choose": "least-loss" }), "choose"),
    ] {
        assert_eq!(refused(settings.clone()).path, [key], "{settings}");
    }
    let model = simple(5);
    let misfit = |net: &convscope_model::Net, settings: serde_json::Value| {
        crate::edit("snap", settings).unwrap().fits(net, 0).unwrap_err()
    };
    assert!(misfit(&one_layer(1), json!({})).message.contains("no convolution with kernels"));
    assert_eq!(misfit(&model.net, json!({ "on": ["cnv*"] })).path, ["on", "0"]);
    assert_eq!(misfit(&model.net, json!({ "on": ["*.bias"] })).path, ["on"]);
    let impossible = model.try_edit("snap", &json!({ "bits": 0.01 }), 1).unwrap_err();
    assert!(
        matches!(&impossible, EditError::Bits { least, .. } if least.starts_with("0.0")),
        "{impossible}"
    );
    let weights = vec![f32::NAN; model.weights.len()];
    let broken = Model { net: model.net.clone(), weights, images: model.images.clone() };
    let refused = broken.try_edit("snap", &json!({ "bits": 0.5 }), 1).unwrap_err();
    assert!(refused.to_string().contains("`conv1.weight` holds a weight of NaN"), "{refused}");
}
