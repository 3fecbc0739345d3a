//! What stands beside a scan is what chance would give.

use serde_json::Value;
use tempfile::TempDir;

use super::{put, scan};
use crate::similarity::{bytes_32, normal, npy};

const KERNELS: usize = 30_000;

fn number(of: &Value) -> f64 {
    of.as_f64().unwrap_or_else(|| panic!("{of} is no number"))
}

#[test]
fn kernels_without_structure_have_what_chance_has() {
    let folder = TempDir::new().unwrap();
    let numbers = normal("none", KERNELS * 9);
    put(folder.path(), "a.npy", &npy("<f4", &[KERNELS, 3, 3], &bytes_32(&numbers)));
    let total = &scan(folder.path(), &["a.npy"])["total"];
    for kind in ["gaussian", "permuted"] {
        let drawn = number(&total["drawn"][kind]);
        assert!((drawn - 8192.0).abs() < 0.5, "a quarter of 30,000, by 4,096: {drawn}");
        for of in total["structures"].as_array().unwrap() {
            let (share, chance) = (number(&of["share"]), number(&of[kind]));
            let error =
                number(&of["errors"][kind]).hypot((share * (1.0 - share) / KERNELS as f64).sqrt());
            assert!((share - chance).abs() < 5.0 * error + 2.0 / drawn, "{kind}: {of}");
        }
        for (id, score) in total["scores"].as_object().unwrap() {
            assert!(number(&score["distance"][kind]) < 0.05, "{id}, {kind}: {score}");
        }
    }
}

#[test]
fn planted_mirrors_stand_out_from_both_kinds_of_chance() {
    let folder = TempDir::new().unwrap();
    let mut numbers = normal("half", KERNELS * 9);
    for kernel in numbers.chunks_mut(9).step_by(2) {
        (kernel[2], kernel[5], kernel[8]) = (kernel[0], kernel[3], kernel[6]);
    }
    put(folder.path(), "a.npy", &npy("<f4", &[KERNELS, 3, 3], &bytes_32(&numbers)));
    let total = &scan(folder.path(), &["a.npy"])["total"];
    let mirror = &total["scores"]["in-mirror-left-right"];
    assert!(number(&mirror["distance"]["permuted"]) > 0.4, "{mirror}");
    assert!(
        (number(&mirror["gaussian"]) - 6.0 / 9.0).abs() < 0.01,
        "six of nine numbers: {mirror}"
    );
    assert!((number(&mirror["mean"]) - 7.5 / 9.0).abs() < 0.01, "{mirror}");
    let structure =
        total["structures"].as_array().unwrap().iter().find(|of| of["name"] == "mirror-left-right");
    let structure = structure.unwrap_or_else(|| panic!("{}", total["structures"]));
    assert!(number(&structure["share"]) > 0.3, "{structure}");
    assert!(
        number(&structure["permuted"]) < 0.05 && number(&structure["gaussian"]) < 0.05,
        "{structure}"
    );
    // Numbers in random places have the layer's own spread, in which nothing is different.
    let entropy = &total["histograms"]["unique-values"];
    let sum: f64 = entropy["expected"]["permuted"].as_array().unwrap().iter().map(number).sum();
    assert!((sum - 1.0).abs() < 1e-9, "{sum}");
}
