//! Images of one's own in files of arrays.

use std::fs;

use convscope_data::{DataError, Set};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::draw;
use crate::own::opened;

/// Writes arrays as safetensors: name, type, dimensions, bytes.
fn file(arrays: &[(&str, &str, &[usize], Vec<u8>)]) -> Vec<u8> {
    let (mut header, mut numbers) = (serde_json::Map::new(), Vec::new());
    for (name, kind, dimensions, bytes) in arrays {
        let places = [numbers.len(), numbers.len() + bytes.len()];
        let entry = json!({ "dtype": kind, "shape": dimensions, "data_offsets": places });
        header.insert((*name).to_owned(), entry);
        numbers.extend(bytes);
    }
    let header = Value::Object(header).to_string();
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &numbers].concat()
}

fn opened_file(content: &[u8], settings: Value) -> Result<Box<dyn Set>, DataError> {
    let root = TempDir::new().unwrap();
    fs::write(root.path().join("a.safetensors"), content).unwrap();
    let mut settings = settings;
    settings["path"] = json!("a.safetensors");
    opened(&json!({ "arrays": settings }), root.path())
}

fn labels(labels: &[i64]) -> Vec<u8> {
    labels.iter().flat_map(|label| label.to_le_bytes()).collect()
}

fn floats(floats: &[f32]) -> Vec<u8> {
    floats.iter().flat_map(|float| float.to_le_bytes()).collect()
}

#[test]
fn bytes_and_floats_are_read_in_every_layout() {
    let named = |images: (&'static str, &'static [usize], Vec<u8>), settings: Value| {
        let content = file(&[
            ("images", images.0, images.1, images.2),
            ("labels", "I64", &[2], labels(&[1, 0])),
        ]);
        let set = opened_file(&content, settings).unwrap();
        let images = set.load(draw()).unwrap();
        assert_eq!(
            (images.labels(), images.classes()),
            (&[1, 0][..], &["0".to_owned(), "1".into()][..])
        );
        let levels: Vec<u8> =
            images.pixels().iter().map(|pixel| (pixel * 255.0).round() as u8).collect();
        (set.shape().to_string(), levels)
    };
    let bytes: Vec<u8> = (0..12).collect();
    let grey = named(("U8", &[2, 2, 3], bytes.clone()), json!({}));
    assert_eq!(grey, ("1×2×3".into(), bytes.clone()));
    let first = named(("U8", &[2, 3, 1, 2], bytes.clone()), json!({}));
    assert_eq!(first, ("3×1×2".into(), bytes.clone()));
    let last = named(("U8", &[2, 1, 2, 3], bytes.clone()), json!({ "channels-last": true }));
    assert_eq!(last, ("3×1×2".into(), vec![0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]));
    let flat = named(("F32", &[2, 3], floats(&[0.0, 0.2, 0.4, 0.6, 0.8, 1.0])), json!({}));
    assert_eq!(flat, ("3×1×1".into(), vec![0, 51, 102, 153, 204, 255]));
}

#[test]
fn floats_stay_as_they_are() {
    let content = file(&[
        ("x", "F32", &[2, 1, 1], floats(&[0.123_456_7, 1.0])),
        ("y", "U8", &[2], vec![0, 2]),
    ]);
    let settings = json!({ "images": "x", "labels": "y", "classes": ["a", "b", "c"] });
    let set = opened_file(&content, settings).unwrap();
    assert_eq!(set.classes(), ["a", "b", "c"]);
    assert_eq!(set.load(draw()).unwrap().pixels(), [0.123_456_7, 1.0]);
}

#[test]
fn arrays_that_do_not_fit_are_refused() {
    let images = ("images", "U8", &[2_usize, 2, 2][..], vec![0; 8]);
    let good = ("labels", "I64", &[2_usize][..], labels(&[0, 1]));
    let floats_of =
        |bad: f32| ("images", "F32", &[2_usize, 1, 2][..], floats(&[0.0, 1.0, 0.5, bad]));
    for (arrays, settings, says) in [
        (vec![images.clone()], json!({}), "there is no array `labels` in it; there are `images`"),
        (
            vec![images.clone(), ("labels", "I64", &[3][..], labels(&[0, 1, 1]))],
            json!({}),
            "`labels` is [3]; 2 labels are wanted",
        ),
        (
            vec![images.clone(), ("labels", "I64", &[2][..], labels(&[0, -1]))],
            json!({}),
            "sample 1 has -1",
        ),
        (
            vec![images.clone(), ("labels", "F32", &[2][..], floats(&[0.0, 1.0]))],
            json!({}),
            "`labels` holds F32; whole numbers are wanted",
        ),
        (
            vec![images.clone(), ("labels", "I64", &[2][..], labels(&[0, 7]))],
            json!({ "classes": ["a", "b"] }),
            "2 `classes` are named; sample 1 has label 7",
        ),
        (
            vec![floats_of(1.5), good.clone()],
            json!({}),
            "floats in 0..1 are wanted in `images`; sample 1 holds 1.5",
        ),
        (vec![floats_of(f32::NAN), good.clone()], json!({}), "sample 1 holds NaN"),
        (
            vec![("images", "I64", &[2, 1, 1][..], labels(&[1, 2])), good.clone()],
            json!({}),
            "`images` holds I64; bytes (U8) or floats in 0..1 are wanted",
        ),
        (
            vec![("images", "U8", &[2][..], vec![1, 2]), good.clone()],
            json!({}),
            "2 to 4 dimensions are wanted, samples first",
        ),
        (
            vec![images.clone(), good.clone()],
            json!({ "channels-last": true }),
            "4 dimensions are wanted",
        ),
        (
            vec![("images", "U8", &[0, 2, 2][..], vec![]), ("labels", "I64", &[0][..], vec![])],
            json!({}),
            "has no image",
        ),
    ] {
        let error = opened_file(&file(&arrays), settings).err().expect(says).to_string();
        assert!(error.contains("a.safetensors: ") && error.contains(says), "{error}");
    }
    let whole = file(&[images, good]);
    for cut in 0..whole.len() {
        assert!(opened_file(&whole[..cut], json!({})).is_err(), "{cut}");
    }
}
