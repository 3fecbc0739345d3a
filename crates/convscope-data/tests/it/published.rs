//! The published sets themselves, where `CONVSCOPE_DATA` says that they lie, against what
//! torchvision and `NumPy` read from the same files (`golden/published.py`).

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::LazyLock;

use convscope_core::registry::build;
use convscope_data::{Known, Library, SOURCES, Set, SplitName, Summary};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::draw;

/// The library of real data; `None`, said aloud, where there is none.
fn library() -> Option<Library> {
    static LIBRARY: LazyLock<Option<Library>> = LazyLock::new(|| {
        let named = std::env::var_os("CONVSCOPE_DATA").map(PathBuf::from);
        named.map(|folder| Library::new([folder]))
    });
    if LIBRARY.is_none() {
        // What macros print is shown only of tests that fail.
        let why = b"SKIPPED: CONVSCOPE_DATA names no folder of real data sets\n";
        std::io::stderr().write_all(why).unwrap();
    }
    LIBRARY.clone()
}

fn golden() -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../golden/published.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn opened(settings: &Value, library: &Library) -> Box<dyn Set> {
    build(SOURCES, "data source", settings).unwrap().0.open(library).unwrap()
}

#[test]
fn images_are_those_that_torchvision_reads() {
    let Some(library) = library() else { return };
    let golden = golden();
    let sets = golden["sets"].as_object().unwrap();
    assert_eq!(sets.len(), 3);
    for (name, splits) in sets {
        for (split, wanted) in splits.as_object().unwrap() {
            let set = opened(&json!({ name: { "split": split } }), &library);
            let images = set.load(draw()).unwrap();
            assert_eq!((set.len(), set.classes()), (images.len(), images.classes().to_vec()));
            let levels: Vec<u8> =
                images.pixels().iter().map(|pixel| (pixel * 255.0).round() as u8).collect();
            let labels: Vec<u8> = images.labels().iter().map(|label| *label as u8).collect();
            let sha256 = |bytes: &[u8]| {
                let digest = Sha256::digest(bytes);
                let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
                digits
                    .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
                    .collect::<String>()
            };
            assert_eq!(wanted["pixels"], json!(sha256(&levels)), "{name} {split}");
            assert_eq!(wanted["labels"], json!(sha256(&labels)), "{name} {split}");
            assert_eq!(wanted["classes"], json!(images.classes()), "{name} {split}");
            let summary = Summary::of(&images);
            assert_eq!(wanted["counts"], json!(summary.counts), "{name} {split}");
            for (key, came) in [("means", &summary.means), ("deviations", &summary.deviations)] {
                for (wanted, came) in wanted[key].as_array().unwrap().iter().zip(came) {
                    // Pixels are 32-bit here: each is within 3e-8 of the level over 255.
                    assert!((wanted.as_f64().unwrap() - came).abs() < 1e-7, "{name} {split} {key}");
                }
            }
            // The float of a pixel is that of torchvision's conversion, bit for bit.
            let floats: Vec<u8> =
                images.sample(7).iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
            assert_eq!(wanted["floats of image 7"], json!(sha256(&floats)), "{name} {split}");
        }
    }
}

#[test]
fn the_copies_are_what_was_published() {
    let Some(library) = library() else { return };
    for name in ["mnist", "fashion-mnist", "cifar-10-jpeg"] {
        let checked = Known::named(name).unwrap().verify(&library).unwrap();
        assert!(checked.iter().all(|file| file.fault.is_none()), "{checked:?}");
    }
}

#[test]
fn a_coded_copy_is_never_taken_for_the_original() {
    let Some(library) = library() else { return };
    let known = Known::named("cifar-10").unwrap();
    assert!(known.present(&library).is_none(), "three of five batches are not there");
    let test = opened(&json!({ "cifar-10": { "split": "test" } }), &library);
    let error = test.load(draw()).unwrap_err();
    assert!(error.to_string().contains("a file of `cifar-10-jpeg`, another data set"), "{error}");
    let contents = SplitName::ALL.map(|split| known.content(split));
    let coded = Known::named("cifar-10-jpeg").unwrap();
    assert!(SplitName::ALL.iter().all(|split| !contents.contains(&coded.content(*split))));
}

#[test]
fn six_parts_of_mnist_share_no_image_and_one_draw_makes_all() {
    let Some(library) = library() else { return };
    let part = |index: u32| {
        let settings = json!({ "mnist": { "part": { "of": 6, "index": index } } });
        opened(&settings, &library)
    };
    let parts: Vec<_> = (0..6).map(part).collect();
    assert!(parts.iter().all(|part| part.len() == 10_000));
    for (index, part) in parts.iter().enumerate() {
        let others = parts.iter().enumerate().filter(|(other, _)| *other != index);
        assert!(others.clone().all(|(_, other)| !part.pool().shares_with(&other.pool())));
    }
    let mut counts = vec![0; 10];
    for part in &parts {
        for label in part.load(draw()).unwrap().labels() {
            counts[usize::from(*label)] += 1;
        }
    }
    assert_eq!(counts, [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
}
