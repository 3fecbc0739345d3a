//! A scan says what the cards of all kernels say together.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{alike, drawn, put, scan};
use crate::kernels::found::moved;
use crate::similarity::{Array, array, bytes_64, normal, npy, safetensors};
use crate::typed::printed;

/// Drawn kernels, mirrored ones, lines, zeros, one number everywhere, and numbers that are not finite.
fn layers() -> Vec<Array> {
    let mut mirrored = normal("mirrored", 24 * 9);
    for kernel in mirrored.chunks_mut(9) {
        for row in kernel.chunks_mut(3) {
            row[2] = row[0];
        }
    }
    let line = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, -0.5, -0.5, -0.5];
    let mut odd = [normal("odd", 6 * 9), line.repeat(2), vec![0.0; 18], vec![-0.25; 9]].concat();
    odd[5] = f64::NAN;
    odd[9] = f64::NEG_INFINITY;
    // What is not finite, and what stands beside it, says nothing of how large the layer's numbers are.
    odd[4] = 1e6;
    vec![
        drawn("first.weight", 8, 5),
        array("mirrored.weight", &[6, 4, 3, 3], mirrored),
        array("odd.weight", &[11, 1, 3, 3], odd),
        array("dead.weight", &[2, 1, 3, 3], vec![0.0; 18]),
        array("lost.weight", &[1, 1, 3, 3], vec![f64::NAN; 9]),
    ]
}

fn count(of: &Value) -> u64 {
    of.as_u64().unwrap_or_else(|| panic!("{of} is no count"))
}

/// What layers have together.
#[derive(Default)]
struct Sums {
    /// Looked at, not finite, zeros, constant.
    counts: [u64; 4],
    structures: BTreeMap<String, u64>,
    /// Count and sum of each probe.
    probes: BTreeMap<String, (u64, f64)>,
}

/// Sums over layers what `convscope kernels` says.
fn summed(layers: &[&Value]) -> Sums {
    let mut sums = Sums::default();
    for layer in layers {
        let looked_at = count(&layer["looked-at"]);
        let unfit = layer["unfit"].as_array().unwrap().len() as u64;
        let own = [looked_at, unfit, count(&layer["zeros"]), count(&layer["constant"])];
        sums.counts.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
        for of in layer["structures"].as_array().unwrap() {
            let name = of["name"].as_str().unwrap().to_owned();
            *sums.structures.entry(name).or_default() += count(&of["count"]);
        }
        for (id, score) in layer["scores"].as_object().unwrap() {
            let own = count(&score["count"]);
            let sum = score["mean"].as_f64().map_or(0.0, |mean| mean * own as f64);
            let entry = sums.probes.entry(id.clone()).or_default();
            *entry = (entry.0 + own, entry.1 + sum);
        }
    }
    sums
}

/// Holds what a scan says against sums.
#[track_caller]
fn same(found: &Value, layers: &[&Value]) {
    let Sums { counts, structures, probes } = summed(layers);
    let own = ["looked-at", "refused", "zeros", "constant"].map(|key| count(&found[key]));
    assert_eq!(own, counts);
    assert_eq!(count(&found["kernels"]), counts[0] + counts[1]);
    let own = found["structures"].as_array().unwrap().iter();
    let own: BTreeMap<String, u64> =
        own.map(|of| (of["name"].as_str().unwrap().to_owned(), count(&of["count"]))).collect();
    assert_eq!(own, structures);
    let scores = found["scores"].as_object().unwrap();
    assert!(scores.len() > 40);
    for (id, score) in scores {
        // A layer of which nothing can be looked at has no scores there.
        let (number, sum) = probes.get(id).copied().unwrap_or_default();
        assert_eq!(count(&score["count"]), number, "{id}");
        match score["mean"].as_f64() {
            None => assert_eq!(number, 0, "{id}"),
            Some(mean) => {
                assert!(
                    (mean - sum / number as f64).abs() < 1e-9,
                    "{id}: {mean}, not {sum} / {number}"
                );
            }
        }
    }
}

#[test]
fn counts_structures_and_means_are_those_of_the_cards() {
    let folder = TempDir::new().unwrap();
    put(folder.path(), "a.safetensors", &safetensors(&layers(), &json!({})));
    let found = scan(folder.path(), &["a.safetensors"]);
    let cards = printed(folder.path(), &["kernels", "a.safetensors", "--json"]);
    let cards: Value = serde_json::from_str(&cards).unwrap();
    let cards = cards["layers"].as_array().unwrap();
    let own = found["files"][0]["layers"].as_array().unwrap();
    assert_eq!((own.len(), &found["total"]["layers"]), (5, &json!(5)));
    for (own, card) in own.iter().zip(cards) {
        for key in ["name", "dimensions", "kind", "layout", "layout-from", "transposed"] {
            assert_eq!(own[key], card[key], "{key}");
        }
        same(own, &[card]);
    }
    let all: Vec<&Value> = cards.iter().collect();
    same(&found["total"], &all);
    same(&found["files"][0]["together"], &all);
    let layer = |name: &str| own.iter().find(|layer| layer["name"] == name).unwrap();
    let mirrored = &layer("mirrored.weight")["with-structure"];
    assert!(mirrored["share"].as_f64().unwrap() > 3.0 * mirrored["permuted"].as_f64().unwrap());
    // What cannot be looked at has no chance beside it.
    assert_eq!(
        (&layer("lost.weight")["refused"], &layer("lost.weight")["with-structure"]["permuted"]),
        (&json!(1), &Value::Null)
    );
    assert_eq!(
        layer("dead.weight")["structures"][0],
        json!({
            "name": "zero", "count": 2, "share": 1.0, "gaussian": 1.0, "permuted": 1.0,
            "errors": { "gaussian": 0.0, "permuted": 0.0 },
        })
    );
    // The sum of shares is all, and so it is by chance.
    for key in ["share", "gaussian", "permuted"] {
        let all = found["total"]["structures"].as_array().unwrap().iter();
        let sum: f64 = all.map(|of| of[key].as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{key}: {sum}");
    }
}

#[test]
fn kernels_of_keras_are_those_of_pytorch() {
    let folder = TempDir::new().unwrap();
    let numbers: Vec<f64> = normal("both", 40 * 9).iter().map(|x| f64::from(*x as f32)).collect();
    put(folder.path(), "torch.npy", &npy("<f8", &[8, 5, 3, 3], &bytes_64(&numbers)));
    let keras =
        [array("conv/kernel:0", &[3, 3, 5, 8], moved(&numbers, [8, 5, 3, 3], [2, 3, 1, 0]))];
    put(folder.path(), "keras.safetensors", &safetensors(&keras, &json!({})));
    let [torch, keras] =
        ["torch.npy", "keras.safetensors"].map(|file| scan(folder.path(), &[file]));
    assert_eq!(keras["files"][0]["layers"][0]["layout"], "rcio");
    alike(&torch["total"], &keras["total"], "total");
}

#[test]
fn other_sizes_and_other_arrays_are_counted() {
    let folder = TempDir::new().unwrap();
    let arrays = [
        drawn("a.weight", 2, 3),
        array("b.weight", &[2, 1, 5, 5], normal("b", 50)),
        array("c.weight", &[2, 1, 5, 5], normal("c", 50)),
        array("point.weight", &[4, 4, 1, 1], normal("point", 16)),
        array("fc.weight", &[4, 9], normal("fc", 36)),
    ];
    put(folder.path(), "a.safetensors", &safetensors(&arrays, &json!({})));
    let found = scan(folder.path(), &["a.safetensors"]);
    assert_eq!(found["total"]["kernels"], 6);
    let skipped = found["skipped"].as_array().unwrap();
    assert_eq!(
        skipped[0],
        json!({
            "why": "kernels of 5 × 5; 3 × 3 is scanned", "arrays": 2, "files": 1,
            "first": { "file": "a.safetensors", "name": "b.weight" },
        })
    );
    assert_eq!(skipped.len(), 3);
    assert_eq!(found["files"][0]["skipped"].as_array().unwrap().len(), 4);
    let said = printed(folder.path(), &["scan", "a.safetensors", "--layers"]);
    for part in [
        "6 kernels of 3 × 3 in 1 layer of 1 file: 0 of zeros, 0 constant, 0 not finite",
        "2 arrays in 1 file not scanned: kernels of 5 × 5",
        "structures (shares",
        "probes (means",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(said.lines().any(|line| line.contains("a.safetensors") && line.contains("a.weight")));
    let one = scan(folder.path(), &["a.safetensors", "--layer", "a.*"]);
    assert_eq!(one["total"]["structures"], found["total"]["structures"]);
}
