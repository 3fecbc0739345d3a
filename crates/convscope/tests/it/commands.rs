//! Each command on a small store.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::typed::{TINY, complaint, convscope, printed};

fn with_tiny() -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("tiny.toml"), TINY).unwrap();
    folder
}

#[test]
fn a_run_leaves_a_page_records_and_figures() {
    let folder = with_tiny();
    printed(folder.path(), &["run", "tiny.toml", "--store", "S", "--out", "page.html"]);
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.contains("Does it work?") && page.contains("the CNN is better at 4"));
    let sql = "select study, model, images, avg(value) as accuracy, count(*) as n from results \
               where name = 'valid-accuracy' group by 1, 2, 3";
    let rows = printed(folder.path(), &["query", "--store", "S", "--json", sql]);
    let rows: serde_json::Value = serde_json::from_str(&rows).unwrap();
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 4);
    for row in rows {
        assert_eq!((&row["study"], &row["n"]), (&"tiny".into(), &3.into()));
        assert!((0.0..=1.0).contains(&row["accuracy"].as_f64().unwrap()));
    }
    let named = printed(folder.path(), &["figure", "tiny.toml", "--store", "S", "--list"]);
    assert!(named.starts_with("tiny-01-kernels"), "{named}");
    printed(
        folder.path(),
        &["figure", "tiny.toml", "--store", "S", "--format", "svg", "--format", "png"],
    );
    assert!(folder.path().join("figures/tiny-01-kernels.svg").exists());
    let png = std::fs::read(folder.path().join("figures/tiny-01-kernels.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
}

#[test]
fn more_seeds_train_only_what_is_new() {
    let folder = with_tiny();
    printed(folder.path(), &["run", "tiny.toml", "--store", "S"]);
    let output = convscope(folder.path(), &["run", "tiny.toml", "seeds=4", "--store", "S"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("4 jobs done") && said.contains("12 done before"), "{said}");
}

#[test]
fn weights_that_nobody_kept_are_made_again() {
    let folder = with_tiny();
    let without = TINY.replace("[[show]]\ntitle = \"Kernels\"\nkernels = { model = \"cnn\", layer = \"conv1\", at = { images = 8 } }\n", "");
    std::fs::write(folder.path().join("bare.toml"), &without).unwrap();
    printed(folder.path(), &["run", "bare.toml", "--store", "S"]);
    let output = convscope(folder.path(), &["run", "tiny.toml", "--store", "S"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("1 jobs done") && said.contains("11 done before"), "{said}");
    let faults = printed(folder.path(), &["doctor", "--store", "S", "--json"]);
    let found: serde_json::Value = serde_json::from_str(&faults).unwrap();
    assert_eq!(found["faults"], serde_json::json!([]), "the same job gives the same bits");
}

#[test]
fn a_model_may_start_from_another() {
    let folder = TempDir::new().unwrap();
    let more = "[model.more]\nfrom = \"cnn\"\ndata = \"train\"\nvalid = \"valid\"\nrecipe = \"short\"\nfreeze = [\"*\"]\n\n[[show]]";
    std::fs::write(folder.path().join("more.toml"), TINY.replace("[[show]]", more)).unwrap();
    printed(folder.path(), &["run", "more.toml", "--store", "S"]);
    // Frozen from the start, it stays what the other became.
    let sql = "select count(*) as same from results a join results b using (images, seed, name) \
               where a.model = 'cnn' and b.model = 'more' and a.value = b.value and name like 'valid-%'";
    assert_eq!(printed(folder.path(), &["query", "--store", "S", "--csv", sql]), "same\n18\n");
    let circle = TINY.replace("net = { simple-cnn = { kernel = 3 } }", "from = \"cnn\"");
    std::fs::write(folder.path().join("circle.toml"), circle).unwrap();
    let said = complaint(folder.path(), &["check", "circle.toml"]);
    assert!(said.contains("starts from itself"), "{said}");
}

#[test]
fn a_plan_shows_what_kernels_are_kept_in_and_how_many_numbers_that_leaves() {
    let folder = TempDir::new().unwrap();
    let net = "net = { simple-cnn = { kernel = 3 } }";
    let held = "constrain = [{ on = \"conv*.weight\", to = \"mirror-both\" }]";
    assert!(TINY.contains(net));
    let study = TINY.replacen(net, &format!("{net}\n{held}"), 1);
    std::fs::write(folder.path().join("held.toml"), study).unwrap();
    let said = printed(folder.path(), &["plan", "held.toml"]);
    // Twelve kernels of nine numbers, six biases, and a classifier of 3 · 3 + 3.
    assert!(said.contains(" 66 of 126 parameters "), "{said}");
    assert!(said.contains("conv*.weight kept mirror-both; SGD"), "{said}");
    let listed = printed(folder.path(), &["list", "structures"]);
    assert!(listed.contains("mirror-both"), "{listed}");
    let schema: serde_json::Value =
        serde_json::from_str(&printed(folder.path(), &["schema"])).unwrap();
    let forms = &schema["properties"]["model"]["additionalProperties"]["properties"]["constrain"];
    let names = &forms["items"]["properties"]["to"]["anyOf"][0]["enum"];
    assert!(names.as_array().unwrap().contains(&"separable".into()), "{forms}");
}

#[test]
fn a_divergence_is_an_outcome() {
    let folder = TempDir::new().unwrap();
    let wild = TINY.replace("batch = 10", "batch = 10\noptimizer = { sgd = { lr = 1e30 } }");
    std::fs::write(folder.path().join("wild.toml"), wild).unwrap();
    printed(folder.path(), &["run", "wild.toml", "--store", "S"]);
    // Nets whose hidden units all die in the first step stay finite; the others diverge.
    let count = |condition: &str| {
        let sql =
            format!("select count(*) as n from results join jobs using (job) where {condition}");
        let answer = printed(folder.path(), &["query", "--store", "S", "--csv", &sql]);
        answer.trim_start_matches("n\n").trim().parse::<u32>().unwrap()
    };
    let diverged = count("outcome = 'diverged' and name <> 'free-parameters'");
    assert!(diverged > 0);
    assert_eq!(
        count(
            "outcome = 'diverged' and value is null and results.reason like 'diverged in epoch %'"
        ),
        diverged
    );
    assert_eq!(count("outcome = 'done' and value is null"), 0);
}

#[test]
fn plans_lists_schemas_and_samples_are_printed() {
    let folder = with_tiny();
    let plan = printed(folder.path(), &["plan", "tiny.toml", "--json", "--store", "S"]);
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    assert_eq!(plan["total"]["jobs"], 12);
    assert!(!folder.path().join("S").exists(), "planning makes no store");
    assert!(printed(folder.path(), &["check", "tiny.toml"]).contains("fine, 12 jobs"));
    assert!(printed(folder.path(), &["list", "structures"]).contains("identical-columns-mirrored"));
    assert!(printed(folder.path(), &["list", "probes"]).contains("score-left-right"));
    assert!(printed(folder.path(), &["list", "operators"]).contains("sobel"));
    assert!(printed(folder.path(), &["list", "nets"]).contains("simple-cnn"));
    assert!(printed(folder.path(), &["show", "hello"]).contains("question"));
    let schema: serde_json::Value =
        serde_json::from_str(&printed(folder.path(), &["schema"])).unwrap();
    assert!(schema["properties"]["model"].is_object());
    printed(
        folder.path(),
        &["data", "sample", "edges", "per-class=4", "--per-class", "2", "--out", "a.png"],
    );
    assert!(std::fs::read(folder.path().join("a.png")).unwrap().starts_with(b"\x89PNG"));
    assert!(printed(folder.path(), &["completions", "bash"]).contains("convscope"));
}

/// The only kept file of that name in the store `S`.
fn kept(folder: &Path, name: &str) -> PathBuf {
    let jobs = folder.join("S/jobs");
    let within = |folder: PathBuf| std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let files: Vec<PathBuf> = within(jobs).flat_map(within).flat_map(within).collect();
    let files: Vec<PathBuf> = files.into_iter().filter(|file| file.ends_with(name)).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

#[test]
fn damaged_weights_are_named_and_made_again() {
    let folder = with_tiny();
    let typed = |words: &[&str]| convscope(folder.path(), words);
    printed(folder.path(), &["run", "tiny.toml", "--store", "S", "--out", "whole.html"]);
    let file = kept(folder.path(), "weights.safetensors");
    let bytes = std::fs::read(&file).unwrap();
    for damage in [&b"x\n"[..], &bytes[..bytes.len() - 1], b""] {
        std::fs::write(&file, damage).unwrap();
        let output = typed(&["report", "tiny.toml", "--store", "S", "--out", "page.html"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        for part in ["warning: jobs/", "weights.safetensors", "damaged", "`convscope run`"] {
            assert!(said.contains(part), "`{part}` is not in: {said}");
        }
        let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
        let caption = page.split("<figcaption>").nth(1).unwrap().split("</figcaption>").next();
        let caption = caption.unwrap();
        assert!(caption.contains("trained (jobs/") && caption.contains("damaged"), "{caption}");
        assert!(page.contains("The store has faults."));
        let output = typed(&["doctor", "--store", "S", "--json"]);
        assert_eq!(output.status.code(), Some(1));
        let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let faults = found["faults"].as_array().unwrap();
        assert_eq!(faults.len(), 1, "{found}");
        let fault = faults[0].as_str().unwrap();
        assert!(fault.contains("weights.safetensors: damaged"), "{fault}");
        assert!(fault.ends_with("`convscope run` makes it again"), "{fault}");
        let said = typed(&["run", "tiny.toml", "--store", "S", "--out", "page.html"]).stderr;
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains("1 jobs done") && said.contains("11 done before"), "{said}");
        assert_eq!(std::fs::read(&file).unwrap(), bytes, "the same job gives the same bits");
    }
    let [whole, page] = ["whole.html", "page.html"]
        .map(|page| std::fs::read_to_string(folder.path().join(page)).unwrap());
    assert_eq!(whole, page);
    printed(folder.path(), &["doctor", "--store", "S"]);
}

#[test]
fn damaged_images_are_named_and_drawn_again() {
    let folder = TempDir::new().unwrap();
    let show = "[[show]]\ntitle = \"Seen\"\nsamples = { data = \"valid\" }\n\n[[claim]]";
    std::fs::write(folder.path().join("tiny.toml"), TINY.replace("[[claim]]", show)).unwrap();
    printed(folder.path(), &["run", "tiny.toml", "--store", "S"]);
    let file = kept(folder.path(), "samples.json");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..40]).unwrap();
    let output = convscope(folder.path(), &["report", "tiny.toml", "--store", "S"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && said.contains("samples.json: damaged"), "{said}");
    assert_eq!(convscope(folder.path(), &["doctor", "--store", "S"]).status.code(), Some(1));
    printed(folder.path(), &["run", "tiny.toml", "--store", "S"]);
    assert_eq!(std::fs::read(&file).unwrap(), bytes);
}

#[test]
fn a_diverged_model_is_kept_as_it_is_and_not_made_again() {
    let folder = TempDir::new().unwrap();
    let wild = TINY.replace("batch = 10", "batch = 10\noptimizer = { sgd = { lr = 1e30 } }");
    std::fs::write(folder.path().join("wild.toml"), wild).unwrap();
    let run = || {
        let output = convscope(folder.path(), &["run", "wild.toml", "--store", "S"]);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    run();
    let (code, said) = run();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(" 0 jobs done") || said.starts_with("0 jobs"), "{said}");
}

#[test]
fn figures_without_a_form_do_not_take_the_others_along() {
    let folder = TempDir::new().unwrap();
    let show = "[[show]]\ntitle = \"Then\"\nsql = \"select model, images, value from results where name = 'valid-accuracy'\"\nmark = { interval = { x = \"images\", y = \"value\", color = \"model\" } }\n\n[[claim]]";
    std::fs::write(folder.path().join("tiny.toml"), TINY.replace("[[claim]]", show)).unwrap();
    printed(folder.path(), &["run", "tiny.toml", "--store", "S"]);
    let words = ["figure", "tiny.toml", "--store", "S", "--format", "svg", "--format", "vega-lite"];
    let output = convscope(folder.path(), &words);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("tiny-01-kernels.vl.json") && said.contains("no Vega-Lite form"),
        "{said}"
    );
    let written = String::from_utf8(output.stdout).unwrap();
    let written: Vec<&str> = written.lines().filter_map(|line| line.rsplit('/').next()).collect();
    assert_eq!(written, ["tiny-01-kernels.svg", "tiny-02-then.svg", "tiny-02-then.vl.json"]);
    for file in written {
        assert!(folder.path().join("figures").join(file).exists(), "{file}");
    }
}

#[test]
fn a_sheet_has_no_more_samples_than_its_source() {
    let folder = TempDir::new().unwrap();
    let sheet = |words: &[&str]| {
        let words: Vec<&str> =
            ["data", "sample", "edges", "--out", "a.png"].iter().chain(words).copied().collect();
        let said = printed(folder.path(), &words);
        let bytes = std::fs::read(folder.path().join("a.png")).unwrap();
        (said, u32::from_be_bytes(bytes[16..20].try_into().unwrap()))
    };
    let (three, wide_of_three) = sheet(&["per-class=3"]);
    assert_eq!(three, "a.png: 3 of each of horizontal, vertical, none\n");
    let (asked, wide_of_asked) = sheet(&["per-class=3", "--per-class", "3"]);
    assert_eq!((asked, wide_of_asked), (three, wide_of_three));
    let (eight, wide_of_eight) = sheet(&[]);
    assert!(eight.contains("8 of each") && wide_of_eight > wide_of_three, "{eight}");
}

#[test]
fn what_the_engine_uses_is_named_once() {
    let folder = TempDir::new().unwrap();
    let said = printed(folder.path(), &["doctor", "--store", "S"]);
    let engine = said.lines().find(|line| line.starts_with("engine")).unwrap();
    let names: Vec<&str> =
        engine.split([' ', ',', '(', ')', ':']).filter(|it| !it.is_empty()).collect();
    let mut once = names.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(names.len(), once.len(), "{engine}");
}
