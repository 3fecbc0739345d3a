//! Which units of two layers go together, and in which directions the layers agree.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{array, normal, npz, similarity, table};
use crate::typed::{complaint, printed};

const SAMPLES: usize = 60;
const BOTH: &str = "unit-correlations,canonical-correlations";

/// Writes two layers: the second has the units of the first in the order 2, 0, 1, one of them with
/// its sign turned and one with noise, and a unit of its own before them.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let unit = |name: &str| normal(name, SAMPLES);
    let units = [unit("first"), unit("second"), unit("third")];
    let side_by_side = |units: &[&[f64]]| -> Vec<f64> {
        (0..SAMPLES).flat_map(|i| units.iter().map(move |unit| unit[i])).collect()
    };
    let turned: Vec<f64> = units[0].iter().map(|x| 2.0 - 3.0 * x).collect();
    let noisy: Vec<f64> = units[1].iter().zip(unit("noise")).map(|(x, y)| x + y).collect();
    let own = unit("own");
    let write = |file: &str, layer: Vec<f64>| {
        let count = layer.len() / SAMPLES;
        let bytes = npz(&[array("fc", &[SAMPLES, count], layer)], &[]);
        std::fs::write(folder.path().join(file), bytes).unwrap();
    };
    write("a.npz", side_by_side(&[&units[0], &units[1], &units[2]]));
    write("b.npz", side_by_side(&[&own, &units[2], &turned, &noisy]));
    folder
}

fn shown(folder: &TempDir, what: &str) -> Value {
    let words = ["a.npz", "b.npz", "--measure", "mean-cca", "--show", what];
    similarity(folder.path(), &words)
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[test]
fn partners_stand_opposite_and_are_no_partners_when_shuffled() {
    let found = shown(&folder(), "unit-correlations");
    let pair = &found["pairs"][0];
    assert_eq!((&pair["a"], &pair["b"], &pair["conv"]), (&json!("fc"), &json!("fc"), &Value::Null));
    assert!(pair.get("canonical_correlations").is_none(), "it was not asked for");
    let units = &pair["unit_correlations"];
    let (rows, columns) = (&units["units_a"], &units["units_b"]);
    // The third unit has a copy, the second a noisy one; the first has only an opposite.
    assert_eq!(rows, &json!([2, 1, 0]));
    assert_eq!(columns[0], 1);
    assert_eq!(columns[1], 3);
    let values: Vec<Vec<f64>> = units["values"].as_array().unwrap().iter().map(numbers).collect();
    assert_eq!((values.len(), values[0].len()), (3, 4));
    assert!((values[0][0] - 1.0).abs() < 1e-12);
    assert!(values[1][1] > 0.5 && values[1][1] < 0.9);
    let opposite = columns.as_array().unwrap().iter().position(|unit| unit == 2).unwrap();
    assert!((values[2][opposite] + 1.0).abs() < 1e-12);
    let mean = (0..3).map(|i| values[i][i]).sum::<f64>() / 3.0;
    assert!((units["mean_of_partners"].as_f64().unwrap() - mean).abs() < 1e-12);
    let shuffled = units["mean_of_partners_shuffled"].as_f64().unwrap();
    assert!(shuffled < 0.3 && shuffled > -0.1, "{shuffled}");
}

#[test]
fn canonical_correlations_have_the_mean_that_is_measured() {
    let found = shown(&folder(), BOTH);
    let canonical = &found["pairs"][0]["canonical_correlations"];
    let values = numbers(&canonical["values"]);
    assert_eq!(values.len(), 3);
    assert!(values.is_sorted_by(|a, b| a >= b));
    assert!((values[0] - 1.0).abs() < 1e-12 && (values[1] - 1.0).abs() < 1e-12, "two are the same");
    let mean = values.iter().sum::<f64>() / 3.0;
    let measured = table(&found, "mean-cca")["scores"][0][0]["value"].as_f64().unwrap();
    assert!((mean - measured).abs() < 1e-12);
    let shuffled = numbers(&canonical["shuffled"]);
    assert!(shuffled.len() == 3 && shuffled[0] < 0.7, "{shuffled:?}");
    assert!(found["pairs"][0]["unit_correlations"].is_object());
    assert_eq!(found["pairs"][0]["why"], json!({}));
}

#[test]
fn the_seed_decides_the_control_and_threads_decide_nothing() {
    let folder = folder();
    let of = |more: &[&str]| {
        let words = ["a.npz", "b.npz", "--measure", "nbs", "--show", BOTH];
        similarity(folder.path(), &[&words[..], more].concat())["pairs"][0].clone()
    };
    let one = of(&[]);
    assert_eq!(one, of(&["--threads", "3"]));
    let other = of(&["--seed", "5"]);
    let of = |pair: &Value, key: &str| pair["unit_correlations"][key].clone();
    assert_eq!(of(&one, "values"), of(&other, "values"));
    assert_ne!(of(&one, "mean_of_partners_shuffled"), of(&other, "mean_of_partners_shuffled"));
}

#[test]
fn a_terminal_and_a_page_show_the_same() {
    let folder = folder();
    let words = ["similarity", "a.npz", "b.npz", "--measure", "nbs", "--show", BOTH];
    let said = printed(folder.path(), &[&words[..], &["--out", "page.html"]].concat());
    for part in ["their mean r", "shuffled", "canonical", "fc"] {
        assert!(said.contains(part), "`{part}`: {said}");
    }
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
    for part in ["fc and fc: units", "fc and fc: canonical correlations", "unit 3", "direction"] {
        assert!(page.contains(part), "`{part}` is not on the page");
    }
    let plain = similarity(folder.path(), &["a.npz", "b.npz", "--measure", "nbs"]);
    assert!(plain.get("pairs").is_none(), "nothing is shown that was not asked for");
}

#[test]
fn what_cannot_be_shown_has_a_reason() {
    let folder = TempDir::new().unwrap();
    let write = |file: &str, shapes: &[(&'static str, [usize; 2])]| {
        let layer = |(name, [n, p]): &(&'static str, [usize; 2])| {
            array(name, &[*n, *p], normal(&format!("{file} {name}"), n * p))
        };
        let layers: Vec<_> = shapes.iter().map(layer).collect();
        std::fs::write(folder.path().join(file), npz(&layers, &[])).unwrap();
    };
    // As many units as samples: all canonical correlations are 1.
    write("wide.npz", &[("wide", [12, 12])]);
    write("narrow.npz", &[("narrow", [12, 2])]);
    let words = ["wide.npz", "narrow.npz", "--measure", "cka", "--show", BOTH];
    let found = similarity(folder.path(), &words);
    let pair = &found["pairs"][0];
    assert!(pair["unit_correlations"].is_object());
    assert_eq!(pair["canonical_correlations"], Value::Null);
    let why = pair["why"]["canonical_correlations"].as_str().unwrap();
    assert!(why.contains("12 samples"), "{why}");
    let page = ["similarity", "wide.npz", "narrow.npz", "--measure", "cka", "--show", BOTH];
    let said = printed(folder.path(), &[&page[..], &["--out", "page.html"]].concat());
    assert!(said.contains("no canonical correlations: "), "{said}");
    assert!(
        std::fs::read_to_string(folder.path().join("page.html")).unwrap().contains("not shown")
    );
    let words = ["wide.npz", "narrow.npz", "--show", BOTH, "--memory", "1e-6"];
    let streamed = similarity(folder.path(), &words);
    assert!(
        streamed["pairs"][0]["why"]["unit_correlations"].as_str().unwrap().contains("--memory")
    );
    let names: Vec<String> = (0..9).map(|i| format!("layer{i}")).collect();
    let names: Vec<&'static str> = names.into_iter().map(|name| &*name.leak()).collect();
    write("many.npz", &names.iter().map(|name| (*name, [12, 2])).collect::<Vec<_>>());
    let said = complaint(folder.path(), &["similarity", "many.npz", "many.npz", "--show", BOTH]);
    assert!(said.contains("at most 64 pairs of layers, and 81 came"), "{said}");
    assert!(said.contains("--layers"), "{said}");
    let said =
        complaint(folder.path(), &["similarity", "wide.npz", "narrow.npz", "--show", "unit"]);
    assert!(said.contains("unit-correlations"), "{said}");
}
