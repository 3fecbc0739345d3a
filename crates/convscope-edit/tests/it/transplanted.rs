//! Transplants of planted kernels.

use std::ops::Range;

use convscope_core::Seed;
use convscope_core::registry::find;
use convscope_edit::{Donor, Note};
use convscope_model::{NETS, Net, Role, Shape, Symmetry, part};
use serde_json::json;

use crate::{apply, donors, edit, random, transplant, two_conv};

/// Six random models, of which `a` and `d` nearly share every kernel.
fn with_a_pair(net: &Net, turn: impl Fn(&[f32]) -> Vec<f32>) -> Vec<Donor> {
    let mut weights: Vec<Vec<f32>> =
        (0..6).map(|donor| random(net, Seed::root(10).nth(donor))).collect();
    let noise = random(net, Seed::root(11));
    for part in part::kernels(net).iter().chain(&part::rows(net)) {
        let twin = turn(&weights[0][part.range.clone()]);
        let noise = &noise[part.range.clone()];
        for ((place, twin), noise) in weights[3][part.range.clone()].iter_mut().zip(twin).zip(noise)
        {
            *place = twin + 0.01 * noise;
        }
    }
    donors(&weights)
}

fn as_it_is(kernel: &[f32]) -> Vec<f32> {
    kernel.to_vec()
}

fn kernels(net: &Net) -> Vec<Range<usize>> {
    part::kernels(net).into_iter().map(|part| part.range).collect()
}

/// Counts the rows whose whole share is in a column.
fn whole_in(note: &Note, name: &str) -> usize {
    let place = note.columns.iter().position(|column| column == name).unwrap();
    let own = note.values.iter().skip(place).step_by(note.columns.len());
    own.filter(|share| **share > 0.999).count()
}

#[test]
fn the_planted_pair_wins_at_every_kernel_and_nothing_else_changes() {
    let net = two_conv();
    let (donors, old) = (with_a_pair(&net, as_it_is), random(&net, Seed::root(1)));
    for measure in ["cosine", "absolute-cosine", "pearson", "absolute-pearson", "frobenius"] {
        let first = transplant(&json!({ "most-similar-by": measure, "take": "first" }));
        let edited = apply(&*first, &net, &donors, &old);
        let [pairs, shares] = &edited.notes[..] else { panic!("two notes") };
        assert_eq!((pairs.rows.len(), pairs.columns.len()), (10, 15));
        assert_eq!(pairs.rows[2], "conv2[0,0]");
        assert_eq!(whole_in(pairs, "a – d"), 10, "{measure}");
        assert_eq!(whole_in(shares, "a"), 10, "{measure}");
        let mut expected = old.clone();
        for range in kernels(&net) {
            expected[range.clone()].copy_from_slice(&donors[0].weights[range]);
        }
        assert_eq!(edited.weights, expected, "{measure}");
    }
}

#[test]
fn what_is_taken_is_what_was_asked_for() {
    let net = two_conv();
    let (donors, old) = (with_a_pair(&net, as_it_is), random(&net, Seed::root(1)));
    let taken = |take: &str| apply(&*transplant(&json!({ "take": take })), &net, &donors, &old);
    let is = |weights: &[f32], donor: usize, range: &Range<usize>| {
        weights[range.clone()] == donors[donor].weights[range.clone()]
    };
    let all = |take: &str, donor: usize| {
        kernels(&net).iter().all(|range| is(&taken(take).weights, donor, range))
    };
    assert!(all("second", 3));
    assert!(all("after-first", 1), "an index that is off by one");
    let random = taken("random").weights;
    let of_first = kernels(&net).iter().filter(|range| is(&random, 0, range)).count();
    let of_second = kernels(&net).iter().filter(|range| is(&random, 3, range)).count();
    assert!(of_first > 0 && of_second > 0 && of_first + of_second == 10, "{of_first}, {of_second}");
    let outside = taken("outside").weights;
    let others =
        |range: &Range<usize>| [1, 2, 4, 5].iter().any(|donor| is(&outside, *donor, range));
    assert!(kernels(&net).iter().all(others));
    let average = taken("average").weights;
    for place in kernels(&net).into_iter().flatten() {
        let mean = f32::midpoint(donors[0].weights[place], donors[3].weights[place]);
        assert!((average[place] - mean).abs() < 1e-6);
    }
}

#[test]
fn opposite_kernels_cancel_in_a_plain_average_and_not_in_an_aligned_one() {
    let net = two_conv();
    let donors = with_a_pair(&net, |kernel| kernel.iter().map(|weight| -weight).collect());
    let old = vec![0.0; net.number_count()];
    let largest = |take: &str| {
        let edited = apply(&*transplant(&json!({ "take": take })), &net, &donors, &old);
        kernels(&net)
            .into_iter()
            .flatten()
            .map(|place| (edited.weights[place] - donors[0].weights[place]).abs())
            .fold(0.0, f32::max)
    };
    assert!(largest("aligned-average") < 0.03);
    assert!(largest("average") > 1.0);
}

#[test]
fn flipped_kernels_are_found_and_brought_back_where_flips_do_not_count() {
    let net = two_conv();
    let mirrored = |kernel: &[f32]| {
        let side = if kernel.len() == 9 { 3 } else { 1 };
        kernel.chunks(side).flat_map(|row| row.iter().rev().copied()).collect()
    };
    let donors = with_a_pair(&net, mirrored);
    let old = vec![0.0; net.number_count()];
    let share = |up_to: &[&str]| {
        let settings = json!({ "up-to": up_to, "take": "aligned-average" });
        let edited = apply(&*transplant(&settings), &net, &donors, &old);
        let won = whole_in(&edited.notes[0], "a – d");
        let far = kernels(&net)
            .into_iter()
            .flatten()
            .map(|place| (edited.weights[place] - donors[0].weights[place]).abs())
            .fold(0.0, f32::max);
        (won, far)
    };
    let (won, far) = share(&["flips"]);
    assert!(won == 10 && far < 0.03, "{won} of 10, {far}");
    assert!(share(&[]).0 < 10);
}

#[test]
fn a_donor_whose_units_stand_in_another_order_is_put_in_order_first() {
    let net = two_conv();
    let donors = with_a_pair(&net, as_it_is);
    let symmetry = Symmetry::of(&net);
    let members = symmetry.orders().iter().map(|order| order.members);
    let turned: Vec<Vec<usize>> = members.map(|count| (0..count).rev().collect()).collect();
    let mut twisted = donors.clone();
    // Nearly all of `d` is `a`, so that its own order can be found again.
    twisted[3].weights = symmetry.reordered(&donors[0].weights, &turned);
    let old = vec![0.0; net.number_count()];
    let won = |order: &str| {
        let settings = json!({ "order": order, "take": "first" });
        let edited = apply(&*transplant(&settings), &net, &twisted, &old);
        whole_in(&edited.notes[0], "a – d")
    };
    assert_eq!(won("aligned"), 10);
    assert!(won("as-trained") < 10);
}

#[test]
fn a_rescaled_part_has_the_length_of_what_it_replaces() {
    let net = two_conv();
    let (donors, old) = (with_a_pair(&net, as_it_is), random(&net, Seed::root(1)));
    let edited = apply(&*transplant(&json!({ "rescale": true })), &net, &donors, &old);
    for range in kernels(&net) {
        let length =
            |weights: &[f32]| weights[range.clone()].iter().map(|w| w * w).sum::<f32>().sqrt();
        let (new, old) = (length(&edited.weights), length(&old));
        assert!((new - old).abs() < 1e-5 * old, "{new} for {old}");
        assert_ne!(edited.weights[range.clone()], donors[0].weights[range]);
    }
}

#[test]
fn rows_and_biases_are_taken_where_asked() {
    let net = two_conv();
    let (donors, old) = (with_a_pair(&net, as_it_is), random(&net, Seed::root(1)));
    let all = json!({ "parts": ["kernels", "rows", "biases"], "take": "first" });
    let edited = apply(&*transplant(&all), &net, &donors, &old);
    assert_eq!(edited.weights, donors[0].weights, "every number of this net is part of something");
    let kernels_and_biases = json!({ "parts": ["kernels", "biases"], "take": "first" });
    let edited = apply(&*transplant(&kernels_and_biases), &net, &donors, &old).weights;
    for own in net.parameters() {
        let conv = net.layers()[own.layer].name.starts_with("conv");
        let from = if conv { &donors[0].weights } else { &old };
        assert_eq!(edited[own.range()], from[own.range()], "{}", own.name);
        assert!(matches!(own.role, Role::Weight | Role::Bias));
    }
}

#[test]
fn what_cannot_be_transplanted_is_refused_with_the_setting() {
    let refused = |settings| edit("transplant", settings).err().unwrap();
    assert_eq!(refused(json!({})).path, ["from"]);
    assert_eq!(refused(json!({ "from": "x" })).path, ["across"]);
    let slip = json!({ "from": "x", "across": "y", "most-similar-by": "absolute-cosin" });
    assert_eq!(refused(slip).nearest.as_deref(), Some("absolute-cosine"));
    let biases = json!({ "from": "x", "across": "y", "parts": ["biases"] });
    assert_eq!(refused(biases).path, ["parts"]);
    let net = two_conv();
    let outside = transplant(&json!({ "take": "outside" }));
    assert_eq!(outside.fits(&net, 2).unwrap_err().path, ["across"]);
    assert!(outside.fits(&net, 3).is_ok());
    let entry = find(NETS, "net", "three-layer-mlp").unwrap();
    let mlp = (entry.build)(json!({})).unwrap().net(Shape::image(1, 28, 28), 3).unwrap();
    assert_eq!(transplant(&json!({})).fits(&mlp, 2).unwrap_err().path, ["parts"]);
}

#[test]
fn constant_kernels_have_no_correlation_and_that_is_said() {
    let net = two_conv();
    let flat = vec![1.0; net.number_count()];
    let donors = donors(&[flat.clone(), flat.clone()]);
    let pearson = transplant(&json!({ "most-similar-by": "pearson" }));
    let subject = convscope_edit::Subject {
        net: &net,
        donors: &donors,
        fresh: &[],
        calibration: None,
        seed: Seed::root(1),
    };
    let error = pearson.apply(&subject, flat).unwrap_err().to_string();
    assert!(error.contains("conv1[0,0]") && error.contains("no correlation"), "{error}");
}
