//! `convscope similarity`: files of activations in, numbers with what is known of them out.

mod bad_input;
mod files;
mod golden;
mod maps;
mod pairs;
mod samples;
mod streamed;
mod tests_and_pages;

use std::path::Path;

use convscope_core::Seed;
use serde_json::Value;

use crate::typed::printed;

/// What the command prints as JSON.
fn similarity(folder: &Path, words: &[&str]) -> Value {
    let words = [&["similarity"], words, &["--json"]].concat();
    serde_json::from_str(&printed(folder, &words)).unwrap()
}

/// The only table of a measure.
#[track_caller]
fn table<'j>(found: &'j Value, measure: &str) -> &'j Value {
    let tables = found["tables"].as_array().unwrap();
    let mut of = tables.iter().filter(|table| table["measure"] == measure);
    let only = of.next().unwrap_or_else(|| panic!("there is no table of {measure}"));
    assert!(of.next().is_none(), "{measure} has several tables");
    only
}

/// The value of the first cell of a measure's only table.
#[track_caller]
fn value(found: &Value, measure: &str) -> f64 {
    let cell = &table(found, measure)["scores"][0][0];
    cell["value"].as_f64().unwrap_or_else(|| panic!("{measure}: {cell:#}"))
}

/// Normal numbers, made once more by the same name.
pub(crate) fn normal(name: &str, count: usize) -> Vec<f64> {
    let mut draws = Seed::root(7).child(name).stream();
    (0..count).map(|_| draws.normal()).collect()
}

/// An array for [`npz`] and [`safetensors`].
pub(crate) struct Array {
    pub(crate) name: &'static str,
    pub(crate) shape: Vec<usize>,
    pub(crate) numbers: Vec<f64>,
}

pub(crate) fn array(name: &'static str, shape: &[usize], numbers: Vec<f64>) -> Array {
    assert_eq!(shape.iter().product::<usize>(), numbers.len());
    Array { name, shape: shape.to_vec(), numbers }
}

pub(crate) fn bytes_64(numbers: &[f64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

pub(crate) fn bytes_32(numbers: &[f64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| (*number as f32).to_le_bytes()).collect()
}

/// A file of `numpy.save`.
pub(crate) fn npy(kind: &str, shape: &[usize], numbers: &[u8]) -> Vec<u8> {
    let sizes: Vec<String> = shape.iter().map(|size| format!("{size},")).collect();
    let sizes = sizes.join(" ");
    let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({sizes}), }}");
    let mut file = b"\x93NUMPY\x01\x00\xf6\x00".to_vec();
    file.extend(format!("{header:<245}\n").bytes());
    file.extend(numbers);
    file
}

/// A file of `numpy.savez`: 64-bit floats, and whatever else is put beside them.
pub(crate) fn npz(arrays: &[Array], others: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let own = arrays.iter().map(|a| (a.name, npy("<f8", &a.shape, &bytes_64(&a.numbers))));
    let entries: Vec<(&str, Vec<u8>)> = own.chain(others.iter().cloned()).collect();
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in &entries {
        let name = format!("{name}.npy");
        let mut facts = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        facts.extend(crc32fast::hash(bytes).to_le_bytes());
        facts.extend([(bytes.len() as u32).to_le_bytes(); 2].concat());
        facts.extend((name.len() as u16).to_le_bytes());
        facts.extend([0, 0]);
        directory.extend([b"PK\x01\x02\x14\x00", facts.as_slice(), &[0; 10]].concat());
        directory.extend((file.len() as u32).to_le_bytes());
        directory.extend(name.bytes());
        file.extend([b"PK\x03\x04", facts.as_slice(), name.as_bytes(), bytes].concat());
    }
    let start = file.len() as u32;
    file.extend(&directory);
    file.extend(b"PK\x05\x06\x00\x00\x00\x00");
    file.extend([(entries.len() as u16).to_le_bytes(); 2].concat());
    file.extend((directory.len() as u32).to_le_bytes());
    file.extend(start.to_le_bytes());
    file.extend([0, 0]);
    file
}

/// A file of safetensors, 32-bit floats, with metadata.
pub(crate) fn safetensors(arrays: &[Array], metadata: &Value) -> Vec<u8> {
    let mut header = serde_json::Map::new();
    header.insert("__metadata__".into(), metadata.clone());
    let mut numbers = Vec::new();
    for array in arrays {
        let start = numbers.len();
        numbers.extend(bytes_32(&array.numbers));
        let offsets = [start, numbers.len()];
        let facts =
            serde_json::json!({ "dtype": "F32", "shape": array.shape, "data_offsets": offsets });
        header.insert(array.name.into(), facts);
    }
    let header = Value::Object(header).to_string();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.bytes());
    file.extend(numbers);
    file
}

/// Rows of a matrix of so many columns in another order.
fn reordered(numbers: &[f64], order: &[usize]) -> Vec<f64> {
    let width = numbers.len() / order.len();
    order.iter().flat_map(|row| numbers[row * width..][..width].iter().copied()).collect()
}
