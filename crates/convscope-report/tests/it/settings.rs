//! Marks as study files write them.

use convscope_report::MARKS;
use serde_json::json;

#[test]
fn a_mark_is_written_in_kebab_case() {
    let line = convscope_core::registry::find(MARKS, "mark", "line").unwrap();
    let settings =
        json!({ "x": "images", "scale-x": "log", "domain-y": [0, 1], "unit": "percent" });
    let mark = (line.build)(settings).unwrap();
    assert_eq!(mark.columns(), ["model", "images", "value"]);
}

#[test]
fn a_misspelt_setting_is_corrected() {
    let matrix = convscope_core::registry::find(MARKS, "mark", "matrix").unwrap();
    let error = (matrix.build)(json!({ "colum": "guess" })).err().unwrap();
    assert_eq!(error.nearest.as_deref(), Some("column"));
}

#[test]
fn settings_equal_to_their_defaults_do_not_count() {
    for entry in MARKS {
        assert_eq!((entry.canonical)(json!({})).unwrap(), json!({}), "{}", entry.id);
    }
}
