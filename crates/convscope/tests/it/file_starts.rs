//! Studies whose models start from files of weights.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::similarity::{array, normal, safetensors};
use crate::typed::{convscope, printed};

const STUDY: &str = r#"
question = "What does it know before it is trained on?"
seeds = 2

[data.train]
source = { edges = { per-class = 4 } }
[recipe.none]
epochs = 0

[model.elsewhere]
net = [{ conv = { filters = 2, kernel = 3 } }, "global-average-pool", { linear = "classes" }]
from = { file = "weights.safetensors" }
data = "train"
recipe = "none"
"#;

/// Puts the study into a folder, and weights under four names.
fn put(folder: &Path, names: [&'static str; 4]) {
    let sizes = [vec![2, 1, 3, 3], vec![2], vec![3, 2], vec![3]];
    let arrays = names.iter().zip(sizes).map(|(name, shape)| {
        let count = shape.iter().product();
        array(name, &shape, normal(name, count))
    });
    let file = safetensors(&arrays.collect::<Vec<_>>(), &json!({}));
    std::fs::write(folder.join("weights.safetensors"), file).unwrap();
    std::fs::write(folder.join("own.toml"), STUDY).unwrap();
}

#[test]
fn what_was_left_out_of_a_file_is_told_once_by_each_command() {
    let folder = TempDir::new().unwrap();
    let wrapped =
        ["module.conv1.weight", "module.conv1.bias", "module.fc1.weight", "module.fc1.bias"];
    put(folder.path(), wrapped);
    let note = "weights.safetensors: `module.` stood before every name and was left out";
    let line = format!("  note: {note}\n");

    let checked = printed(folder.path(), &["check", "own.toml"]);
    assert_eq!(checked.matches(&line).count(), 1, "{checked}");
    let planned = printed(folder.path(), &["plan", "own.toml"]);
    assert_eq!(planned.matches(&line).count(), 1, "{planned}");
    let planned = printed(folder.path(), &["plan", "own.toml", "--json"]);
    let planned: Value = serde_json::from_str(&planned).unwrap();
    assert_eq!(planned["studies"][0]["notes"], json!([note]));
    let said = |more: &[&str]| {
        let output =
            convscope(folder.path(), &[&["run", "own.toml", "--store", "S"], more].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert_eq!(said(&[]).matches(&format!("note: {note}\n")).count(), 1);
    assert_eq!(said(&["--quiet"]), "");
}

#[test]
fn nothing_is_told_of_a_file_that_has_the_names_of_the_net() {
    let folder = TempDir::new().unwrap();
    put(folder.path(), ["conv1.weight", "conv1.bias", "fc1.weight", "fc1.bias"]);
    for words in [&["check", "own.toml"][..], &["plan", "own.toml"]] {
        let said = printed(folder.path(), words);
        assert!(!said.contains("note"), "{said}");
    }
}
