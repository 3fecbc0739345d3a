//! The page of kernels.

use serde_json::json;
use tempfile::TempDir;

use super::{CLEAN, NOISY, put};
use crate::similarity::{array, normal, npz, safetensors};
use crate::typed::{convscope, printed};

#[test]
fn a_page_shows_walls_cards_and_scores_beside_chance() {
    let folder = TempDir::new().unwrap();
    let arrays = [
        array(
            "conv1.weight",
            &[12, 1, 5, 5],
            [CLEAN.concat(), NOISY.concat(), normal("rest", 250)].concat(),
        ),
        array("conv2.weight", &[4, 12, 3, 3], normal("second", 432)),
        array("fc.weight", &[10, 20], normal("fc", 200)),
    ];
    put(folder.path(), "a.safetensors", &safetensors(&arrays, &json!({})));
    let words = ["kernels", "a.safetensors", "--out", "page.html"];
    let output = convscope(folder.path(), &words);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
    for part in [
        "The kernels of a.safetensors",
        "What structure do the kernels of conv1.weight have?",
        "filter 0: identical-columns-mirrored",
        "filter 3, input 11: ",
        "<strong>filter 1</strong>, identical-columns-mirrored",
        "3 of 25",
        "Scores beside chance",
        "by chance: independent normal numbers",
        "fc.weight",
        "a matrix, such as that of a linear layer",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert_eq!(page.matches("<details class=\"card\"").count(), 12 + 48);
    assert!(!page.contains("role=\"note\""), "every figure can be drawn");
    assert!(!page.contains("vega-lite 6"), "no chart, no chart library");
    printed(folder.path(), &words);
    assert!(page == std::fs::read_to_string(folder.path().join("page.html")).unwrap());
}

#[test]
fn large_layers_say_how_many_kernels_are_shown() {
    let folder = TempDir::new().unwrap();
    let mut numbers = normal("large", 32 * 16 * 9);
    // A structure of two kernels is not lost among five hundred.
    for kernel in [[0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0], [0.0; 9]] {
        numbers.splice(..9, kernel);
        numbers.rotate_left(9);
    }
    put(folder.path(), "a.npz", &npz(&[array("conv.weight", &[32, 16, 3, 3], numbers)], &[]));
    printed(folder.path(), &["kernels", "a.npz", "--out", "page.html"]);
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
    let cards = page.matches("<details class=\"card\"").count();
    assert!((90..=130).contains(&cards), "{cards}");
    assert!(page.contains(&format!("{cards} of 512 kernels are shown")));
    assert!(
        page.contains("identical-columns-mirrored") && page.contains("such kernels do nothing")
    );
    assert!(page.len() < 1_500_000, "{} bytes", page.len());
}

#[test]
fn names_of_arrays_stay_text() {
    let folder = TempDir::new().unwrap();
    let arrays = [array("<img src=x onerror=alert(1)>.weight", &[2, 1, 3, 3], normal("evil", 18))];
    put(folder.path(), "a.safetensors", &safetensors(&arrays, &json!({})));
    printed(folder.path(), &["kernels", "a.safetensors", "--out", "page.html"]);
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.contains("&lt;img src=x") && !page.contains("<img src=x"));
}
