//! Each command on a small store.

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
