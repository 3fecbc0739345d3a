//! Kernels rounded again after training.

use std::collections::BTreeSet;

use convscope_core::Seed;
use convscope_edit::Edited;
use serde_json::{Value, json};

use crate::snapped::checked_bits;
use crate::trained::{Model, simple, value};

/// An edit, and the model after a training that moves every number that it may.
struct Tuned {
    edited: Edited,
    trained: Vec<f32>,
    rounded: Edited,
}

fn tuned(model: &Model, id: &str, mut settings: Value, layers: &[&str]) -> Tuned {
    settings["round-again"] = json!(true);
    let edited = model.edit(id, settings);
    let mut trained = edited.weights.clone();
    let mut draws = Seed::root(5).stream();
    for (index, own) in model.net.parameters().iter().enumerate() {
        if !layers.contains(&model.net.layers()[own.layer].name.as_str()) {
            continue;
        }
        let numbers = &mut trained[own.range()];
        let before = numbers.to_vec();
        for number in numbers.iter_mut() {
            *number += 0.05 * draws.normal() as f32;
        }
        let handled = edited.handling.iter().find(|(parameter, _)| *parameter == index);
        let Some((_, handling)) = handled else { continue };
        // As training does: what is frozen stays, the rest is brought back to its form.
        for (place, piece) in handling.pieces.iter().enumerate() {
            if *piece == convscope_train::Piece::Frozen {
                numbers[place * 25..][..25].copy_from_slice(&before[place * 25..][..25]);
            }
        }
        handling.project(numbers);
    }
    let rounded = edited.rounding.as_ref().unwrap().round(trained.clone());
    Tuned { edited, trained, rounded }
}

/// Checks that the free kernels of each layer lie on the grid of its largest size before rounding.
fn on_grid(model: &Model, tuned: &Tuned) -> usize {
    let mut seen = 0;
    for own in model.net.parameters().iter().filter(|own| own.dimensions.len() == 4) {
        let largest =
            tuned.trained[own.range()].iter().fold(0.0_f32, |most, weight| most.max(weight.abs()));
        let step = f64::from(largest) / 127.0;
        let within = |start: usize| own.range().contains(&start);
        for form in tuned.rounded.forms.iter().filter(|form| within(form.range.start)) {
            if form.form != "free" {
                continue;
            }
            for place in form.range.clone() {
                let [before, after] =
                    [tuned.trained[place], tuned.rounded.weights[place]].map(f64::from);
                let levels = after / step;
                assert!((levels - levels.round()).abs() < 1e-3, "{after} in steps of {step}");
                assert!((after - before).abs() <= 0.5001 * step, "{before} became {after}");
                seen += 1;
            }
        }
    }
    seen
}

const BOTH: [&str; 4] = ["conv1", "conv2", "fc", "fc1"];

#[test]
fn kernels_that_stayed_in_their_form_keep_their_bits_and_are_on_the_grid_again() {
    let model = simple(5);
    for then in ["keep", "freeze"] {
        let settings = json!({ "bits": 0.6, "choose": "least-loss", "then": then });
        let tuned = tuned(model, "snap", settings, &BOTH);
        let Tuned { edited, trained, rounded } = &tuned;
        assert_eq!(rounded.forms, edited.forms);
        assert!((value(rounded, "bits") - value(edited, "bits")).abs() < 1e-9);
        assert!((checked_bits(model, rounded, 8) - value(rounded, "bits")).abs() < 1e-6);
        assert!(on_grid(model, &tuned) > 100, "some kernels are free");
        assert_ne!(rounded.weights, *trained);
        // Numbers of a structure are few: as many different ones as it has dimensions, up to sign.
        let constant = rounded.forms.iter().filter(|own| own.form == "constant");
        for own in constant {
            let different: BTreeSet<u32> =
                rounded.weights[own.range.clone()].iter().map(|weight| weight.to_bits()).collect();
            assert_eq!(different.len(), 1);
        }
        // Linear layers and biases are no kernels.
        for own in model.net.parameters().iter().filter(|own| own.dimensions.len() != 4) {
            assert_eq!(rounded.weights[own.range()], trained[own.range()], "{}", own.name);
        }
    }
}

#[test]
fn a_control_s_random_subspaces_are_held_too() {
    let model = simple(5);
    let settings =
        json!({ "bits": 0.6, "choose": "least-loss", "into": "random-subspaces", "then": "keep" });
    let Tuned { edited, rounded, .. } = tuned(model, "snap", settings, &BOTH);
    assert!((value(&rounded, "bits") - value(&edited, "bits")).abs() < 1e-9);
    assert!(rounded.forms.iter().any(|own| own.form == "random-subspace"));
    assert_eq!(rounded.forms, edited.forms);
}

#[test]
fn kernels_that_left_their_form_are_counted_as_free_ones() {
    let model = simple(5);
    let settings = json!({ "bits": 0.5, "choose": "least-loss" });
    let tuned = tuned(model, "snap", settings, &BOTH);
    assert!(tuned.rounded.forms.iter().all(|own| own.form == "free"));
    assert!((value(&tuned.rounded, "bits-share") - 1.0).abs() < 1e-12);
    assert!(value(&tuned.rounded, "kernels-snapped") < 0.5);
    let kernels = convscope_model::part::kernels(&model.net).len();
    assert_eq!(on_grid(model, &tuned), 25 * kernels);
}

#[test]
fn a_layer_in_which_nothing_changed_stays_as_it_is() {
    let model = simple(5);
    let settings = json!({ "bits": 0.5, "choose": "least-loss" });
    let Tuned { edited, rounded, .. } = tuned(model, "snap", settings.clone(), &["conv1"]);
    for own in model.net.parameters().iter().filter(|own| own.dimensions.len() == 4) {
        let first = model.net.layers()[own.layer].name == "conv1";
        let same = rounded.weights[own.range()] == edited.weights[own.range()];
        assert_eq!(same, !first);
        let forms = |edited: &Edited| -> Vec<String> {
            let within = edited.forms.iter().filter(|form| own.range().contains(&form.range.start));
            within.map(|form| form.form.clone()).collect()
        };
        // Of the layer that learns some kernels may have been free before.
        assert!(first || forms(&rounded) == forms(&edited), "{}", own.name);
    }
    let Tuned { edited, rounded, .. } = tuned(model, "snap", settings, &[]);
    assert_eq!(rounded.weights, edited.weights);
    assert_eq!(rounded.forms, edited.forms);
}

#[test]
fn zeros_levels_and_plateaus_are_counted_as_they_are() {
    let model = simple(5);
    let pruned = json!({ "bits": 0.4, "then": "keep" });
    let Tuned { edited, rounded, .. } = tuned(model, "prune-weights", pruned, &BOTH);
    assert!((value(&rounded, "bits") - value(&edited, "bits")).abs() < 1e-9);
    for (_, handling) in &edited.handling {
        assert!(handling.mask.is_some());
    }
    let zeros = |edited: &Edited| edited.weights.iter().filter(|weight| **weight == 0.0).count();
    assert!(zeros(&rounded) > 100);
    let freed = json!({ "bits": 0.4 });
    let Tuned { rounded, .. } = tuned(model, "prune-weights", freed, &BOTH);
    assert!(rounded.forms.iter().all(|own| own.form == "free"), "zeros that learn are no zeros");
    let shared = json!({ "bits": 0.4, "then": "freeze" });
    let Tuned { edited, rounded, .. } = tuned(model, "codebook", shared, &BOTH);
    assert_eq!(rounded.forms, edited.forms);
    assert!((value(&rounded, "bits") - value(&edited, "bits")).abs() < 1e-9);
    let flat = json!({ "bits": 0.7, "then": "freeze", "by": "total-variation" });
    let Tuned { edited, rounded, .. } = tuned(model, "denoise", flat, &BOTH);
    assert_eq!(rounded.forms, edited.forms);
    for own in rounded.forms.iter().filter(|own| own.form == "total-variation") {
        let different = |edited: &Edited| -> usize {
            let numbers = &edited.weights[own.range.clone()];
            numbers.iter().map(|weight| weight.to_bits()).collect::<BTreeSet<_>>().len()
        };
        assert!(different(&rounded) <= different(&edited), "more levels than were counted");
    }
}

#[test]
fn a_codebook_that_trains_on_has_as_few_numbers_and_as_many_bits() {
    let model = simple(5);
    for own in
        [json!({}), json!({ "code": "entropy" }), json!({ "code": "entropy", "fit": "mixture" })]
    {
        let mut settings = json!({ "bits": 0.4, "then": "keep" });
        settings.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        let Tuned { edited, trained, rounded } = tuned(model, "codebook", settings.clone(), &BOTH);
        assert!((value(&rounded, "bits") - value(&edited, "bits")).abs() < 1e-9, "{settings}");
        assert!(rounded.forms.iter().all(|own| own.form != "free"), "{settings}");
        assert_eq!(edited.handling.len(), 2, "both convolutions");
        for own in model.net.parameters().iter().filter(|own| own.dimensions.len() == 4) {
            let levels = |weights: &[f32]| -> BTreeSet<u32> {
                weights[own.range()].iter().map(|weight| weight.to_bits()).collect()
            };
            let [before, between, after] =
                [&edited.weights, &trained, &rounded.weights].map(|weights| levels(weights));
            assert!(between.is_disjoint(&before), "{}: every number moved", own.name);
            assert_eq!(between.len(), before.len(), "{}", own.name);
            assert!(after.len() <= before.len() && after.len() > 2, "{}", own.name);
            let largest = trained[own.range()].iter().fold(0.0_f32, |most, x| most.max(x.abs()));
            for (to, from) in rounded.weights[own.range()].iter().zip(&trained[own.range()]) {
                assert!((to - from).abs() <= 0.5001 * largest / 127.0, "{from} became {to}");
            }
        }
    }
    let freed = json!({ "bits": 0.4 });
    let Tuned { rounded, .. } = tuned(model, "codebook", freed, &BOTH);
    assert!(
        rounded.forms.iter().all(|own| own.form == "free"),
        "more numbers than the codebook has"
    );
}

#[test]
fn what_is_not_rounded_cannot_be_rounded_again() {
    let settings = json!({ "precision": 32, "round-again": true });
    assert_eq!(crate::edit("snap", settings).err().unwrap().path, ["round-again"]);
    assert!(simple(5).edit("snap", json!({ "bits": 0.6 })).rounding.is_none());
}
