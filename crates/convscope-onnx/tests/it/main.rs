//! What is captured is what another runtime computes; what cannot be is refused by name.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod convolutions;
mod damage;
mod listed;
mod memory;
mod refusals;
mod values;

use std::path::{Path, PathBuf};

use convscope_arrays::{Arrays, Writer};
use convscope_onnx::{CaptureError, Captured, Network, Samples, Settings, capture};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden/onnx_models").join(name)
}

/// Captures and returns what was said and every value by name.
fn captured(
    model: &str,
    data: &[PathBuf],
    patterns: &[&str],
    settings: &Settings,
) -> Result<(Captured, Arrays<'static>), CaptureError> {
    let network = Network::open(&golden(model), 1)?;
    let samples = Samples::open(data, &network)?;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("acts.safetensors");
    let patterns: Vec<String> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
    let captured = capture(&network, &samples, &patterns, settings, &out);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), usize::from(captured.is_ok()), "a file whole, or none: {left:?}");
    Ok((captured?, Arrays::open(&out).unwrap()))
}

fn numbers(arrays: &Arrays<'_>, name: &str) -> Vec<f32> {
    let array = arrays.get(name).unwrap_or_else(|| panic!("no `{name}`"));
    array.numbers(arrays.source()).unwrap().unwrap()
}

fn batches_of(batch: usize) -> Settings {
    Settings { batch: Some(batch), ..Settings::default() }
}

/// Writes arrays of floats as a file of samples.
fn file(folder: &Path, name: &str, arrays: &[(&str, &[usize], &[f32])]) -> PathBuf {
    let path = folder.join(name);
    let sizes: Vec<(String, Vec<usize>)> =
        arrays.iter().map(|(name, sizes, _)| ((*name).to_owned(), sizes.to_vec())).collect();
    let mut writer = Writer::create(&path, &sizes, &std::collections::BTreeMap::new()).unwrap();
    for (name, _, numbers) in arrays {
        writer.write(name, numbers).unwrap();
    }
    writer.finish().unwrap();
    path
}

/// Writes an array of whole numbers beside one of floats.
fn tokens_and_features(folder: &Path, tokens: &[i64], features: &[f32]) -> PathBuf {
    let sizes = [tokens.len() * 8, tokens.len() * 8 + features.len() * 4];
    let (tall, wide) = (tokens.len() / 3, features.len() / 2);
    let header = format!(
        r#"{{"tokens":{{"dtype":"I64","shape":[{tall},3],"data_offsets":[0,{}]}},"features":{{"dtype":"F32","shape":[{wide},2],"data_offsets":[{},{}]}}}}"#,
        sizes[0], sizes[0], sizes[1]
    );
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.extend(tokens.iter().flat_map(|token| token.to_le_bytes()));
    bytes.extend(features.iter().flat_map(|feature| feature.to_le_bytes()));
    let path = folder.join("both.safetensors");
    std::fs::write(&path, bytes).unwrap();
    path
}
