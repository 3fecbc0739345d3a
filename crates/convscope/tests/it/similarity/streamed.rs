//! Layers that do not fit into memory are read in blocks, to the same value.

use serde_json::Value;
use tempfile::TempDir;

use super::{array, bytes_32, normal, npy, npz, reordered, similarity, table, value};

/// Ten thousand bytes: some hundred samples a block.
const LITTLE: [&str; 2] = ["--memory", "0.00001"];

#[test]
fn debiased_cka_in_blocks_is_that_of_all_samples() {
    let folder = TempDir::new().unwrap();
    // Far from zero, and more numbers than one block holds.
    let x: Vec<f64> = normal("x", 3000 * 4).iter().map(|x| 10.0 + 0.3 * x).collect();
    let y: Vec<f64> = x.chunks(4).flat_map(|row| [row[0] + row[1], row[2] - row[0], 7.0]).collect();
    let file = |name: &str, shape: &[usize], numbers: &[f64]| {
        std::fs::write(folder.path().join(name), npy("<f4", shape, &bytes_32(numbers))).unwrap();
    };
    file("x.npy", &[3000, 4], &x);
    file("y.npy", &[3000, 3], &y);
    let words = ["x.npy", "y.npy", "--measure", "debiased-cka", "--measure", "cka"];
    let whole = similarity(folder.path(), &words);
    let blocks = similarity(folder.path(), &[&words[..], &LITTLE].concat());
    let of = |found: &Value| table(found, "debiased-cka")["scores"][0][0].clone();
    let (whole, blocked) = (of(&whole), of(&blocks));
    let number = |cell: &Value, key: &str| cell[key].as_f64().unwrap();
    for key in ["value", "z", "null_mean"] {
        let (a, b) = (number(&whole, key), number(&blocked, key));
        assert!((a - b).abs() <= 1e-10 * a.abs(), "{key}: {a} and {b}");
    }
    assert_eq!(whole["caveats"], blocked["caveats"], "the third unit is constant");
    assert!(blocked["estimator"].as_str().unwrap().ends_with("read in blocks"));
    let cka = &table(&blocks, "cka")["scores"][0][0];
    assert!(cka["value"].is_null() && cka["why"]["value"].as_str().unwrap().contains("--memory"));
    assert!(blocks["notes"].to_string().contains("read in blocks"));
}

#[test]
fn minibatch_cka_in_blocks_has_the_same_batches() {
    let folder = TempDir::new().unwrap();
    let x = normal("x", 3000 * 4);
    let y: Vec<f64> = x.iter().zip(normal("y", x.len())).map(|(x, y)| x + y).collect();
    for (name, numbers) in [("x.npy", &x), ("y.npy", &y)] {
        let bytes = npy("<f4", &[3000, 4], &bytes_32(numbers));
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    // 3000 is no multiple of 64: the last samples are left out, and that is said, either way.
    let words = ["x.npy", "y.npy", "--measure", "minibatch-cka"];
    let whole = table(&similarity(folder.path(), &words), "minibatch-cka")["scores"][0][0].clone();
    let blocks = similarity(folder.path(), &[&words[..], &["--memory", "0.00009"]].concat());
    let blocked = &table(&blocks, "minibatch-cka")["scores"][0][0];
    let [a, b] = [&whole, blocked].map(|cell| cell["value"].as_f64().unwrap());
    assert!((a - b).abs() < 1e-12, "{a} and {b}");
    assert_eq!(whole["caveats"], blocked["caveats"]);
    assert!(blocks["notes"].to_string().contains("minibatch-cka"), "{}", blocks["notes"]);
    let little = similarity(folder.path(), &[&words[..], &["--memory", "0.000003"]].concat());
    let cell = &table(&little, "minibatch-cka")["scores"][0][0];
    assert!(cell["why"]["value"].as_str().unwrap().contains("a batch takes"), "{cell}");
}

#[test]
fn blocks_follow_ids_and_treatments() {
    let folder = TempDir::new().unwrap();
    let count = 30;
    let x = normal("x", count * 2 * 9);
    let y: Vec<f64> = x.iter().zip(normal("y", x.len())).map(|(x, y)| x + y).collect();
    let order: Vec<usize> = (0..count).map(|row| (row * 7 + 3) % count).collect();
    let ids = |order: &[usize]| {
        let bytes: Vec<u8> = order.iter().map(|row| *row as u8).collect();
        ("sample_ids", npy("|u1", &[count], &bytes))
    };
    let plain: Vec<usize> = (0..count).collect();
    let file = |name: &str, numbers: Vec<f64>, ids| {
        let layer = array("conv", &[count, 2, 3, 3], numbers);
        std::fs::write(folder.path().join(name), npz(&[layer], &[ids])).unwrap();
    };
    file("a.npz", x, ids(&plain));
    file("b.npz", reordered(&y, &order), ids(&order));
    for (conv, memory) in [("flatten", "0.00001"), ("global-average", "0.000001")] {
        let words = ["a.npz", "b.npz", "--measure", "debiased-cka", "--conv", conv];
        let whole = value(&similarity(folder.path(), &words), "debiased-cka");
        let little = ["--memory", memory];
        let blocks = similarity(folder.path(), &[&words[..], &little].concat());
        let cell = &table(&blocks, "debiased-cka")["scores"][0][0];
        assert!(cell["estimator"].as_str().unwrap().ends_with("read in blocks"), "{conv}");
        assert!((value(&blocks, "debiased-cka") - whole).abs() < 1e-10, "{conv}");
    }
}

#[test]
fn a_hole_in_a_block_is_named() {
    let folder = TempDir::new().unwrap();
    let mut x = normal("x", 400);
    x[2 * 57 + 1] = f64::INFINITY;
    std::fs::write(folder.path().join("x.npz"), npz(&[array("x", &[200, 2], x)], &[])).unwrap();
    let words = ["x.npz", "x.npz", "--measure", "debiased-cka", "--memory", "0.000001"];
    let cell = table(&similarity(folder.path(), &words), "debiased-cka")["scores"][0][0].clone();
    let why = cell["why"]["value"].as_str().unwrap();
    assert!(why.contains("`x`: sample 57, unit 1 is inf"), "{why}");
}

#[test]
fn measures_of_pairs_of_samples_are_held_against_the_memory() {
    let folder = TempDir::new().unwrap();
    let bytes = npy("<f4", &[2000, 1], &bytes_32(&normal("x", 2000)));
    std::fs::write(folder.path().join("x.npy"), bytes).unwrap();
    let words = ["x.npy", "x.npy", "--measure", "rsa", "--measure", "cka", "--memory", "0.001"];
    let found = similarity(folder.path(), &words);
    let why = table(&found, "rsa")["scores"][0][0]["why"]["value"].as_str().unwrap().to_owned();
    assert!(why.contains("every pair of 2000 samples"), "{why}");
    assert!(value(&found, "cka") > 0.99);
}
