//! Snapping kernels of files: the source's noisy kernel, a trained net of edges, and what is refused.

mod layouts;
mod passed_over;

use std::path::{Path, PathBuf};

use convscope_arrays::{Arrays, Writer};
use serde_json::Value;
use tempfile::TempDir;

use crate::similarity;
use crate::typed::{complaint, convscope, printed};

const NOISY: [f32; 25] = [
    0.0, 0.1, 0.0, 0.0, 0.0, //
    1.0, 1.0, 1.1, 0.5, 0.9, //
    3.0, 3.3, 3.1, 2.9, 3.2, //
    1.1, 1.0, 1.1, 0.9, 1.0, //
    0.1, 0.3, 0.1, 0.1, 0.1,
];

/// Writes numbers as `numpy.save` does.
fn npy(path: &Path, dimensions: &[usize], numbers: &[f32]) {
    let sizes: Vec<String> = dimensions.iter().map(|size| format!("{size},")).collect();
    let head =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}", sizes.join(" "));
    let head = format!("{head:<117}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((head.len() as u16).to_le_bytes());
    bytes.extend(head.as_bytes());
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    std::fs::write(path, bytes).unwrap();
}

fn safetensors(path: &Path, arrays: &[(&str, Vec<usize>, Vec<f32>)]) {
    let heads: Vec<_> =
        arrays.iter().map(|(name, sizes, _)| ((*name).to_owned(), sizes.clone())).collect();
    let mut writer = Writer::create(path, &heads, &std::collections::BTreeMap::new()).unwrap();
    for (name, _, numbers) in arrays {
        writer.write(name, numbers).unwrap();
    }
    writer.finish().unwrap();
}

fn numbers(path: &Path, name: &str) -> Vec<f32> {
    let arrays = Arrays::open(path).unwrap();
    arrays.get(name).unwrap().numbers(arrays.source()).unwrap().unwrap()
}

#[test]
fn the_noisy_kernel_of_the_source_is_snapped_to_its_ideal() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    npy(&at("noisy.npy"), &[5, 5], &NOISY);
    let words =
        ["snap", "noisy.npy", "--precision", "none", "--json", "--out", "ideal.safetensors"];
    let said: Value = serde_json::from_str(&printed(folder.path(), &words)).unwrap();
    let kernel = &said["layers"][0]["kernels"][0];
    assert_eq!(kernel["structure"], "identical-columns-mirrored");
    for (row, wanted) in
        numbers(&at("ideal.safetensors"), "noisy").chunks(5).zip([0.08, 0.96, 3.10, 0.96, 0.08])
    {
        assert!(row.iter().all(|value| (value - wanted).abs() < 1e-6), "{row:?}");
    }
    // Snapped again it stays; and without --json a table says what became of it.
    let words = ["snap", "ideal.safetensors", "--layout", "rc", "--precision", "none"];
    let again = printed(folder.path(), &words);
    assert!(again.contains("identical-columns-mirrored"), "{again}");
    let output = convscope(folder.path(), &["snap", "noisy.npy", "--report", "page.html"]);
    let aloud = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && aloud.contains("without --data"), "{aloud}");
    let page = std::fs::read_to_string(at("page.html")).unwrap();
    assert!(page.contains("identical-columns-mirrored") && page.contains("before"), "no wall");
}

#[test]
fn what_is_no_kernel_is_left_as_it_is_and_counted() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let arrays = [
        ("a", vec![1, 1, 5, 5], NOISY.to_vec()),
        ("wide", vec![1, 2, 1, 3], vec![1.0, 2.0, 1.001, 0.5, 0.5, 0.5]),
        ("point", vec![2, 1, 1, 1], vec![0.25, 0.5]),
        ("fc", vec![2, 2], vec![1.0, 2.0, 3.0, 4.0]),
    ];
    safetensors(&at("bare.safetensors"), &arrays);
    let words = ["snap", "bare.safetensors", "--tolerance", "0.05", "--out", "out.safetensors"];
    let output = convscope(folder.path(), &words);
    let aloud = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{aloud}");
    for part in [
        "left as they are: 1 array (",
        "(fc [2, 2]): a matrix, such as that of a linear layer",
        "(point [2, 1, 1, 1]): 1 × 1: a kernel of one number has no structure",
    ] {
        assert!(aloud.contains(part), "{part} is not in {aloud}");
    }
    assert_eq!(numbers(&at("out.safetensors"), "point"), [0.25, 0.5]);
    assert_eq!(numbers(&at("out.safetensors"), "fc"), [1.0, 2.0, 3.0, 4.0]);
    let wide = numbers(&at("out.safetensors"), "wide");
    assert_eq!(wide[0].to_bits(), wide[2].to_bits(), "a kernel of one row is mirrored: {wide:?}");
}

const EDGES: &str = r#"
question = "Which kernels does a net of edges learn?"
seeds = 1
[data.train]
source = { edges = { per-class = 30 } }
[recipe.short]
optimizer = { sgd = { lr = 0.01, momentum = 0.9 } }
batch = 10
epochs = 60
[model.cnn]
net = "simple-cnn"
data = "train"
recipe = "short"
[[show]]
title = "Kernels"
kernels = { model = "cnn", layer = "conv1" }
"#;

/// Trains a net of 7 × 7 kernels and returns its file.
fn trained(folder: &Path) -> PathBuf {
    std::fs::write(folder.join("edges.toml"), EDGES).unwrap();
    printed(folder, &["run", "edges.toml", "--store", "S"]);
    let below =
        |folder: PathBuf| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut jobs = below(folder.join("S/jobs")).flat_map(below);
    jobs.next().unwrap().join("weights.safetensors")
}

#[test]
fn a_trained_net_of_edges_keeps_its_accuracy_within_a_budget() {
    let folder = TempDir::new().unwrap();
    let file = trained(folder.path());
    let file = file.to_str().unwrap();
    let snap = |more: &[&str]| -> Value {
        let words = [
            &["snap", file, "--json", "--out", "out.safetensors", "--choose", "least-loss"][..],
            &["--test", "edges", "split=test", "per-class=100", "--data", "edges", "per-class=30"],
            more,
        ];
        serde_json::from_str(&printed(folder.path(), &words.concat())).unwrap()
    };
    let number = |value: &Value| value.as_f64().unwrap();
    let said = snap(&["--budget", "0.02"]);
    let [calibration, test] = [0, 1].map(|place| &said["standings"][place]);
    let rise = number(&calibration["loss"][1]) - number(&calibration["loss"][0]);
    assert!(rise <= 0.02, "{rise}");
    let lost = number(&test["accuracy"][0]) - number(&test["accuracy"][1]);
    assert!(lost <= 0.02, "{lost} of {}", test["accuracy"]);
    assert!(number(&test["accuracy"][0]) > 0.8, "{}", test["accuracy"]);
    let values = &said["values"];
    assert!(number(&values["bits-share"]) < 0.9, "{values}");
    assert!(number(&values["kernels-snapped"]) >= 2.0, "{values}");
    // The file that is written is the model that was examined.
    let again: Value = serde_json::from_str(&printed(
        folder.path(),
        &[
            "snap",
            "out.safetensors",
            "--json",
            "--precision",
            "none",
            "--data",
            "edges",
            "per-class=30",
            "--bits",
            "1",
        ],
    ))
    .unwrap();
    let after = number(&again["standings"][0]["loss"][0]);
    assert!((after - number(&calibration["loss"][1])).abs() < 1e-12);
    // Half of the bits, on any number of threads.
    let half = snap(&["--bits", "0.5", "--threads", "1"]);
    assert_eq!(half, snap(&["--bits", "0.5", "--threads", "3"]));
    assert!(number(&half["values"]["bits-share"]) <= 0.5);
}

#[test]
fn a_model_is_not_tested_on_images_that_snapping_looks_at() {
    let folder = TempDir::new().unwrap();
    let images: Vec<u8> = (0..40 * 16).map(|pixel| (pixel % 251) as u8).collect();
    let labels: Vec<u8> = (0..40_i64).flat_map(|image| (image % 2).to_le_bytes()).collect();
    let others = [
        ("images", similarity::npy("|u1", &[40, 1, 4, 4], &images)),
        ("labels", similarity::npy("<i8", &[40], &labels)),
    ];
    std::fs::write(folder.path().join("own.npz"), similarity::npz(&[], &others)).unwrap();
    // The model is none: what is asked for is judged before it is read.
    let said = |data: &[&str], test: &[&str]| {
        let words = [&["snap", "none.pt", "--data"], data, &["--test"], test].concat();
        complaint(folder.path(), &words).replace('\n', " ")
    };
    let own = |more: &'static str| ["arrays", "path=own.npz", more];
    for (data, test) in [
        (&["edges", "split=test"][..], &["edges", "split=test"][..]),
        (&["edges"], &["edges", "per-class=7", "nested=true"]),
        (&own("range=[0,20]"), &own("range=[19,40]")),
        (&own("shuffle=false"), &own("take=3")),
    ] {
        let said = said(data, test);
        let both = format!(
            "`--test {}` draws images that `--data {}` does",
            test.join(" "),
            data.join(" ")
        );
        assert!(said.contains(&both) && said.contains("another `split`"), "{both}: {said}");
    }
    for (data, test) in [
        (&["edges"][..], &["edges", "split=test"][..]),
        (&own("range=[0,20]"), &own("range=[20,40]")),
        (&own("take=20"), &["edges"]),
    ] {
        let said = said(data, test);
        assert!(said.contains("cannot read none.pt"), "{test:?} is apart from {data:?}: {said}");
    }
}

#[test]
fn what_cannot_be_snapped_says_why() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let says = |words: &[&str], parts: &[&str]| {
        let said = complaint(folder.path(), words);
        for part in parts {
            assert!(said.contains(part), "`{part}` is not in:\n{said}");
        }
    };
    safetensors(&at("fc.safetensors"), &[("fc.weight", vec![2, 2], vec![1.0; 4])]);
    says(
        &["snap", "fc.safetensors"],
        &["holds no kernels of convolutions", "1 array (fc.weight [2, 2]): a matrix", "--layout"],
    );
    npy(&at("nan.npy"), &[2, 2], &[1.0, f32::NAN, 0.0, 0.0]);
    says(&["snap", "nan.npy"], &["nan.npy", "the kernel holds NaN at row 0, column 1"]);
    npy(&at("noisy.npy"), &[5, 5], &NOISY);
    says(&["snap", "noisy.npy", "--budget", "0.1"], &["--budget wants images", "--data"]);
    says(&["snap", "noisy.npy", "--precision", "1"], &["2 to 31 bits, or `none`"]);
    says(&["snap", "noisy.npy", "--tolerance", "1.5"], &["--tolerance", "1.5"]);
    says(&["snap", "noisy.npy", "--out", "a.pt"], &["a.pt is no .safetensors file"]);
    says(&["snap", "missing.npy"], &["missing.npy"]);
    says(
        &["snap", "fc.safetensors", "--data", "edges"],
        &["no net of `convscope list nets`", "--net"],
    );
    let file = trained(folder.path());
    let file = file.to_str().unwrap();
    says(&["snap", file, "--data", "edges", "size=1", "--budget", "0.1"], &["size"]);
    says(
        &["snap", file, "--budget", "0.1", "--data", "edges", "classes=['horizontal', 'vertical']"],
        &["does not fit images of 1×28×28 and 2 classes"],
    );
    says(
        &["snap", file, "--budget", "0", "--precision", "2", "--data", "edges"],
        &["rounding the kernels to 2 bits alone raises the calibration loss"],
    );
    says(&["snap", file, "--bits", "0.001", "--data", "edges"], &["at the least", "not to 0.001"]);
    says(&["snap", file, "--bits", "2", "--data", "edges"], &["--bits", "at most at 1"]);
    says(&["snap", file, "--bits", "0.5", "--data", "edgse"], &["did you mean `edges`"]);
    says(
        &["snap", file, "--bits", "0.5", "--data", "edges", "--transform", "normalise"],
        &["did you mean `normalize`"],
    );
    says(&["snap", file, "--bits", "0.5", "--on", "cnv*", "--data", "edges"], &["--on", "cnv*"]);
}
