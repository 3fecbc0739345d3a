//! Whatever the layout, the blocks and the threads, the same kernels say the same.

use serde_json::Value;
use tempfile::TempDir;

use super::{alike, put, scan};
use crate::kernels::found::moved;
use crate::similarity::{bytes_32, normal, npy};
use crate::typed::printed;

const SIDE: usize = 180;

/// More kernels than a block holds, and more numbers than are kept for chance.
fn kernels() -> Vec<f64> {
    normal("many", SIDE * SIDE * 9)
}

#[test]
fn the_same_file_says_the_same_on_any_number_of_threads() {
    let folder = TempDir::new().unwrap();
    put(folder.path(), "a.npy", &npy("<f4", &[SIDE * SIDE, 3, 3], &bytes_32(&kernels())));
    let words = ["scan", "a.npy", "--json", "--out", "page.html", "--threads"];
    let of = |threads: &str| {
        let json = printed(folder.path(), &[&words[..], &[threads]].concat());
        (json, std::fs::read(folder.path().join("page.html")).unwrap())
    };
    let [one, many] = ["1", "3"].map(of);
    assert!(one.0 == many.0, "JSON differs");
    assert!(one.1 == many.1, "pages differ");
    let other = printed(folder.path(), &["scan", "a.npy", "--json", "--seed", "1"]);
    let [one, other]: [Value; 2] = [&one.0, &other].map(|json| serde_json::from_str(json).unwrap());
    let own = |all: &Value, key: &str| all["total"]["scores"]["edge"][key].clone();
    assert_eq!(own(&one, "mean"), own(&other, "mean"));
    assert_ne!(own(&one, "permuted"), own(&other, "permuted"), "another seed draws otherwise");
}

#[test]
fn the_same_kernels_say_the_same_in_every_layout() {
    let folder = TempDir::new().unwrap();
    let numbers = kernels();
    let of = |shape: &[usize], numbers: &[f64], layout: &str, columns_first: bool| {
        let mut file = npy("<f4", shape, &bytes_32(numbers));
        if columns_first {
            let at = file.windows(5).position(|part| part == b"False").unwrap();
            file.splice(at..at + 5, *b"True ");
        }
        put(folder.path(), "a.npy", &file);
        scan(folder.path(), &["a.npy", "--layout", layout])["total"].clone()
    };
    let n = SIDE;
    let wanted = of(&[n * n, 3, 3], &numbers, "orc", false);
    assert_eq!(wanted["kernels"], n * n);
    // In one output or in many: rows of the first two dimensions together.
    alike(&of(&[1, n * n, 3, 3], &numbers, "oirc", false), &wanted, "one output");
    for (axes, letters) in [
        ([0, 1, 2, 3], "oirc"),
        ([1, 0, 2, 3], "iorc"),
        ([0, 1, 3, 2], "oicr"),
        ([0, 2, 3, 1], "orci"),
        ([1, 2, 3, 0], "irco"),
        ([2, 3, 1, 0], "rcio"),
        ([3, 2, 0, 1], "croi"),
        ([2, 1, 3, 0], "rico"),
    ] {
        let sizes = [n, n, 3, 3];
        let there = axes.map(|axis| sizes[axis]);
        let own = moved(&numbers, sizes, axes);
        alike(&of(&there, &own, letters, false), &wanted, letters);
        // Columns first: the same bytes are the array with its dimensions the other way round.
        let (back, reversed): (Vec<usize>, String) =
            (there.iter().rev().copied().collect(), letters.chars().rev().collect());
        alike(&of(&back, &own, &reversed, true), &wanted, &format!("{reversed}, columns first"));
    }
}
