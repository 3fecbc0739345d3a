//! The same activations in every format give the same numbers.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{array, bytes_32, normal, npy, npz, safetensors, similarity, table, value};
use crate::typed::printed;

/// Two related layers, exact in 32 bits.
fn layers() -> (Vec<f64>, Vec<f64>) {
    let x: Vec<f64> = normal("x", 40 * 6).iter().map(|x| f64::from(*x as f32)).collect();
    let noise = normal("noise", 40 * 6);
    let y = x.iter().zip(noise).map(|(x, noise)| f64::from((x + noise) as f32)).collect();
    (x, y)
}

#[test]
fn every_format_gives_the_same_numbers() {
    let folder = TempDir::new().unwrap();
    let (x, y) = layers();
    let write =
        |name: &str, bytes: Vec<u8>| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("y.npy", npy("<f4", &[40, 6], &bytes_32(&y)));
    write("x.npy", npy("<f4", &[40, 6], &bytes_32(&x)));
    write("x.npz", npz(&[array("x", &[40, 6], x.clone())], &[]));
    write("x.safetensors", safetensors(&[array("x", &[40, 6], x.clone())], &json!({})));
    let of = |file: &str| similarity(folder.path(), &[file, "y.npy"])["tables"].clone();
    let wanted = of("x.npy");
    assert!(wanted[0]["scores"][0][0]["value"].as_f64().unwrap() > 0.2);
    for file in ["x.npz", "x.safetensors"] {
        assert_eq!(of(file), wanted, "{file}");
    }
}

#[test]
fn state_dictionaries_of_pytorch_are_layers_too() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../golden/state_dicts/");
    let (pt, plain) = (format!("{golden}lenet.pt"), format!("{golden}lenet.safetensors"));
    let folder = TempDir::new().unwrap();
    let found = similarity(folder.path(), &[&pt, &plain, "--layers", "fc1.weight"]);
    assert!((value(&found, "debiased-cka") - 1.0).abs() < 1e-12);
    assert_eq!(found["a"]["layers"][0]["shape"], json!([5, 3]));
    assert_eq!(found["a"]["format"], "PyTorch weights");
}

#[test]
fn half_numbers_are_read_and_whole_ones_are_not() {
    let folder = TempDir::new().unwrap();
    let half: Vec<u8> = (0..24_u16).flat_map(|i| (0x3c00 + 37 * i % 256).to_le_bytes()).collect();
    std::fs::write(folder.path().join("h.npy"), npy("<f2", &[8, 3], &half)).unwrap();
    let found = similarity(folder.path(), &["h.npy", "h.npy", "--measure", "cka"]);
    assert!((value(&found, "cka") - 1.0).abs() < 1e-12);
    assert_eq!(found["a"]["layers"][0]["kind"], "F16");
}

#[test]
fn layers_stand_in_their_order_and_all_meet_all() {
    let folder = TempDir::new().unwrap();
    let of = |name| array(name, &[20, 3], normal(name, 60));
    let a = npz(&[of("conv1"), of("conv10"), of("conv2"), of("fc")], &[]);
    let b = safetensors(&[of("conv10"), of("conv2"), of("conv1")], &json!({}));
    std::fs::write(folder.path().join("a.npz"), a).unwrap();
    std::fs::write(folder.path().join("b.safetensors"), b).unwrap();
    let found = similarity(
        folder.path(),
        &["a.npz", "b.safetensors", "--measure", "debiased-cka", "--measure", "nbs"],
    );
    let names = |side: &str| -> Vec<Value> {
        let layers = found[side]["layers"].as_array().unwrap().iter();
        layers.map(|layer| layer["name"].clone()).collect()
    };
    // As they were saved where that is known, and else by name with numbers as numbers.
    assert_eq!(names("a"), ["conv1", "conv10", "conv2", "fc"]);
    assert_eq!(names("b"), ["conv1", "conv2", "conv10"]);
    for measure in ["debiased-cka", "nbs"] {
        let scores = &table(&found, measure)["scores"];
        let value = |i: usize, j: usize| scores[i][j]["value"].as_f64().unwrap();
        for (i, j) in [(0, 0), (1, 2), (2, 1)] {
            // The second file has the same numbers in 32 bits.
            assert!((value(i, j) - 1.0).abs() < 1e-6, "{measure} {i} {j}: {}", value(i, j));
        }
        assert!(value(3, 0) < 0.9 && value(0, 1) < 0.9);
    }
    let chosen = similarity(folder.path(), &["a.npz", "b.safetensors", "--layers", "conv1*"]);
    assert_eq!(chosen["a"]["layers"].as_array().unwrap().len(), 2);
    assert_eq!(chosen["b"]["layers"][1]["name"], "conv10");
}

#[test]
fn a_file_against_itself_is_symmetric() {
    let folder = TempDir::new().unwrap();
    let of = |name| array(name, &[20, 3], normal(name, 60));
    std::fs::write(folder.path().join("a.npz"), npz(&[of("one"), of("two")], &[])).unwrap();
    let found = similarity(folder.path(), &["a.npz", "./a.npz", "--measure", "cka"]);
    let scores = &table(&found, "cka")["scores"];
    assert_eq!(scores[0][1]["value"], scores[1][0]["value"]);
    assert!((scores[1][1]["value"].as_f64().unwrap() - 1.0).abs() < 1e-12);
}

#[test]
fn all_measures_are_listed_and_all_can_be_asked_for() {
    let folder = TempDir::new().unwrap();
    let (x, y) = layers();
    std::fs::write(folder.path().join("x.npy"), npy("<f4", &[40, 6], &bytes_32(&x))).unwrap();
    std::fs::write(folder.path().join("y.npy"), npy("<f4", &[40, 6], &bytes_32(&y))).unwrap();
    let listed = printed(folder.path(), &["list", "measures", "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let names: Vec<&Value> =
        listed["measures"].as_array().unwrap().iter().map(|row| &row["name"]).collect();
    assert_eq!(names.len(), convscope_measure::MEASURES.len());
    let found = similarity(folder.path(), &["x.npy", "y.npy", "--measure", "all"]);
    let tables = found["tables"].as_array().unwrap();
    assert_eq!(tables.iter().map(|table| &table["measure"]).collect::<Vec<_>>(), names);
    for table in tables {
        let cell = &table["scores"][0][0];
        // Forty samples make no batch of sixty-four.
        let refused = table["measure"] == "minibatch-cka";
        assert_eq!(cell["value"].is_null(), refused, "{table:#}");
        assert_eq!(cell["why"]["value"].is_string(), refused);
    }
    assert!(printed(folder.path(), &["list", "conv"]).contains("spatial-as-samples"));
    assert!(printed(folder.path(), &["list", "outputs"]).contains("disagreement"));
}

#[test]
fn settings_are_written_as_in_studies() {
    let folder = TempDir::new().unwrap();
    let (x, y) = layers();
    std::fs::write(folder.path().join("x.npy"), npy("<f4", &[40, 6], &bytes_32(&x))).unwrap();
    std::fs::write(folder.path().join("y.npy"), npy("<f4", &[40, 6], &bytes_32(&y))).unwrap();
    let of = |measure: &str| {
        similarity(folder.path(), &["x.npy", "y.npy", "--measure", measure])["tables"][0].clone()
    };
    let dotted = of("rbf-cka.bandwidth=0.5");
    assert_eq!(dotted["settings"], json!({ "bandwidth": 0.5 }));
    assert_eq!(dotted, of("rbf-cka={ bandwidth = 0.5 }"));
    assert_ne!(dotted["scores"], of("rbf-cka")["scores"]);
    assert_eq!(of("rbf-cka.bandwidth=1.0")["settings"], json!({}), "the default is no setting");
}
