//! `convscope scan`: many files in, what their 3 × 3 kernels have together out.

mod beside_kernels;
mod chance;
mod folders;
mod layouts;
mod page;

use std::path::Path;

use serde_json::Value;

use crate::similarity::{Array, array, normal};
use crate::typed::printed;

/// What the command prints as JSON.
#[track_caller]
fn scan(folder: &Path, words: &[&str]) -> Value {
    let words = [&["scan"], words, &["--json"]].concat();
    serde_json::from_str(&printed(folder, &words)).unwrap()
}

/// Holds two values of JSON against each other: whole numbers and texts are the same, others to rounding.
#[track_caller]
fn alike(a: &Value, b: &Value, place: &str) {
    match (a, b) {
        (Value::Object(own), Value::Object(other)) => {
            assert_eq!(own.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>(), "{place}");
            own.iter()
                .for_each(|(key, value)| alike(value, &other[key], &format!("{place}, {key}")));
        }
        (Value::Array(own), Value::Array(other)) => {
            assert_eq!(own.len(), other.len(), "{place}");
            for (at, (own, other)) in own.iter().zip(other).enumerate() {
                alike(own, other, &format!("{place}, {at}"));
            }
        }
        (Value::Number(own), Value::Number(other)) if own.is_f64() && other.is_f64() => {
            let apart = own.as_f64().unwrap() - other.as_f64().unwrap();
            assert!(apart.abs() < 1e-12, "{place}: {own} and {other}");
        }
        _ => assert_eq!(a, b, "{place}"),
    }
}

fn put(folder: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(folder.join(name), bytes).unwrap();
}

/// A layer of drawn 3 × 3 kernels.
fn drawn(name: &'static str, outputs: usize, inputs: usize) -> Array {
    array(name, &[outputs, inputs, 3, 3], normal(name, outputs * inputs * 9))
}
