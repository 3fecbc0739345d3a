//! Layers of maps under each treatment.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{array, normal, npz, similarity, value};
use crate::typed::complaint;

const SHAPE: [usize; 4] = [24, 3, 4, 4];

/// Two related layers of maps.
fn maps() -> [Vec<f64>; 2] {
    let x = normal("maps", SHAPE.iter().product());
    let noise = normal("noise", x.len());
    let y = x.iter().zip(noise).map(|(x, noise)| x + 0.5 * noise).collect();
    [x, y]
}

/// Writes a folder of `a.npz` and `b.npz`, made of both layers by a function.
fn with(shape: &[usize], make: impl Fn(&[f64]) -> Vec<f64>) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, layer) in ["a.npz", "b.npz"].into_iter().zip(maps()) {
        let file = npz(&[array("conv1", shape, make(&layer))], &[]);
        std::fs::write(folder.path().join(name), file).unwrap();
    }
    folder
}

fn found(folder: &TempDir, words: &[&str]) -> Value {
    similarity(folder.path(), &[&["a.npz", "b.npz"], words].concat())
}

fn tables<'j>(found: &'j Value, conv: &str) -> Vec<&'j Value> {
    found["tables"].as_array().unwrap().iter().filter(|table| table["conv"] == conv).collect()
}

#[test]
fn several_treatments_stand_side_by_side_and_are_recorded() {
    let folder = with(&SHAPE, <[f64]>::to_vec);
    let words = ["--conv", "flatten,global-average,spatial-as-samples,shift-aligned"];
    let all = found(&folder, &[&words[..], &["--measure", "cka", "--measure", "nbs"]].concat());
    let measures = |conv: &str| -> Vec<&Value> {
        tables(&all, conv).iter().map(|table| &table["measure"]).collect()
    };
    assert_eq!(measures("flatten"), ["cka", "nbs"]);
    assert_eq!(measures("shift-aligned"), ["shift-procrustes"]);
    let of = |conv: &str| tables(&all, conv)[0]["scores"][0][0].clone();
    let sizes = |conv: &str| [of(conv)["n"].clone(), of(conv)["p"].clone()];
    assert_eq!(sizes("flatten"), [24, 48]);
    assert_eq!(sizes("global-average"), [24, 3]);
    assert_eq!(sizes("spatial-as-samples"), [24 * 16, 3]);
    assert!(of("spatial-as-samples")["caveats"][0].as_str().unwrap().contains("384 of 384 places"));
    assert_eq!(all["a"]["layers"][0]["layout"], "nchw");
    // One that treats flat layers only has no treatment to record.
    let flat = with(&[24, 48], <[f64]>::to_vec);
    assert_eq!(found(&flat, &["--measure", "cka"])["tables"][0]["conv"], Value::Null);
}

#[test]
fn treatments_are_what_numpy_would_make() {
    let one = |folder: &TempDir, words: &[&str]| {
        value(&found(folder, &[&["--measure", "debiased-cka"], words].concat()), "debiased-cka")
    };
    let folder = with(&SHAPE, <[f64]>::to_vec);
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} and {b}");
    near(one(&folder, &[]), one(&with(&[24, 48], <[f64]>::to_vec), &[]));
    let averaged = with(&[24, 3], |layer| {
        layer.chunks(16).map(|map| map.iter().sum::<f64>() / 16.0).collect()
    });
    near(one(&folder, &["--conv", "global-average"]), one(&averaged, &[]));
    let by_place = with(&[24 * 16, 3], |layer| {
        let sample = |sample: &[f64]| -> Vec<f64> {
            (0..16)
                .flat_map(|place| (0..3).map(move |c| (place, c)))
                .map(|(p, c)| sample[16 * c + p])
                .collect()
        };
        layer.chunks(48).flat_map(sample).collect()
    });
    near(one(&folder, &["--conv", "spatial-as-samples"]), one(&by_place, &[]));
    let last = with(&[24, 4, 4, 3], |layer| {
        let sample = |sample: &[f64]| -> Vec<f64> {
            (0..16)
                .flat_map(|place| (0..3).map(move |c| (place, c)))
                .map(|(p, c)| sample[16 * c + p])
                .collect()
        };
        layer.chunks(48).flat_map(sample).collect()
    });
    for conv in ["flatten", "global-average", "spatial-as-samples"] {
        near(one(&folder, &["--conv", conv]), one(&last, &["--conv", conv, "--layout", "nhwc"]));
    }
}

#[test]
fn the_best_shift_is_found() {
    // The second layer is the first, one row down and two columns to the right, around the edge.
    let folder = TempDir::new().unwrap();
    let [x, _] = maps();
    let moved: Vec<f64> = x
        .chunks(16)
        .flat_map(|map| {
            (0..16).map(|place| map[(place / 4 + 3) % 4 * 4 + (place + 2) % 4]).collect::<Vec<_>>()
        })
        .collect();
    for (name, layer) in [("a.npz", x), ("b.npz", moved)] {
        std::fs::write(folder.path().join(name), npz(&[array("c", &SHAPE, layer)], &[])).unwrap();
    }
    let aligned = found(&folder, &["--conv", "shift-aligned"]);
    assert!(value(&aligned, "shift-procrustes") < 1e-6);
    let settings = "shift-procrustes={ height = 4, width = 4 }";
    assert_eq!(
        value(&aligned, "shift-procrustes").to_bits(),
        value(&found(&folder, &["--measure", settings]), "shift-procrustes").to_bits()
    );
    assert!(value(&found(&folder, &["--measure", "angular-shape"]), "angular-shape") < 1e-6);
    assert!(value(&found(&folder, &["--measure", "hard-matching"]), "hard-matching") > 0.9);
    let averaged = found(&folder, &["--conv", "global-average", "--measure", "cka"]);
    assert!((value(&averaged, "cka") - 1.0).abs() < 1e-12, "means do not see where things are");
}

#[test]
fn places_are_drawn_by_the_seed_and_shared_by_both_layers() {
    let folder = with(&SHAPE, <[f64]>::to_vec);
    let words = ["--conv", "spatial-as-samples", "--measure", "debiased-cka", "--places", "50"];
    let of = |seed: &str| found(&folder, &[&words[..], &["--seed", seed]].concat());
    let one = of("1");
    assert_eq!(one["tables"], of("1")["tables"]);
    assert_ne!(one["tables"], of("2")["tables"]);
    let cell = &one["tables"][0]["scores"][0][0];
    assert_eq!(cell["n"], 50);
    assert!(cell["caveats"][0].as_str().unwrap().contains("50 of 384 places"));
    assert!(cell["value"].as_f64().unwrap() > 0.5, "the same places of both: {cell}");
}

#[test]
fn maps_of_other_sizes_have_no_places_in_common() {
    let folder = TempDir::new().unwrap();
    let layers = || {
        [
            array("big", &[10, 2, 4, 4], normal("big", 320)),
            array("small", &[10, 2, 2, 2], normal("small", 80)),
            array("fc", &[10, 5], normal("fc", 50)),
        ]
    };
    std::fs::write(folder.path().join("a.npz"), npz(&layers(), &[])).unwrap();
    std::fs::write(folder.path().join("b.npz"), npz(&layers(), &[])).unwrap();
    let words = ["--conv", "spatial-as-samples,shift-aligned,flatten", "--measure", "cka"];
    let all = found(&folder, &words);
    let scores = |conv: &str| tables(&all, conv)[0]["scores"].clone();
    for conv in ["spatial-as-samples", "shift-aligned"] {
        let scores = scores(conv);
        assert!(scores[0][0]["value"].is_number() && scores[1][1]["value"].is_number(), "{conv}");
        let why = scores[0][1]["why"]["value"].as_str().unwrap();
        assert!(why.contains("maps of 4 × 4, the other maps of 2 × 2"), "{why}");
    }
    let spatial = scores("spatial-as-samples");
    assert!(spatial[2][2]["value"].is_number(), "a flat layer is as it is");
    assert!(spatial[0][2]["why"]["value"].as_str().unwrap().contains("the other no maps"));
    let shifted = scores("shift-aligned")[2][2]["why"]["value"].as_str().unwrap().to_owned();
    assert!(shifted.contains("`fc` has no maps"), "{shifted}");
    let flat = scores("flatten");
    assert!((0..9).all(|i| flat[i / 3][i % 3]["value"].is_number()));
}

#[test]
fn three_dimensions_need_a_layout() {
    let folder = with(&[24, 6, 8], <[f64]>::to_vec);
    let words = ["--measure", "cka", "--conv", "global-average"];
    let unsaid = found(&folder, &words);
    assert!(unsaid["notes"].to_string().contains("no --layout says what its dimensions are"));
    assert_eq!(unsaid["tables"][0]["scores"][0][0]["p"], 48);
    let tokens = found(&folder, &[&words[..], &["--layout", "ntc"]].concat());
    assert_eq!(tokens["tables"][0]["scores"][0][0]["p"], 8);
    let line = found(&folder, &[&words[..], &["--layout", "ncl,nhwc"]].concat());
    assert_eq!(line["tables"][0]["scores"][0][0]["p"], 6);
    let said = |words: &[&str]| {
        complaint(folder.path(), &[&["similarity", "a.npz", "b.npz"], words].concat())
    };
    assert!(said(&["--layout", "chw"]).contains("`chw` is no layout of maps"));
    assert!(said(&["--conv", "flaten"]).contains("did you mean `flatten`"));
    assert_eq!(json!(unsaid["a"]["layers"][0]["layout"]), Value::Null);
}
