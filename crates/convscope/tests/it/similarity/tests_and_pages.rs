//! Permutation tests, intervals, answers; and the forms in which all of it is told.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{array, normal, npy, npz, similarity, table, value};
use crate::typed::{complaint, convscope, printed};

/// Two networks of two layers; the first layers are related, all else is not.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let x = normal("x", 150);
    let y: Vec<f64> = x.iter().zip(normal("noise", 150)).map(|(x, noise)| x + noise).collect();
    let other = |name: &'static str| array("other", &[50, 3], normal(name, 150));
    let write = |file: &str, layer: Vec<f64>, second| {
        let bytes = npz(&[array("shared", &[50, 3], layer), second], &[]);
        std::fs::write(folder.path().join(file), bytes).unwrap();
    };
    write("a.npz", x, other("first"));
    write("b.npz", y, other("second"));
    folder
}

#[test]
fn a_permutation_test_tells_what_is_shared() {
    let folder = folder();
    let words = ["a.npz", "b.npz", "--measure", "debiased-cka", "--permutations", "99"];
    let found = similarity(folder.path(), &words);
    let scores = table(&found, "debiased-cka")["scores"].clone();
    let number = |i: usize, j: usize, key: &str| scores[i][j][key].as_f64().unwrap();
    assert!((number(0, 0, "p_value") - 0.01).abs() < 1e-12);
    assert!((number(0, 0, "p_value_of_table") - 0.01).abs() < 1e-12);
    assert!((number(0, 0, "percentile") - 100.0).abs() < 1e-12);
    for (i, j) in [(0, 1), (1, 0), (1, 1)] {
        assert!(number(i, j, "p_value_of_table") >= number(i, j, "p_value"), "{i} {j}");
        assert!(number(i, j, "p_value_of_table") > 0.05, "{i} {j}");
    }
    assert_eq!(found["settings"]["permutations"], 99);
}

#[test]
fn intervals_hold_the_value_and_the_seed_decides_them() {
    let folder = folder();
    let words = ["a.npz", "b.npz", "--measure", "nbs", "--bootstrap", "40"];
    let of = |more: &[&str]| similarity(folder.path(), &[&words[..], more].concat());
    let one = of(&[]);
    let cell = &table(&one, "nbs")["scores"][0][0];
    let number = |key: &str| cell[key].as_f64().unwrap();
    assert!(number("low") < number("high"));
    assert!(cell["bias"].is_number());
    assert_eq!(cell["caveats"], json!(["interval from samples drawn with replacement"]));
    assert_eq!(one, of(&[]));
    assert_eq!(one, of(&["--threads", "3"]), "whatever the threads");
    assert_ne!(one["tables"], of(&["--seed", "5"])["tables"]);
}

#[test]
fn answers_are_compared_if_asked_by_name() {
    let folder = TempDir::new().unwrap();
    // Three classes: the logits of the first say 0 1 2 1, those of the second 0 2 2 1.
    let a = [[5., 0., 1.], [0., 3., 1.], [0., 1., 4.], [1., 2., 0.]].concat();
    let b = [[4., 0., 1.], [0., 3., 9.], [0., 1., 4.], [1., 2., 0.]].concat();
    let labels = ("labels", npy("<i8", &[4], &[0_i64, 1, 1, 1].map(i64::to_le_bytes).concat()));
    let file = |name: &str, logits: Vec<f64>, beside: &[(&str, Vec<u8>)]| {
        std::fs::write(folder.path().join(name), npz(&[array("fc", &[4, 3], logits)], beside))
            .unwrap();
    };
    file("a.npz", a.clone(), &[labels]);
    file("b.npz", b, &[]);
    let mut words = vec!["a.npz", "b.npz"];
    for measure in ["disagreement", "churn", "accuracy-difference", "jensen-shannon", "cka"] {
        words.extend(["--measure", measure]);
    }
    let found = similarity(folder.path(), &words);
    let near = |measure: &str, wanted: f64| {
        assert!((value(&found, measure) - wanted).abs() < 1e-12, "{measure}");
    };
    near("disagreement", 0.25);
    near("churn", 0.25);
    near("accuracy-difference", 0.25);
    let divergence = value(&found, "jensen-shannon");
    assert!(divergence > 0.1 && divergence < 0.3, "{divergence}");
    let cell = &table(&found, "disagreement")["scores"][0][0];
    assert_eq!(cell["estimator"], "softmax of logits");
    // Classes 0 1 2 are named 1 2 1 and 1 1 2 times: they agree by chance in 5 of 16.
    assert!((cell["null_mean"].as_f64().unwrap() - 11.0 / 16.0).abs() < 1e-12);
    assert!(cell["z"].as_f64().unwrap() < 0.0);
    words.extend(["--permutations", "99", "--bootstrap", "50"]);
    let tested = similarity(folder.path(), &words);
    for id in ["disagreement", "churn", "jensen-shannon", "accuracy-difference"] {
        let cell = &table(&tested, id)["scores"][0][0];
        for key in ["percentile", "p_value", "low", "high", "bias", "null_mean"] {
            assert!(cell[key].is_number(), "{id}: {key} of {cell}");
        }
    }
    words.truncate(words.len() - 4);
    file("bare.npz", a, &[]);
    let bare = similarity(folder.path(), &["bare.npz", "b.npz", "--measure", "churn"]);
    assert_eq!(table(&bare, "churn")["scores"][0][0]["why"]["value"], "no labels were given");
    let odd = ("labels", npy("<i8", &[4], &[0_i64, 1, 1, 2].map(i64::to_le_bytes).concat()));
    file("odd.npz", normal("odd", 12), &[odd]);
    let said = complaint(folder.path(), &["similarity", "a.npz", "odd.npz", "--measure", "churn"]);
    assert!(said.contains("differ at sample 3: 1 and 2"), "{said}");
}

#[test]
fn the_form_of_the_json_is_stable() {
    let folder = folder();
    let found = similarity(folder.path(), &["a.npz", "b.npz", "--measure", "nbs"]);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!((&found["kind"], &found["version"]), (&json!("convscope-similarity"), &json!(1)));
    assert_eq!(
        keys(&found),
        ["kind", "version", "convscope", "a", "b", "samples", "settings", "notes", "tables"]
    );
    assert_eq!(keys(&found["a"]), ["file", "format", "bytes", "sample_ids", "layers"]);
    let table = &found["tables"][0];
    assert_eq!(
        keys(table),
        [
            "measure",
            "settings",
            "conv",
            "about",
            "source",
            "sense",
            "of_self",
            "symmetric",
            "scores"
        ]
    );
    let cell = &table["scores"][0][0];
    assert_eq!(
        keys(cell),
        [
            "value",
            "null_mean",
            "z",
            "percentile",
            "p_value",
            "p_value_of_table",
            "low",
            "high",
            "bias",
            "n",
            "p",
            "q",
            "estimator",
            "caveats",
            "why"
        ]
    );
    for (key, why) in cell["why"].as_object().unwrap() {
        assert!(cell[key].is_null() && why.is_string(), "{key}");
    }
}

#[test]
fn a_terminal_shows_tables_and_the_best_of_each_row() {
    let folder = folder();
    let shown = printed(folder.path(), &["similarity", "a.npz", "b.npz", "--measure", "nbs"]);
    assert!(shown.starts_with("nbs\n"), "{shown}");
    assert!(shown.contains("shared") && shown.contains("other"), "{shown}");
    let pair = ["similarity", "a.npz", "b.npz", "--layers", "shared", "--permutations", "9"];
    let shown = printed(folder.path(), &pair);
    let head = shown.lines().next().unwrap();
    assert_eq!(
        head.split_whitespace().collect::<Vec<_>>(),
        ["measure", "value", "by", "chance", "z", "p"]
    );
    assert!(shown.contains("pwcca (weights second)"), "{shown}");
    let names: Vec<&'static str> =
        vec!["l1", "l2", "l3", "l4", "l5", "l6", "l7", "l8", "l9", "l10", "l11", "l12", "l13"];
    let layers: Vec<_> =
        names.iter().map(|name| array(name, &[50, 2], normal(name, 100))).collect();
    std::fs::write(folder.path().join("wide.npz"), npz(&layers, &[])).unwrap();
    let words = ["similarity", "wide.npz", "wide.npz", "--measure", "squared-procrustes"];
    let shown = printed(folder.path(), &words);
    assert!(shown.contains("most alike"), "{shown}");
    for name in names {
        let of_itself = |line: &str| line.split_whitespace().take(2).eq([name, name]);
        assert!(shown.lines().any(of_itself), "{name}: {shown}");
    }
}

#[test]
fn a_page_holds_heat_maps_and_the_tables_behind() {
    let folder = folder();
    let words = [
        "similarity",
        "a.npz",
        "b.npz",
        "--measure",
        "debiased-cka",
        "--measure",
        "nbs",
        "--out",
        "page.html",
    ];
    let output = convscope(folder.path(), &words);
    assert!(output.status.success());
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.contains("Similarity of a.npz and b.npz"));
    assert!(page.contains("taken on trust"), "what is not known of the samples is said");
    assert!(page.matches("table class=\"heat written\"").count() == 2, "a map for each measure");
    assert!(page.contains("by chance") && page.contains("<small>z "));
    assert!(page.contains("default-src 'none'") && !page.contains("http-equiv=\"refresh\""));
    assert!(page.len() < 400_000, "no chart library: {}", page.len());
    let again = convscope(folder.path(), &words);
    assert!(again.status.success());
    assert_eq!(page, std::fs::read_to_string(folder.path().join("page.html")).unwrap());
}
