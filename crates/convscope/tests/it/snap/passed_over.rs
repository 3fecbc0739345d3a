//! Kernels that are not snapped: how many, and why.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{NOISY, npy, numbers, safetensors};
use crate::similarity::normal;
use crate::typed::{complaint, convscope};

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

#[test]
fn kernels_with_numbers_that_are_not_finite_are_left_and_counted() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let mut kernels = [NOISY; 6].concat();
    kernels[25 + 7] = f32::NAN;
    kernels[4 * 25] = f32::INFINITY;
    let lost = ("lost.weight", vec![1, 1, 2, 2], vec![f32::NAN, 1.0, 2.0, 3.0]);
    let arrays = [("conv.weight", vec![3, 2, 5, 5], kernels.clone()), lost.clone()];
    safetensors(&at("odd.safetensors"), &arrays);
    let words = ["odd.safetensors", "--precision", "none", "--out", "out.safetensors"];
    let (out, aloud) = snap(&folder, &[&words[..], &["--report", "page.html"]].concat());
    for part in [
        "`conv.weight`: 2 of 6 kernels are left as they are: filter 0, input 1 holds NaN at row 1, column 2; \
         filter 2, input 0 holds inf at row 0, column 0",
        "`lost.weight`: 1 of 1 kernel is left as it is: the kernel holds NaN at row 0, column 0",
    ] {
        assert!(aloud.contains(part), "`{part}`: {aloud}");
    }
    let left = out.lines().find(|line| line.contains("left as they are")).unwrap();
    assert!(left.ends_with(" 3") && out.contains("4 kernels of 2 arrays"), "{out}");
    // The others are what they are alone, those left what they were, bit by bit.
    npy(&at("noisy.npy"), &[5, 5], &NOISY);
    snap(&folder, &["noisy.npy", "--precision", "none", "--out", "alone.safetensors"]);
    let bits = |numbers: &[f32]| numbers.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
    let (after, alone) = (
        numbers(&at("out.safetensors"), "conv.weight"),
        numbers(&at("alone.safetensors"), "noisy"),
    );
    for (kernel, own) in after.chunks(25).enumerate() {
        let wanted = if [1, 4].contains(&kernel) { &kernels[kernel * 25..][..25] } else { &alone };
        assert_eq!(bits(own), bits(wanted), "kernel {kernel}");
    }
    assert_eq!(bits(&numbers(&at("out.safetensors"), "lost.weight")), bits(&lost.2));
    let (said, _) = snap(&folder, &["odd.safetensors", "--json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    let wanted = json!([
        { "filter": 0, "channel": 1, "why": "holds NaN at row 1, column 2" },
        { "filter": 2, "channel": 0, "why": "holds inf at row 0, column 0" },
    ]);
    assert_eq!(said["layers"][0]["left"], wanted);
    assert_eq!(said["layers"][0]["kernels"][1]["structure"], Value::Null);
    assert_eq!(said["layers"][0]["kernels"][5]["structure"], "identical-columns-mirrored");
    let page = std::fs::read_to_string(at("page.html")).unwrap();
    assert!(
        page.contains("left as it is") && !page.contains("role=\"note\""),
        "a page without holes"
    );
    safetensors(&at("lost.safetensors"), &[lost]);
    let said = complaint(folder.path(), &["snap", "lost.safetensors"]).replace('\n', " ");
    for part in ["no kernel that can be snapped", "`lost.weight`: 1 of 1 kernel", "finite"] {
        assert!(said.contains(part), "`{part}`: {said}");
    }
}
