//! JPEG files, against what libjpeg-turbo makes of them.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::draw;
use crate::own::opened;

fn golden() -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../golden/jpeg.json");
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

fn bytes(digits: &Value) -> Vec<u8> {
    let digits = digits.as_str().unwrap().as_bytes();
    let pairs = digits.as_chunks::<2>().0.iter();
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Reads one file as a class of one image, returning its values from 0 to 255.
fn read(file: &[u8]) -> Result<Vec<f32>, String> {
    let root = TempDir::new().unwrap();
    fs::create_dir_all(root.path().join("set/only")).unwrap();
    fs::write(root.path().join("set/only/a.jpg"), file).unwrap();
    let set = opened(&json!({ "folder": { "path": "set" } }), root.path());
    let set = set.map_err(|error| error.to_string())?;
    let images = set.load(draw()).map_err(|error| error.to_string())?;
    Ok(images.pixels().iter().map(|pixel| pixel * 255.0).collect())
}

#[test]
fn pixels_are_within_two_levels_of_those_of_libjpeg() {
    for case in golden()["cases"].as_array().unwrap() {
        let (came, wanted) = (read(&bytes(&case["file"])).unwrap(), bytes(&case["pixels"]));
        assert_eq!(came.len(), wanted.len(), "{}", case["name"]);
        let far = |(came, wanted): (&f32, &u8)| (came - f32::from(*wanted)).abs();
        let farthest = came.iter().zip(&wanted).map(far).fold(0.0, f32::max);
        assert!(farthest < 2.5, "{}: {farthest}", case["name"]);
    }
}

#[test]
fn a_jpeg_file_that_is_cut_is_refused_wherever() {
    for case in golden()["cases"].as_array().unwrap() {
        let file = bytes(&case["file"]);
        for cut in (2..file.len() - 2).step_by(7) {
            let error = read(&file[..cut]).expect_err("it is cut");
            assert!(error.contains("a.jpg: the JPEG file is damaged"), "{cut}: {error}");
        }
    }
}
