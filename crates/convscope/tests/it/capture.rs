//! `convscope capture`: a model and samples in, layers for `similarity` out.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::typed::{complaint, convscope, printed};

fn golden(name: &str) -> String {
    format!("{}/../../golden/onnx_models/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn json_of(folder: &Path, words: &[&str]) -> Value {
    serde_json::from_str(&printed(folder, &[words, &["--json"]].concat())).unwrap()
}

#[track_caller]
fn says(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "`{part}` is not in:\n{said}");
    }
}

#[test]
fn values_are_listed_without_samples() {
    let folder = TempDir::new().unwrap();
    let found = json_of(folder.path(), &["capture", &golden("lenet.onnx")]);
    assert_eq!((&found["kind"], &found["version"]), (&json!("convscope-capture-list"), &json!(1)));
    let image = json!({ "name": "image", "kind": "F32", "shape": ["batch", 1, 12, 12] });
    assert_eq!(found["inputs"], json!([image]));
    let conv = json!({ "name": "conv2d", "op": "Conv", "module": "conv1", "kind": "F32",
        "shape": ["batch", 2, 8, 8] });
    assert_eq!(found["values"][0], conv);
    let said = printed(folder.path(), &["capture", &golden("two-inputs.onnx")]);
    says(&said, &["input tokens  I64 [n, 3]", "/pool/ReduceMean_output_0  ReduceMean"]);
}

#[test]
fn captured_layers_are_compared() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    let (model, data) = (golden("lenet.onnx"), golden("lenet-inputs.npz"));
    let words =
        ["capture", &model, "--data", &data, "--layers", "conv1,relu*", "--out", "a.safetensors"];
    let found = json_of(here, &words);
    assert_eq!(found["samples"], 7);
    assert_eq!(found["sample_ids"], Value::Null);
    assert_eq!(found["layers"][0]["shape"], json!([7, 2, 8, 8]));
    let names: Vec<&str> =
        found["layers"].as_array().unwrap().iter().map(|l| l["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["conv2d", "relu", "relu_1", "relu_2", "relu_3"]);
    // Against what ONNX Runtime computed: each layer is most like itself, by rounding the same.
    let of = [
        "similarity",
        "a.safetensors",
        &golden("lenet-values.safetensors"),
        "--layers",
        "conv2d,relu,relu_1,relu_2,relu_3",
        "--measure",
        "cka",
    ];
    let compared = json_of(here, &of);
    let scores = &compared["tables"][0]["scores"];
    for layer in 0..5 {
        let own = scores[layer][layer]["value"].as_f64().unwrap();
        assert!((own - 1.0).abs() < 1e-6, "{layer}: {own}");
    }
    assert!(scores[0][4]["value"].as_f64().unwrap() < 0.999);
}

#[test]
fn names_of_samples_are_kept() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    let header = r#"{"__metadata__":{"sample_ids":"[\"a\",\"b\",\"c\",\"d\"]"},"x":{"dtype":"F32","shape":[4,2],"data_offsets":[0,32]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.extend((0..8_u8).flat_map(|number| f32::from(number * number).to_le_bytes()));
    std::fs::write(here.join("x.safetensors"), bytes).unwrap();
    let model = golden("across.onnx");
    let words = ["capture", &model, "--data", "x.safetensors", "--layers", "centred"];
    let output = convscope(here, &words);
    assert_eq!(output.status.code(), Some(0));
    says(&String::from_utf8(output.stderr).unwrap(), &["note: `centred` of a sample depends"]);
    let words = ["similarity", "acts.safetensors", "acts.safetensors", "--measure", "cka"];
    let compared = json_of(here, &words);
    assert_ne!(compared["a"]["sample_ids"], Value::Null);
}

#[test]
fn weights_of_a_model_are_compared_with_those_it_was_exported_from() {
    let folder = TempDir::new().unwrap();
    let saved = format!("{}/../../golden/state_dicts/lenet.pt", env!("CARGO_MANIFEST_DIR"));
    let found = json_of(folder.path(), &["compare", &golden("lenet.onnx"), &saved]);
    let parameters = found["parameters"].as_array().unwrap();
    let same = parameters.iter().filter(|p| p["distances"]["frobenius"]["value"] == json!(0.0));
    assert_eq!(same.count(), 10, "{parameters:#?}");
}

#[test]
fn weights_beside_a_model_are_those_in_it() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    let found = json_of(here, &["compare", &golden("lenet.onnx"), &golden("lenet-elsewhere.onnx")]);
    let parameters = found["parameters"].as_array().unwrap();
    let same = parameters.iter().filter(|p| p["distances"]["frobenius"]["value"] == json!(0.0));
    assert_eq!(same.count(), 10, "{parameters:#?}");
    std::fs::copy(golden("lenet-elsewhere.onnx"), here.join("alone.onnx")).unwrap();
    let alone = complaint(here, &["compare", &golden("lenet.onnx"), "alone.onnx"]);
    says(&alone, &["alone.onnx: ", "`lenet-elsewhere.onnx.data`, which cannot be read"]);
}

#[test]
fn what_does_not_fit_is_named() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    let (model, data) = (golden("lenet.onnx"), golden("lenet-inputs.npz"));
    let said = |words: &[&str]| complaint(here, &[&["capture", model.as_str()], words].concat());
    let with = |words: &[&str]| said(&[&["--data", data.as_str()], words].concat());
    says(&with(&["--layers", "rel_1"]), &["no value of the model fits `rel_1`", "`relu_1`?"]);
    says(&with(&["--layers", "qqqqqq"]), &["the values are listed"]);
    says(&with(&[]), &["--layers"]);
    says(&said(&["--layers", "relu"]), &["--data"]);
    says(&with(&["--layers", "relu", "--sd", "0"]), &["numbers above 0"]);
    says(&with(&["--layers", "relu", "--scale", "x"]), &["1/255"]);
    says(&with(&["--layers", "relu", "--mean", "1,2,3"]), &["--mean has 3 numbers", "1 channels"]);
    says(&with(&["--layers", "relu", "--out", &data]), &["would be written over"]);
    let other = golden("residual-inputs.npz");
    let wrong = said(&["--data", &other, "--layers", "relu"]);
    says(&wrong, &["`image` takes F32 [batch, 1, 12, 12], and F32 [7, 2, 6, 6] was given"]);
    let none = complaint(here, &["capture", "none.onnx"]);
    says(&none, &["none.onnx: "]);
    assert_eq!(std::fs::read_dir(here).unwrap().count(), 0, "nothing is left behind");
}
