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

#[test]
fn what_an_override_broke_is_shown_at_the_override() {
    let folder = TempDir::new().unwrap();
    for (assignment, wrong) in [
        ("sweep.images=[10,10]", "this value stands there twice"),
        ("sweep.images=[0]", "at least"),
        ("seeds=0", "at least one seed"),
    ] {
        let said = complaint(folder.path(), &["plan", "hello", assignment]);
        assert_says(&said, &[wrong, &format!("in the override `{assignment}`")]);
        assert!(!said.contains("-->"), "the file does not say it: {said}");
    }
}

#[test]
fn a_plan_of_more_jobs_than_can_be_meant_is_refused_with_their_count() {
    let folder = TempDir::new().unwrap();
    for (seeds, jobs) in [("100000000", "200,000,000"), ("4000000000", "8,000,000,000")] {
        let said = complaint(folder.path(), &["plan", "hello", &format!("seeds={seeds}")]);
        assert_says(&said, &[jobs, "`cnn`", "2 of `images`", &format!("override `seeds={seeds}`")]);
        assert_says(&said, &["ask for fewer seeds"]);
    }
    let many: Vec<String> = (1..2000).map(|count| count.to_string()).collect();
    let many = format!("seeds = 3000\n\n[sweep]\nwidth = [{}]", many.join(", "));
    let study =
        TINY.replace("seeds = 3\n\n[sweep]", &many).replace("hidden = 4", "hidden = \"$width\"");
    std::fs::write(folder.path().join("wide.toml"), study).unwrap();
    let said = complaint(folder.path(), &["plan", "wide.toml"]);
    assert_says(&said, &["`mlp` alone has 11,994,000", "1999 of `width`", "wide.toml:3"]);
}

/// A machine of 4 GB, as far as the process can tell.
#[test]
#[cfg(target_os = "linux")]
fn images_that_no_memory_holds_are_refused_before_anything_starts() {
    let folder = TempDir::new().unwrap();
    let typed = |words: &str| {
        let output = std::process::Command::new("sh")
            .args(["-c", &format!("ulimit -v 4000000; exec \"$0\" {words}")])
            .arg(env!("CARGO_BIN_EXE_convscope"))
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{words}: {said}");
        said
    };
    let large = TINY.replace("per-class = 5,", "per-class = 700000,");
    std::fs::write(folder.path().join("large.toml"), large).unwrap();
    let sizes = ["2,100,000 images of 1×28×28", "6.59 GB", "4.10 GB", "take fewer images"];
    let said = typed("run large.toml --store S");
    assert_says(&said, &["large.toml:11", sizes[0], sizes[1], sizes[2], sizes[3]]);
    assert!(!folder.path().join("S").exists(), "nothing may have been started");
    std::fs::write(folder.path().join("study.toml"), TINY).unwrap();
    for assignment in ["sweep.images=[700000]", "data.valid.source.edges.per-class=700000"] {
        let said = typed(&format!("plan study.toml '{assignment}'"));
        assert_says(&said, &["6.59 GB", &format!("in the override `{assignment}`")]);
    }
    for command in ["sample", "show"] {
        let said = typed(&format!("data {command} edges per-class=700000"));
        assert_says(&said, &sizes);
    }
}
