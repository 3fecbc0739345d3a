//! The binary, as it is typed.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

/// A study of two tiny models that trains in a blink.
pub(crate) const TINY: &str = r#"
question = "Does it work?"
seeds = 3

[sweep]
images = [4, 8]

[data.train]
source = { edges = { per-class = "$images" } }
[data.valid]
source = { edges = { per-class = 5, split = "valid" } }

[recipe.short]
batch = 10
epochs = 3

[model.cnn]
net = { simple-cnn = { kernel = 3 } }
data = "train"
valid = "valid"
recipe = "short"

[model.mlp]
net = { two-layer-mlp = { hidden = 4 } }
data = "train"
valid = "valid"
recipe = "short"

[[show]]
title = "Kernels"
kernels = { model = "cnn", layer = "conv1", at = { images = 8 } }

[[claim]]
says = "the CNN is better at {images}"
at = { images = [4, 8] }
more = { model = "cnn", name = "valid-accuracy" }
less = { model = "mlp", name = "valid-accuracy" }
"#;

/// Says aloud that a test cannot run here; what macros print is shown only of tests that fail.
pub(crate) fn skipped(why: &str) {
    std::io::stderr().write_all(format!("SKIPPED: {why}\n").as_bytes()).unwrap();
}

/// Types a command line in a folder, with nothing kept from others.
pub(crate) fn convscope(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_convscope"));
    command.args(words).current_dir(folder).env("XDG_CACHE_HOME", NO_CACHE).output().unwrap()
}

/// A cache that cannot be: below what is no folder.
pub(crate) const NO_CACHE: &str = concat!(env!("CARGO_BIN_EXE_convscope"), "/none");

/// Types a command line that succeeds, and returns what it printed.
pub(crate) fn printed(folder: &Path, words: &[&str]) -> String {
    let output = convscope(folder, words);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Types a command line that is refused with exit code 2, and returns the complaint.
pub(crate) fn complaint(folder: &Path, words: &[&str]) -> String {
    let output = convscope(folder, words);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{words:?}: {said}");
    said
}

/// Every record and every place of it, in one text.
pub(crate) fn everything(folder: &Path, store: &str) -> String {
    let query = |sql| printed(folder, &["query", sql, "--store", store, "--json"]);
    let results = query("select * from results order by study, model, images, seed, name");
    let curves = query("select * from curves order by study, model, images, seed, name, epoch");
    let tables =
        query("select * from tables order by study, model, images, seed, name, row, \"column\"");
    format!("{results}\n{curves}\n{tables}")
}
