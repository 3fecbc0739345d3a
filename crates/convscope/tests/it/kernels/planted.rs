//! Structure that was planted is found, and none where there is none.

use std::collections::BTreeMap;

use convscope_core::Seed;
use convscope_probe::{Catalogue, Grid, Size};
use serde_json::Value;
use tempfile::TempDir;

use super::{kernels, layer, put};
use crate::similarity::{array, bytes_64, normal, npy, npz};
use crate::typed::printed;

/// How many kernels a layer has of each structure.
fn counts(layer: &Value) -> BTreeMap<String, u64> {
    let structures = layer["structures"].as_array().unwrap().iter();
    let count =
        |of: &Value| (of["name"].as_str().unwrap().to_owned(), of["count"].as_u64().unwrap());
    structures.map(count).filter(|(_, count)| *count > 0).collect()
}

#[test]
fn planted_structures_are_found_by_their_names() {
    let folder = TempDir::new().unwrap();
    let catalogue = Catalogue::new(Size::square(5));
    let mut draws = Seed::root(2).child("planted").stream();
    for id in ["identical-columns", "mirror-left-right", "quarter-turn", "opposed-half-turn"] {
        let subspace = catalogue.subspace(id).unwrap();
        let mut numbers = Vec::new();
        for _ in 0..20 {
            let free: Vec<f64> = (0..25).map(|_| draws.normal()).collect();
            // A hundredth of noise: less than a step of the grid is lost in it.
            numbers
                .extend(subspace.nearest(&free).iter().map(|value| value + 0.01 * draws.normal()));
        }
        put(folder.path(), "a.npy", &npy("<f8", &[20, 5, 5], &bytes_64(&numbers)));
        let found = kernels(folder.path(), &["a.npy"]);
        let found = &found["layers"][0];
        let own = counts(found);
        assert!(own.get(id).is_some_and(|count| *count >= 18), "{id}: {own:?}");
        assert!(found["with-structure"].as_u64().unwrap() >= 18);
        let code = found["mean-code-length"].as_f64().unwrap();
        assert!(code < found["mean-code-length-by-chance"].as_f64().unwrap() - 20.0, "{id}");
        let kernel = &found["kernels"][0]["scores"][format!("in-{id}")];
        assert!(kernel["gaussian"].as_f64().unwrap() > 99.9, "{id}: {kernel}");
    }
}

#[test]
fn independent_numbers_are_at_chance() {
    let folder = TempDir::new().unwrap();
    let mut draws = Seed::root(3).child("free").stream();
    let numbers: Vec<f64> = (0..600 * 25).map(|_| draws.normal()).collect();
    put(folder.path(), "a.npy", &npy("<f8", &[600, 5, 5], &bytes_64(&numbers)));
    let found = kernels(folder.path(), &["a.npy"]);
    let found = &found["layers"][0];
    let number = |key: &str| found[key].as_f64().unwrap();
    let share = number("with-structure") / 600.0;
    let by_chance = number("with-structure-by-chance");
    assert!((share - by_chance).abs() < 0.05, "{share} beside {by_chance}");
    assert!((number("mean-code-length") - number("mean-code-length-by-chance")).abs() < 1.5);
    for (probe, score) in found["scores"].as_object().unwrap() {
        let distance = score["histogram"]["distance"].as_f64().unwrap();
        assert!(distance < 0.12, "{probe}: {distance}");
        // Percentiles of independent kernels are spread evenly.
        let percentiles = found["kernels"].as_array().unwrap().iter();
        let below =
            percentiles.filter(|own| own["scores"][probe]["gaussian"].as_f64().unwrap() < 50.0);
        let below = below.count() as f64 / 600.0;
        assert!((below - 0.5).abs() < 0.12, "{probe}: {below} below the median");
    }
}

#[test]
fn codes_are_those_of_the_catalogue() {
    let folder = TempDir::new().unwrap();
    let catalogue = Catalogue::new(Size::square(3));
    let mut draws = Seed::root(4).child("sizes").stream();
    // From the largest of the layer to far within a step of its grid.
    let numbers: Vec<f64> =
        (0..60 * 9).map(|at| draws.normal() * 0.5_f64.powi(at / 9 / 4)).collect();
    put(folder.path(), "a.npy", &npy("<f8", &[60, 3, 3], &bytes_64(&numbers)));
    let found = kernels(folder.path(), &["a.npy"]);
    let found = found["layers"][0]["kernels"].as_array().unwrap();
    let grid = Grid::of(&numbers, 8);
    for (kernel, found) in numbers.chunks(9).zip(found) {
        let wanted = catalogue.describe(kernel, grid);
        let free = catalogue.free(kernel, grid);
        assert_eq!(found["structure"], wanted.structure.id);
        for (key, wanted) in
            [("code-length", wanted.code_length), ("code-length-without", free.code_length)]
        {
            assert!((found[key].as_f64().unwrap() - wanted).abs() < 1e-9, "{key}: {found}");
        }
        let all = catalogue.descriptions(kernel, grid);
        assert!(all.iter().all(|other| wanted.code_length < other.code_length + 1e-9));
    }
    // What lies far within a step of 0 takes the structure of one number that leaves least, whatever its shape.
    let one = catalogue.structures().filter(|(_, numbers)| *numbers == 1);
    let one: Vec<&str> = one.map(|(structure, _)| structure.id).collect();
    assert!(one.iter().any(|id| found[59]["structure"] == *id), "{}", found[59]["structure"]);
    assert!(found.iter().any(|own| own["structure"] == "free"));
}

#[test]
fn layers_stand_beside_normal_numbers_and_their_own_in_random_places() {
    let folder = TempDir::new().unwrap();
    // Every other kernel is zeros, and one stands in four other places, negated: kernels of a single number that is not 0
    // are alike by chance now and then.
    let mut numbers = normal("layers", 12 * 4 * 9);
    numbers.chunks_exact_mut(18).for_each(|two| two[9..].fill(0.0));
    for place in 0..9 {
        for kernel in [20, 26, 32, 44] {
            numbers[kernel * 9 + place] = -numbers[place];
        }
    }
    put(folder.path(), "a.npz", &npz(&[array("conv.weight", &[12, 4, 3, 3], numbers)], &[]));
    let found = kernels(folder.path(), &["a.npz"]);
    let together = &layer(&found, "conv.weight")["together"];
    let number = |of: &Value, key: &str| of[key].as_f64().unwrap_or_else(|| panic!("{key}: {of}"));
    let duplicates = &together["duplicates"];
    for of in [&together["sparsity"], &duplicates["alike"], &duplicates["pairs"]] {
        assert!(
            number(of, "percentile") > 99.0 && number(of, "permuted-percentile") > 99.0,
            "{of}"
        );
        assert!(number(of, "permuted-mean") < number(of, "value") && of.get("why").is_none());
    }
    assert!((number(&together["sparsity"], "value") - 0.5).abs() < 1e-12, "{together}");
    let zeros = &together["zeros"];
    assert!((number(zeros, "value") - 0.5).abs() < 1e-12);
    assert!(zeros["permuted-percentile"].is_null() && zeros["percentile"].is_null());
    assert_eq!(zeros["why"], "normal numbers are never 0");
    for name in
        ["variance-entropy", "normalised-entropy", "orthogonality", "one-row", "one-product"]
    {
        let percentile = number(&together[name], "permuted-percentile");
        assert!((0.0..=100.0).contains(&percentile), "{name}");
        assert!(number(&together[name], "permuted-deviation") > 0.0, "{name}");
    }
    assert_eq!(together["one-product"]["permuted"].as_array().unwrap().len(), 12);
    let said = printed(folder.path(), &["kernels", "a.npz", "--out", "page.html"]);
    let said = said + &printed(folder.path(), &["kernels", "a.npz"]);
    assert!(said.contains("kernels of a layer together"), "{said}");
    assert!(said.contains("0.500 (>99, >99)"), "{said}");
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.contains("kernels that others repeat"));
    assert!(page.contains("99.5"), "no percentile beyond what 200 draws tell");
}
