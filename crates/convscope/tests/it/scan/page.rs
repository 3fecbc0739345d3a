//! The page of a scan.

use serde_json::json;
use tempfile::TempDir;

use super::{drawn, put};
use crate::similarity::{array, normal, safetensors};
use crate::typed::printed;

#[test]
fn a_page_shows_structures_and_scores_beside_chance() {
    let folder = TempDir::new().unwrap();
    let line = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0];
    let arrays = [
        drawn("conv.weight", 6, 5),
        array("lines.weight", &[10, 1, 3, 3], line.repeat(10)),
        array("<b>.weight", &[2, 1, 5, 5], normal("five", 50)),
    ];
    put(folder.path(), "a.safetensors", &safetensors(&arrays, &json!({})));
    let words = ["scan", "a.safetensors", "--out", "page.html"];
    printed(folder.path(), &words);
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
    for part in [
        "The 3 × 3 kernels of a.safetensors",
        "40 kernels of 3 × 3 in 2 layers of 1 file",
        "Which structures do the kernels have?",
        "identical-columns-mirrored: 10 kernels, 25.0\u{a0}%",
        "How do scores differ from chance?",
        "by chance: own numbers in random places",
        "unique values",
        "What do the files have?",
        "kernels of 5 × 5; 3 × 3 is scanned",
        "&lt;b&gt;.weight of a.safetensors",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(
        page.matches("class=\"bins\"").count() > 40,
        "a bar for each structure, a histogram for each score"
    );
    assert!(!page.contains("role=\"note\""), "every figure can be drawn");
    assert!(!page.contains("vega-lite 6"), "no chart, no chart library");
    assert!(!page.contains("<b>.weight") && !page.contains("NaN</"));
    for request in ["src=\"http", "href=\"http", "url(http", "@import"] {
        assert!(!page.contains(request), "{request}");
    }
    printed(folder.path(), &words);
    assert!(page == std::fs::read_to_string(folder.path().join("page.html")).unwrap());
}
