//! Two files of kernels, layer by layer.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{kernels, layer, put};
use crate::similarity::{Array, array, bytes_64, normal, npy, npz, safetensors};
use crate::typed::{complaint, printed};

/// Rows of a kernel of 3 × 3 replaced by their means.
fn smooth(numbers: &[f64]) -> Vec<f64> {
    numbers.chunks(3).flat_map(|row| [row.iter().sum::<f64>() / 3.0; 3]).collect()
}

fn files(folder: &TempDir) {
    let before: Vec<Array> = vec![
        array("conv1.weight", &[40, 2, 3, 3], normal("first", 720)),
        array("conv2.weight", &[30, 3, 3, 3], normal("second", 810)),
        array("conv3.weight", &[8, 2, 3, 3], normal("third", 144)),
        array("conv4.weight", &[8, 2, 3, 3], normal("fourth", 144)),
        array("odd.weight", &[2, 1, 3, 3], vec![f64::NAN; 18]),
        array("gone.weight", &[2, 1, 3, 3], normal("gone", 18)),
    ];
    let after = vec![
        array("conv1.weight", &[40, 2, 3, 3], normal("another", 720)),
        array("conv2.weight", &[20, 3, 3, 3], smooth(&normal("other", 540))),
        array("conv3.weight", &[8, 2, 5, 5], normal("larger", 400)),
        array("conv4.weight", &[8, 2, 1, 1], normal("points", 16)),
        array("odd.weight", &[2, 1, 3, 3], normal("even", 18)),
        array("new.weight", &[2, 1, 3, 3], normal("new", 18)),
    ];
    put(folder.path(), "after.npz", &npz(&before, &[]));
    put(folder.path(), "before.safetensors", &safetensors(&after, &json!({})));
}

#[test]
fn layers_of_the_same_names_are_compared_and_all_others_told() {
    let folder = TempDir::new().unwrap();
    files(&folder);
    let words = ["after.npz", "--against", "before.safetensors", "--out", "page.html"];
    let found = kernels(folder.path(), &words);
    assert_eq!(found["against"]["file"], "before.safetensors");
    assert_eq!(found["against"]["only"], json!(["new.weight"]));
    let against = |name: &str| layer(&found, name)["against"].clone();
    let number = |of: &Value, key: &str| of[key].as_f64().unwrap_or_else(|| panic!("{key}: {of}"));
    let alike = against("conv1.weight");
    assert_eq!((&alike["kernels"], &alike["compared"]), (&json!([80, 80]), &json!([80, 80])));
    for key in ["divergence", "basis"] {
        assert!(number(&alike[key], "p") > 0.01 && number(&alike[key], "z").abs() < 4.0, "{alike}");
    }
    let apart = against("conv2.weight");
    assert_eq!(apart["kernels"], json!([90, 60]));
    for key in ["divergence", "basis"] {
        assert!((number(&apart[key], "p") - 1.0 / 201.0).abs() < 1e-12, "{apart}");
        assert!(number(&apart[key], "z") > 8.0, "{apart}");
    }
    // The columns of all kernels there are identical, and of none here.
    let moved = &apart["scores"]["in-identical-columns"];
    assert!((number(moved, "value") - 1.0).abs() < 1e-12, "{moved}");
    assert!((moved["means"][1].as_f64().unwrap() - 1.0).abs() < 1e-6, "{moved}");
    for (name, why) in [
        ("conv3.weight", "kernels of 3 × 3 here and of 5 × 5 there"),
        ("conv4.weight", "not looked at there: 1 × 1: a kernel of one number has no structure"),
        ("odd.weight", "no kernel of one of them can be looked at"),
        ("gone.weight", "there is no such array"),
    ] {
        assert_eq!(against(name)["missing"], why, "{name}");
    }
    let said = printed(folder.path(), &[&["kernels"], &words[..3]].concat());
    for part in [
        "beside before.safetensors: 2 layers compared, 4 not, 1 only there",
        "conv3.weight  kernels of 3 × 3 here and of 5 × 5 there",
        "only there: new.weight",
    ] {
        assert!(said.contains(part), "`{part}`: {said}");
    }
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
    for part in [
        "What is different in before.safetensors?",
        "2 compared, 4",
        "Scores that moved furthest",
        "kernels of 3 × 3 here and of 5 × 5 there",
        "this file has no such layer",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("role=\"note\""), "every figure can be drawn");
}

#[test]
fn a_file_does_not_lie_apart_from_itself() {
    let folder = TempDir::new().unwrap();
    let numbers = normal("self", 40 * 9);
    put(folder.path(), "a.npy", &npy("<f8", &[40, 3, 3], &bytes_64(&numbers)));
    put(folder.path(), "b.npy", &npy("<f8", &[40, 3, 3], &bytes_64(&numbers)));
    let found = kernels(folder.path(), &["a.npy", "--against", "b.npy"]);
    let against = &found["layers"][0]["against"];
    let all = against["scores"].as_object().unwrap().values();
    for dealt in all.chain([&against["divergence"], &against["basis"]]) {
        assert!(dealt["value"].as_f64().unwrap().abs() < 1e-12, "{dealt}");
        assert_eq!(dealt["p"], 1.0);
    }
    // Without the other file nothing is said of it.
    let alone = kernels(folder.path(), &["a.npy"]);
    assert_eq!((&alone["against"], &alone["layers"][0]["against"]), (&Value::Null, &Value::Null));
}

#[test]
fn patterns_may_fit_nothing_in_the_other_file_but_some_layer_must() {
    let folder = TempDir::new().unwrap();
    files(&folder);
    let words = |pattern| ["after.npz", "--against", "before.safetensors", "--layer", pattern];
    let found = kernels(folder.path(), &words("conv1*,gone*"));
    assert_eq!(found["layers"].as_array().unwrap().len(), 2);
    assert_eq!(layer(&found, "gone.weight")["against"]["missing"], "there is no such array");
    assert_eq!(found["against"]["only"], json!([]));
    let said = |words: &[&str]| complaint(folder.path(), &[&["kernels"], words].concat());
    let none = said(&words("gone*"));
    assert!(none.contains("before.safetensors holds no kernels"), "{none}");
    let strangers = [array("block.weight", &[2, 1, 3, 3], normal("block", 18))];
    put(folder.path(), "strangers.npz", &npz(&strangers, &[]));
    let none = said(&["after.npz", "--against", "strangers.npz"]);
    assert!(none.contains("no layer has the name of one of after.npz"), "{none}");
    assert!(none.contains("it has block.weight"), "{none}");
    assert!(said(&["after.npz", "--against", "nowhere.npz"]).contains("nowhere.npz: "));
}

#[test]
fn an_array_without_a_name_is_held_only_against_another() {
    let folder = TempDir::new().unwrap();
    files(&folder);
    put(folder.path(), "bare.npy", &npy("<f8", &[40, 3, 3], &bytes_64(&normal("bare", 360))));
    for words in [["bare.npy", "--against", "after.npz"], ["after.npz", "--against", "bare.npy"]] {
        let said = complaint(folder.path(), &[&["kernels"], &words[..]].concat());
        let said = said.replace('\n', " ");
        for part in [
            "the array of bare.npy has no name and is held only against that of another .npy file",
            "one of conv1.weight, conv2.weight",
            r#"numpy.savez("named.npz", **{"conv1.weight": array})"#,
        ] {
            assert!(said.contains(part), "`{part}`: {said}");
        }
    }
    // What the help says is so.
    let named = [array("conv1.weight", &[40, 1, 3, 3], normal("bare", 360))];
    put(folder.path(), "named.npz", &npz(&named, &[]));
    let found = kernels(folder.path(), &["named.npz", "--against", "after.npz"]);
    assert_eq!(layer(&found, "conv1.weight")["against"]["kernels"], json!([40, 80]));
}

#[test]
fn of_many_kernels_some_are_compared() {
    let folder = TempDir::new().unwrap();
    for name in ["a", "b"] {
        let numbers = normal(name, 5000 * 4);
        put(folder.path(), &format!("{name}.npy"), &npy("<f8", &[5000, 2, 2], &bytes_64(&numbers)));
    }
    let found = kernels(folder.path(), &["a.npy", "--against", "b.npy"]);
    let against = &found["layers"][0]["against"];
    assert_eq!(
        (&against["kernels"], &against["compared"]),
        (&json!([5000, 5000]), &json!([4096, 4096]))
    );
    assert!(against["divergence"]["p"].as_f64().unwrap() > 0.01, "{}", against["divergence"]);
}
