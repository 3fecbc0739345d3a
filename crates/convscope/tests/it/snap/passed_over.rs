//! Kernels that are not snapped: how many, and why.

use serde_json::Value;
use tempfile::TempDir;

use super::npy;
use crate::similarity::normal;
use crate::typed::convscope;

/// What is printed, and what is said aloud.
fn snap(folder: &TempDir, words: &[&str]) -> (String, String) {
    let output = convscope(folder.path(), &[&["snap"], words].concat());
    let [out, aloud] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(output.status.success(), "{aloud}");
    (out, aloud)
}

#[test]
fn kernels_without_a_structure_are_counted_with_the_reason() {
    let folder = TempDir::new().unwrap();
    let numbers: Vec<f32> = normal("rows", 30).into_iter().map(|number| number as f32).collect();
    npy(&folder.path().join("rows.npy"), &[6, 1, 5], &numbers);
    let (out, aloud) = snap(&folder, &["rows.npy"]);
    let row = out.lines().find(|line| line.starts_with("kernels snapped")).unwrap();
    assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["kernels", "snapped", "0", "0"]);
    assert!(
        aloud.contains(
            "6 of 6 kernels not snapped, only rounded to 8 bits a number: no structure makes their \
             code shorter"
        ),
        "{aloud}"
    );
    let (_, aloud) = snap(&folder, &["rows.npy", "--tolerance", "0", "--precision", "none"]);
    let wanted =
        "6 of 6 kernels not snapped: no structure leaves at most 0 of their sum of squares";
    assert!(aloud.contains(wanted), "{aloud}");
    let (out, aloud) = snap(&folder, &["rows.npy", "--tolerance", "0.99", "--json"]);
    assert!(!aloud.contains("not snapped"), "{aloud}");
    let said: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(said["values"]["kernels-snapped"], 6.0);
}
