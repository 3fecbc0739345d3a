//! Arrays in every order of dimensions: what is snapped, and how it is written again.

use std::path::Path;

use convscope_arrays::Arrays;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{NOISY, numbers};
use crate::similarity::{Array, array, normal, npz, safetensors};
use crate::typed::{complaint, convscope, printed};

/// Kernels in the order output, input, row, column: noisy lines of several sizes.
fn lines(outputs: usize, inputs: usize) -> Vec<f64> {
    let scaled =
        (1..=outputs * inputs).flat_map(|scale| NOISY.map(|value| f64::from(value) * scale as f64));
    scaled.collect()
}

/// The same in the order of TensorFlow: rows, columns, inputs, outputs.
fn keras(ordered: &[f64], [outputs, inputs, side]: [usize; 3]) -> Vec<f64> {
    let mut numbers = vec![0.0; ordered.len()];
    for (place, number) in ordered.iter().enumerate() {
        let (kernel, pixel) = (place / (side * side), place % (side * side));
        numbers[(pixel * inputs + kernel % inputs) * outputs + kernel / inputs] = *number;
    }
    numbers
}

fn dimensions(path: &Path, name: &str) -> Vec<usize> {
    Arrays::open(path).unwrap().get(name).unwrap().dimensions().to_vec()
}

fn put(folder: &TempDir, name: &str, arrays: &[Array]) {
    std::fs::write(folder.path().join(name), npz(arrays, &[])).unwrap();
}

#[test]
fn kernels_in_the_order_of_tensorflow_are_snapped_as_those_of_pytorch() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let ordered = lines(16, 3);
    put(&folder, "torch.npz", &[array("conv.weight", &[16, 3, 5, 5], ordered.clone())]);
    put(&folder, "keras.npz", &[array("kernel", &[5, 5, 3, 16], keras(&ordered, [16, 3, 5]))]);
    // A name and sizes that say nothing: the layout is typed.
    put(&folder, "mute.npz", &[array("k", &[5, 5, 5, 5], keras(&lines(5, 5), [5, 5, 5]))]);
    let snap = |file: &str, more: &[&str]| {
        let out = file.replace("npz", "safetensors");
        let words =
            [&["snap", file, "--precision", "none", "--out", &out, "--json"], more].concat();
        let output = convscope(folder.path(), &words);
        let aloud = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{aloud}");
        (serde_json::from_slice::<Value>(&output.stdout).unwrap(), aloud)
    };
    let (torch, _) = snap("torch.npz", &[]);
    let (said, aloud) = snap("keras.npz", &[]);
    let layer = &said["layers"][0];
    assert_eq!(layer["kernels"], torch["layers"][0]["kernels"]);
    assert_eq!((&layer["layout"], &layer["counts"]), (&json!("rcio"), &json!([16, 3])));
    assert_eq!(layer["kernels"][47]["structure"], "identical-columns-mirrored");
    assert!(
        said["what"].as_str().unwrap().starts_with("48 kernels of 1 array,"),
        "{}",
        said["what"]
    );
    assert!(
        aloud.contains("`kernel` [5, 5, 3, 16] is read as rcio (by its dimensions)"),
        "{aloud}"
    );
    // Written in the order in which they came.
    assert_eq!(dimensions(&at("keras.safetensors"), "kernel"), [5, 5, 3, 16]);
    let wide = |name: &str, array: &str| -> Vec<f64> {
        numbers(&at(name), array).into_iter().map(f64::from).collect()
    };
    let snapped = wide("torch.safetensors", "conv.weight");
    assert_eq!(wide("keras.safetensors", "kernel"), keras(&snapped, [16, 3, 5]));
    let (said, aloud) = snap("mute.npz", &["--layout", "rcio"]);
    let structures = said["layers"][0]["kernels"].as_array().unwrap().iter();
    let lines = structures.filter(|own| own["structure"] == "identical-columns-mirrored");
    assert_eq!(lines.count(), 25);
    assert!(aloud.contains("mute.safetensors is read again with `--layout rcio`"), "{aloud}");
    let odd = complaint(folder.path(), &["snap", "keras.npz", "--layout", "nchw"]);
    assert!(odd.contains("`nchw` is no layout of kernels"), "{odd}");
}

#[test]
fn a_net_for_images_is_not_misread() {
    let folder = TempDir::new().unwrap();
    let file = [array("conv1/kernel", &[5, 5, 1, 6], normal("keras", 150))];
    put(&folder, "keras.npz", &file);
    put(&folder, "torch.npz", &[array("conv1.weight", &[6, 1, 5, 5], normal("torch", 150))]);
    let said = |words: &[&str]| {
        let said = complaint(folder.path(), &[&["snap"], words, &["--data", "edges"]].concat());
        said.replace('\n', " ")
    };
    for words in [&["keras.npz"][..], &["keras.npz", "--net", "lenet-5"]] {
        let said = said(words);
        for part in [
            "keras.npz: `conv1/kernel` [5, 5, 1, 6] is read as rcio (by its dimensions)",
            "wanted as oirc",
            "numpy.transpose(array, (3, 2, 0, 1))",
            "leave --data out",
        ] {
            assert!(said.contains(part), "`{part}`: {said}");
        }
    }
    let typed = said(&["torch.npz", "--layout", "rcio"]);
    assert!(typed.contains("is read as rcio (as --layout says)"), "{typed}");
    // What is in order already is not the trouble.
    let other = said(&["torch.npz", "--layout", "oirc"]);
    assert!(other.contains("no net of `convscope list nets` has its tensors"), "{other}");
}

#[test]
fn bare_kernels_are_snapped_as_the_help_says() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (noisy, list) = (lines(1, 1), lines(3, 1));
    put(&folder, "both.npz", &[array("a", &[5, 5], noisy.clone()), array("b", &[5, 5], noisy)]);
    put(&folder, "list.npz", &[array("many", &[3, 5, 5], list)]);
    let words = ["snap", "both.npz", "--precision", "none", "--out", "both.safetensors", "--json"];
    let said: Value = serde_json::from_str(&printed(folder.path(), &words)).unwrap();
    for layer in said["layers"].as_array().unwrap() {
        assert_eq!(layer["kernels"][0]["structure"], "identical-columns-mirrored", "{layer}");
    }
    assert_eq!(said["layers"].as_array().unwrap().len(), 2);
    assert_eq!(dimensions(&at("both.safetensors"), "b"), [5, 5]);
    let list = printed(folder.path(), &["snap", "list.npz", "--precision", "none"]);
    assert!(list.contains("many: 3 × 1 kernels of 5 × 5"), "{list}");
    // A matrix among others is none, unless it is said.
    let net = [array("conv.weight", &[1, 1, 5, 5], lines(1, 1)), array("fc", &[5, 5], lines(1, 1))];
    std::fs::write(at("net.safetensors"), safetensors(&net, &json!({}))).unwrap();
    let snap =
        |more: &[&str]| printed(folder.path(), &[&["snap", "net.safetensors"], more].concat());
    assert!(snap(&[]).contains("1 kernel of 1 array"));
    assert!(snap(&["--layout", "rc"]).contains("2 kernels of 2 arrays"));
}

#[test]
fn arrays_that_are_the_same_numbers_stay_the_same() {
    let folder = TempDir::new().unwrap();
    let tied = format!("{}/../../golden/state_dicts/tied.pt", env!("CARGO_MANIFEST_DIR"));
    let words = ["snap", &tied, "--tolerance", "0.9", "--out", "out.safetensors"];
    let output = convscope(folder.path(), &words);
    let aloud = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{aloud}");
    assert!(aloud.contains("snapped together: 1 array (b.weight [2, 1, 3, 3])"), "{aloud}");
    let [a, b] =
        ["a.weight", "b.weight"].map(|name| numbers(&folder.path().join("out.safetensors"), name));
    assert_eq!(a, b);
    assert_ne!(a, numbers(Path::new(&tied), "a.weight"), "they are snapped");
    // Of two that are one only the first was asked for: the other is left.
    convscope(folder.path(), &[&words[..], &["--on", "a.weight"]].concat());
    let left = numbers(&folder.path().join("out.safetensors"), "b.weight");
    assert_eq!(left, numbers(Path::new(&tied), "b.weight"));
    let odd = complaint(folder.path(), &["snap", &tied, "--on", "a.wieght"]);
    assert!(odd.contains("no array fits `a.wieght`") && odd.contains("`a.weight`"), "{odd}");
}
