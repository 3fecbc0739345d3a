//! Which samples rows are: matched by id, refused, or taken on trust aloud.

use serde_json::json;
use tempfile::TempDir;

use super::{array, normal, npy, npz, reordered, safetensors, similarity, value};
use crate::typed::{complaint, convscope};

fn ids(names: &[&str]) -> (&'static str, Vec<u8>) {
    let width = names.iter().map(|name| name.len()).max().unwrap();
    let bytes: Vec<u8> = names
        .iter()
        .flat_map(|name| name.bytes().chain(std::iter::repeat(0)).take(width))
        .collect();
    ("sample_ids", npy(&format!("|S{width}"), &[names.len()], &bytes))
}

const NAMES: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
const ORDER: [usize; 12] = [3, 11, 0, 7, 1, 10, 2, 4, 9, 8, 5, 6];

fn shuffled() -> Vec<&'static str> {
    ORDER.iter().map(|row| NAMES[*row]).collect()
}

/// Writes a file of one layer with other things beside it.
fn write(folder: &TempDir, name: &str, numbers: &[f64], beside: &[(&str, Vec<u8>)]) {
    let layer = array("layer", &[numbers.len() / 3, 3], numbers.to_vec());
    std::fs::write(folder.path().join(name), npz(&[layer], beside)).unwrap();
}

#[test]
fn samples_in_another_order_are_matched_by_id_aloud() {
    let folder = TempDir::new().unwrap();
    let x = normal("x", 36);
    write(&folder, "x.npz", &x, &[ids(&NAMES)]);
    write(&folder, "same.npz", &x, &[ids(&NAMES)]);
    write(&folder, "other.npz", &reordered(&x, &ORDER), &[ids(&shuffled())]);
    write(&folder, "nameless.npz", &reordered(&x, &ORDER), &[]);
    let of = |file: &str| similarity(folder.path(), &["x.npz", file, "--measure", "cka"]);
    let same = of("same.npz");
    assert_eq!((value(&same, "cka"), &same["samples"]["matched"]), (1.0, &json!("ids")));
    assert_eq!(same["notes"], json!([]));
    let other = of("other.npz");
    assert!((value(&other, "cka") - 1.0).abs() < 1e-12);
    assert_eq!(other["samples"]["matched"], "ids-reordered");
    assert!(other["notes"][0].as_str().unwrap().contains("matched by id"));
    // Without ids nobody can know, and the number is another one.
    let trusted = of("nameless.npz");
    assert!(value(&trusted, "cka") < 0.9);
    assert_eq!(trusted["samples"]["matched"], "trust");
    assert!(trusted["notes"][0].as_str().unwrap().contains("taken on trust"));
    let output = convscope(folder.path(), &["similarity", "x.npz", "nameless.npz"]);
    assert!(String::from_utf8(output.stderr).unwrap().contains("note: nameless.npz has no"));
}

#[test]
fn other_samples_are_refused_by_name() {
    let folder = TempDir::new().unwrap();
    write(&folder, "x.npz", &normal("x", 36), &[ids(&NAMES)]);
    let mut names = NAMES;
    (names[2], names[5]) = ("y", "z");
    write(&folder, "y.npz", &normal("y", 36), &[ids(&names)]);
    write(&folder, "fewer.npz", &normal("y", 33), &[ids(&NAMES[..11])]);
    let mut twice = shuffled();
    twice[0] = "l";
    twice[6] = "l";
    write(&folder, "twice.npz", &normal("y", 36), &[ids(&twice)]);
    write(&folder, "short.npz", &normal("y", 36), &[ids(&NAMES[..5])]);
    let said = |file: &str| complaint(folder.path(), &["similarity", "x.npz", file]);
    let refused = said("y.npz");
    assert!(refused.contains("`c`, `f` stand in the first file only"), "{refused}");
    assert!(refused.contains("`y`, `z` stand in the second file only"), "{refused}");
    let refused = said("fewer.npz");
    assert!(refused.contains("`l` stand in the first file only"), "{refused}");
    let refused = said("twice.npz");
    assert!(refused.contains("stand in the first file only"), "{refused}");
    let refused = said("short.npz");
    assert!(refused.contains("`sample_ids` has 5 entries for 12 samples"), "{refused}");
}

#[test]
fn hashes_of_ids_are_compared() {
    let folder = TempDir::new().unwrap();
    let x = normal("x", 36);
    let with = |name: &str, ids: &str| {
        let bytes = safetensors(&[array("x", &[12, 3], x.clone())], &json!({ "sample_ids": ids }));
        std::fs::write(folder.path().join(name), bytes).unwrap();
    };
    with("a.safetensors", "f00d");
    with("b.safetensors", "f00d");
    with("c.safetensors", "beef");
    with("list.safetensors", &serde_json::to_string(&NAMES).unwrap());
    write(&folder, "named.npz", &reordered(&x, &ORDER), &[ids(&shuffled())]);
    let found = similarity(folder.path(), &["a.safetensors", "b.safetensors", "--measure", "cka"]);
    assert_eq!(found["samples"]["matched"], "ids");
    assert_eq!(found["a"]["sample_ids"], "f00d");
    let said = complaint(folder.path(), &["similarity", "a.safetensors", "c.safetensors"]);
    assert!(said.contains("differ (f00d and beef)"), "{said}");
    // A list in the metadata is as good as an array.
    let found = similarity(folder.path(), &["named.npz", "list.safetensors", "--measure", "cka"]);
    assert_eq!(found["samples"]["matched"], "ids-reordered");
    assert!((value(&found, "cka") - 1.0).abs() < 1e-6);
}
