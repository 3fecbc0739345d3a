//! Studies on Burn's processor backend, which stands for every device.

use std::path::Path;

use tempfile::TempDir;

use crate::typed::{TINY, convscope, printed};

/// Two nets at two rates, and one that is trained alone.
fn study() -> String {
    let swept = TINY.replace("[sweep]", "[sweep]\nrate = [0.01, 0.05]").replace(
        "[recipe.short]",
        "[recipe.short]\noptimizer = { sgd = { lr = \"$rate\", momentum = 0.9 } }",
    );
    let (swept, _) = swept.split_once("[[claim]]").unwrap();
    let swept = swept.replace("at = { images = 8 }", "at = { images = 8, rate = 0.01 }");
    format!(
        "{swept}\n[recipe.clipped]\nclip = 0.5\nbatch = 10\nepochs = 3\n[model.clipped]\n\
         net = {{ two-layer-mlp = {{ hidden = 4 }} }}\ndata = \"train\"\nvalid = \"valid\"\n\
         recipe = \"clipped\"\n"
    )
}

/// Returns what a value is of, and the value, of every final value and every epoch.
fn values(folder: &Path, store: &str) -> Vec<(String, f64)> {
    let query = |sql| printed(folder, &["query", sql, "--store", store, "--csv"]);
    let results =
        query("select model, images, rate, seed, name, value from results order by 1, 2, 3, 4, 5");
    let curves = query(
        "select model, images, rate, seed, name, epoch, value from curves order by 1, 2, 3, 4, 5, 6",
    );
    let row = |line: &str| {
        let (what, value) = line.rsplit_once(',').unwrap();
        (what.to_owned(), value.parse().unwrap())
    };
    results.lines().skip(1).chain(curves.lines().skip(1)).map(row).collect()
}

fn assert_near(found: &[(String, f64)], expected: &[(String, f64)], most: f64) {
    assert_eq!(found.len(), expected.len());
    for ((what, found), (same, expected)) in found.iter().zip(expected) {
        assert_eq!(what, same);
        let off = (found - expected).abs();
        assert!(off <= most * (1.0 + expected.abs()), "{what}: {found}, not {expected}");
    }
}

#[test]
fn a_device_trains_populations_to_the_values_of_the_engine() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("study.toml"), study()).unwrap();
    printed(folder.path(), &["run", "study.toml", "--store", "cpu"]);
    let on_flex = |words: &[&str]| {
        let words = [&["run", "study.toml", "--device", "flex", "--progress", "plain"][..], words];
        let output = convscope(folder.path(), &words.concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        said
    };
    let said = on_flex(&["--store", "flex"]);
    // Two rates and three seeds, for each of two nets and two counts of images.
    assert_eq!(said.matches("flex: 6 models at once").count(), 4, "{said}");
    assert_eq!(said.matches("at once").count(), 4, "{said}");
    assert_near(&values(folder.path(), "flex"), &values(folder.path(), "cpu"), 1e-4);
    let levels = |store| {
        let sql = "select distinct level from jobs where kind = 'train'";
        printed(folder.path(), &["query", sql, "--store", store, "--csv"])
    };
    assert_eq!(levels("flex"), "level\nflex\n");

    let again = on_flex(&["--store", "cpu"]);
    assert!(again.starts_with("0 jobs to do"), "a job's identity is the same everywhere: {again}");

    on_flex(&["--store", "mixed", "--precision", "mixed"]);
    let losses = |store| {
        let mut values = values(folder.path(), store);
        values.retain(|(what, _)| what.contains("loss"));
        values
    };
    assert_near(&losses("mixed"), &losses("cpu"), 0.02);
    assert_ne!(losses("mixed"), losses("flex"));
    assert_eq!(levels("mixed"), "level\nflex mixed\n");
}

#[test]
fn what_no_device_can_do_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("study.toml"), TINY).unwrap();
    let said = |words: &[&str]| {
        let output = convscope(folder.path(), &[&["run", "study.toml"][..], words].concat());
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(said(&["--device", "flex,flex"]).contains("`flex` is named twice"));
    assert!(said(&["--device", "flex,gpu"]).contains("`gpu`; there are `cuda:0`"));
    assert!(said(&["--device", "flex", "--threads", "2"]).contains("`--threads` is about"));
    assert!(!folder.path().join("store").exists(), "nothing may have been started");
}
