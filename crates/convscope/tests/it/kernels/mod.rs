//! `convscope kernels`: a model in, the structure of its kernels out.

mod against;
mod bad_input;
pub(crate) mod found;
mod kept;
mod page;
mod planted;

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::similarity::{array, npy, npz};
use crate::typed::printed;

/// The kernel of three lines that the source shows, and the same with the noise of a training.
pub(super) const CLEAN: [[f64; 5]; 5] = [[0.0; 5], [1.0; 5], [3.0; 5], [1.0; 5], [0.0; 5]];
pub(super) const NOISY: [[f64; 5]; 5] = [
    [0.0, 0.1, 0.0, 0.0, 0.0],
    [1.0, 1.0, 1.1, 0.5, 0.9],
    [3.0, 3.3, 3.1, 2.9, 3.2],
    [1.1, 1.0, 1.1, 0.9, 1.0],
    [0.1, 0.3, 0.1, 0.1, 0.1],
];

/// What the command prints as JSON of a file.
#[track_caller]
fn kernels(folder: &Path, words: &[&str]) -> Value {
    let words = [&["kernels"], words, &["--json"]].concat();
    serde_json::from_str(&printed(folder, &words)).unwrap()
}

#[track_caller]
fn layer<'f>(found: &'f Value, name: &str) -> &'f Value {
    let layers = found["layers"].as_array().unwrap();
    layers.iter().find(|layer| layer["name"] == name).unwrap_or_else(|| panic!("no {name}"))
}

/// Why an array was not looked at.
#[track_caller]
fn why<'f>(found: &'f Value, name: &str) -> &'f str {
    let skipped = found["skipped"].as_array().unwrap();
    let one = skipped.iter().find(|one| one["name"] == name);
    one.unwrap_or_else(|| panic!("{name} was looked at"))["why"].as_str().unwrap()
}

fn put(folder: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(folder.join(name), bytes).unwrap();
}

#[test]
fn the_kernels_of_the_source_are_lines() {
    let folder = TempDir::new().unwrap();
    let [clean, noisy] = [CLEAN, NOISY].map(|kernel| kernel.concat());
    let arrays = [array("clean", &[5, 5], clean), array("noisy", &[5, 5], noisy)];
    put(folder.path(), "source.npz", &npz(&arrays, &[]));
    let found = kernels(folder.path(), &["source.npz"]);
    let score = |name: &str, probe: &str| {
        let scores = &layer(&found, name)["kernels"][0]["scores"];
        scores[probe]["value"].as_f64().unwrap_or_else(|| panic!("{probe}: {scores}"))
    };
    for name in ["clean", "noisy"] {
        let kernel = &layer(&found, name)["kernels"][0];
        assert_eq!(kernel["structure"], "identical-columns-mirrored", "{name}");
        assert_eq!(kernel["dimension"], 3);
    }
    // Identical columns, a mirror of up and down, rank 1, three values.
    for (probe, wanted) in [
        ("in-identical-columns", 1.0),
        ("score-up-down", 1.0),
        ("separability", 1.0),
        ("effective-rank", 1.0),
        ("unique-values", 3.0),
    ] {
        assert!(
            (score("clean", probe) - wanted).abs() < 1e-9,
            "{probe}: {}",
            score("clean", probe)
        );
    }
    assert!(score("noisy", "unique-values") > 3.0);
    let energy = layer(&found, "noisy")["kernels"][0]["energy"].as_f64().unwrap();
    assert!((0.99..1.0).contains(&energy), "{energy}");
    let ideal = layer(&found, "noisy")["kernels"][0]["ideal"].as_array().unwrap();
    for (row, wanted) in ideal.chunks(5).zip([0.08, 0.96, 3.10, 0.96, 0.08]) {
        assert!(row.iter().all(|value| (value.as_f64().unwrap() - wanted).abs() < 1e-9), "{row:?}");
    }
    let without = layer(&found, "noisy")["kernels"][0]["code-length-without"].as_f64().unwrap();
    let code = |name: &str| layer(&found, name)["kernels"][0]["code-length"].as_f64().unwrap();
    assert!(code("clean") < code("noisy") && code("noisy") < without);
}

#[test]
fn a_terminal_shows_what_a_kernel_is() {
    let folder = TempDir::new().unwrap();
    put(
        folder.path(),
        "clean.npy",
        &npy("<f8", &[5, 5], &crate::similarity::bytes_64(&CLEAN.concat())),
    );
    let said = printed(folder.path(), &["kernels", "clean.npy"]);
    assert!(said.contains("clean.npy: 1 kernel in 1 layer"), "{said}");
    let line =
        said.lines().find(|line| line.contains("3 of 25")).unwrap_or_else(|| panic!("{said}"));
    assert!(line.contains("identical-columns-mirrored") && line.contains("1.00"), "{line}");
}

#[test]
fn the_same_file_says_the_same_on_any_number_of_threads() {
    let folder = TempDir::new().unwrap();
    let numbers = crate::similarity::normal("threads", 8 * 3 * 9);
    put(folder.path(), "a.npz", &npz(&[array("conv.weight", &[8, 3, 3, 3], numbers)], &[]));
    let typed = |threads: &str, out: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_convscope"));
        let words = ["kernels", "a.npz", "--json", "--out", out];
        command.args(words).current_dir(folder.path()).env("RAYON_NUM_THREADS", threads);
        command.env("XDG_CACHE_HOME", crate::typed::NO_CACHE);
        let output = command.output().unwrap();
        (output.stdout, std::fs::read(folder.path().join(out)).unwrap())
    };
    let (one, many) = (typed("1", "one.html"), typed("3", "many.html"));
    assert!(one.0 == many.0, "JSON differs");
    assert!(one.1 == many.1, "pages differ");
}
