//! What is wrong is named, with its place, before anything starts.

use tempfile::TempDir;

use crate::typed::{TINY, complaint, convscope, printed};

/// Writes the tiny study with one change and returns the complaint that running it meets.
fn refused(from: &str, to: &str) -> String {
    assert!(TINY.contains(from), "{from}");
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("study.toml"), TINY.replacen(from, to, 1)).unwrap();
    let said = complaint(folder.path(), &["run", "study.toml", "--store", "S"]);
    assert!(!folder.path().join("S").exists(), "nothing may have been started");
    said
}

#[track_caller]
fn assert_says(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "`{part}` is not in:\n{said}");
    }
}

#[test]
fn misspelt_names_are_underlined_with_the_nearest() {
    assert_says(&refused("epochs = 3", "epoch = 3"), &["study.toml:15", "epoch = 3", "`epochs`"]);
    assert_says(&refused("\"$images\"", "\"$image\""), &["study.toml:9", "did you mean `$images`"]);
    assert_says(
        &refused("simple-cnn", "simpel-cnn"),
        &["study.toml:18", "did you mean `simple-cnn`"],
    );
    assert_says(&refused("{ edges =", "{ edgse ="), &["study.toml:9", "did you mean `edges`"]);
    assert_says(
        &refused("data = \"train\"", "data = \"trian\""),
        &["study.toml:19", "did you mean `train`"],
    );
    assert_says(
        &refused("recipe = \"short\"", "recipe = \"shrot\""),
        &["study.toml:21", "did you mean `short`"],
    );
    assert_says(
        &refused("[recipe.short]", "[recipes.short]"),
        &["study.toml:13", "did you mean `recipe`"],
    );
    assert_says(
        &refused("epochs = 3", "epochs = 3\nno-decay = [\"*.bias\", \"conw1*\"]"),
        &["study.toml:22", "no parameter of this net matches `conw1*`", "did you mean `conv1.*`"],
    );
    assert_says(&refused("split =", "splitt ="), &["study.toml:11", "did you mean `split`"]);
    assert_says(&refused("kernel = 3", "kernal = 3"), &["study.toml:18", "did you mean `kernel`"]);
    assert_says(
        &refused("layer = \"conv1\"", "layer = \"conv9\""),
        &["study.toml:31", "did you mean"],
    );
    assert_says(
        &refused("more = { model = \"cnn\"", "more = { model = \"cnm\""),
        &["did you mean `cnn`"],
    );
}

#[test]
fn wrong_values_say_what_was_wanted() {
    assert_says(
        &refused("seeds = 3", "seeds = \"three\""),
        &["study.toml:3", "invalid type", "u32"],
    );
    assert_says(&refused("seeds = 3", "seeds = 0"), &["at least one seed"]);
    assert_says(&refused("seeds = 3", "seeds = "), &["study.toml:3"]);
    assert_says(&refused("batch = 10", "batch = 0"), &["study.toml:14", "1 to"]);
    assert_says(&refused("images = [4, 8]", "images = []"), &["no values"]);
    assert_says(&refused("\"$images\"", "4"), &["no model mentions the axis `images`"]);
    assert_says(
        &refused("at = { images = [4, 8] }", "at = { image = [4, 8] }"),
        &["did you mean `images`"],
    );
}

#[test]
fn impossible_geometry_is_refused_at_plan_time() {
    assert_says(
        &refused("kernel = 3", "kernel = 60"),
        &["study.toml:18", "conv1", "reflect padding of 29"],
    );
    let listed = "[{ conv = { filters = 3, kernel = 40 } }, \"global-average-pool\", { linear = { outputs = \"classes\" } }]";
    assert_says(
        &refused("{ simple-cnn = { kernel = 3 } }", listed),
        &["study.toml:18", "40", "larger than the padded input of 28"],
    );
    let reflect = "[{ conv = { filters = 3, kernel = 3, padding = 28, pad-with = \"reflect\" } }, \"global-average-pool\", { linear = { outputs = \"classes\" } }]";
    assert_says(
        &refused("{ simple-cnn = { kernel = 3 } }", reflect),
        &["reflect padding of 28", "29 pixels"],
    );
    assert_says(
        &refused(", split = \"valid\"", ""),
        &["study.toml:20", "the very images", "split"],
    );
    assert_says(&refused("per-class = 5", "classes = []"), &["study.toml:11", "class"]);
    assert_says(&refused("per-class = 5", "width = [1, 28]"), &["study.toml:11", "width"]);
    assert_says(&refused("per-class = 5", "width = [1, 20], location-ratio = 0.5"), &["width"]);
}

#[test]
fn what_does_not_exist_is_named() {
    let folder = TempDir::new().unwrap();
    assert_says(
        &complaint(folder.path(), &["run", "helo"]),
        &["no study, file or folder", "did you mean `hello`"],
    );
    assert_says(
        &complaint(folder.path(), &["query", "select 1", "--store", "nowhere"]),
        &["no store in nowhere", "--store"],
    );
    assert_says(&complaint(folder.path(), &["list", "net"]), &["did you mean `nets`"]);
    assert_says(
        &complaint(folder.path(), &["run", "hello", "seedz=3"]),
        &["seedz=3", "did you mean `seeds`"],
    );
    assert_says(&complaint(folder.path(), &["data", "sample", "edgs"]), &["did you mean `edges`"]);
    assert_eq!(convscope(folder.path(), &["rum"]).status.code(), Some(2));
    std::fs::write(folder.path().join("empty.toml"), "").unwrap();
    assert_says(&complaint(folder.path(), &["run", "empty.toml"]), &["question"]);
}

#[test]
fn queries_name_what_there_is() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("tiny.toml"), TINY).unwrap();
    printed(folder.path(), &["run", "tiny.toml", "--store", "S"]);
    let said = complaint(folder.path(), &["query", "select modle from results", "--store", "S"]);
    assert_says(&said, &["modle", "model"]);
    let said = complaint(folder.path(), &["query", "delete from results", "--store", "S"]);
    assert!(!said.is_empty());
}

#[test]
fn a_precision_that_there_is_not_is_refused_with_those_there_are() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("study.toml"), TINY).unwrap();
    let run = |precision| {
        let words = ["run", "study.toml", "--store", "S", "--precision", precision];
        complaint(folder.path(), &words)
    };
    assert_says(&run("half"), &["half", "single", "mixed"]);
    assert_says(&run("mixed"), &["`cpu`", "`single`", "--device"]);
    assert!(!folder.path().join("S").exists(), "nothing may have been started");
}

#[test]
fn an_unknown_device_is_refused_with_those_there_are() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("study.toml"), TINY).unwrap();
    let run = |device| {
        complaint(folder.path(), &["run", "study.toml", "--store", "S", "--device", device])
    };
    for device in ["gpu", "cpu:0", ""] {
        assert_says(&run(device), &["`cpu`", "`cuda:0`", "`wgpu`"]);
    }
    #[cfg(not(feature = "cuda"))]
    assert_says(&run("cuda:0"), &["--features cuda"]);
    assert_says(&run("cpu,cuda:0"), &["`cpu` trains alone"]);
    assert_says(&run("cuda:0,cuda:0"), &["`cuda:0` is named twice"]);
    assert!(!folder.path().join("S").exists(), "nothing may have been started");
}
