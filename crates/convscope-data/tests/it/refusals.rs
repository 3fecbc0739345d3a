//! Settings that are refused before anything is drawn.

use convscope_core::SettingError;
use convscope_data::{Library, SOURCES};
use serde_json::{Value, json};

#[test]
fn numbers_out_of_range_are_refused_where_they_stand() {
    refuses(&[
        (json!({ "classes": [] }), "classes", "at least one class is wanted; came none"),
        (
            json!({ "classes": ["none", "both", "none"] }),
            "classes.2",
            "each class stands once; `none` is already class 0",
        ),
        (json!({ "per-class": 0 }), "per-class", "at least 1 is wanted; came 0"),
        (json!({ "resolution": 0 }), "resolution", "at least 1 is wanted; came 0"),
        (
            json!({ "intensity": [-0.1, 1.0] }),
            "intensity",
            "two numbers in 0..1 are wanted, the darkest first; came -0.1 and 1",
        ),
        (
            json!({ "background": [0.3, 0.2] }),
            "background",
            "two numbers in 0..1 are wanted, the darkest first; came 0.3 and 0.2",
        ),
        (
            json!({ "location-ratio": 0.0 }),
            "location-ratio",
            "a share above 0 and up to 1 is wanted; came 0",
        ),
        (
            json!({ "location-ratio": 1.5 }),
            "location-ratio",
            "a share above 0 and up to 1 is wanted; came 1.5",
        ),
    ]);
}

#[test]
fn impossible_geometry_is_refused_where_it_stands() {
    let five = ["horizontal", "vertical", "diagonal", "both", "none"];
    refuses(&[
        (
            json!({ "edges-per-kind": { "vertical": 0 }, "classes": ["none", "both"] }),
            "edges-per-kind.vertical",
            "class `both` needs at least 1 vertical edge; came 0",
        ),
        (
            json!({ "width": [0, 4] }),
            "width",
            "two widths of at least 1 are wanted, the narrowest first; came 0 and 4",
        ),
        (
            json!({ "width": [5, 4] }),
            "width",
            "two widths of at least 1 are wanted, the narrowest first; came 5 and 4",
        ),
        (
            json!({ "width": [1, 2], "classes": five }),
            "width",
            "diagonal edges are narrower than the second width divided by √2 and rounded down, \
             so beside 1 it must be at least 3; came 2",
        ),
        (
            json!({ "width": [1, 28] }),
            "width",
            "edges up to 28 wide need images of 29 rows and columns; `resolution` is 28",
        ),
        (
            json!({ "location-ratio": 0.15 }),
            "location-ratio",
            "edges up to 4 wide need 5 rows and columns; split `train` has 4 of 28",
        ),
        (
            json!({ "location-ratio": 0.9, "split": "valid" }),
            "location-ratio",
            "edges up to 4 wide need 5 rows and columns; split `valid` has 3 of 28",
        ),
        (
            json!({ "per-class": 1_000_000_000 }),
            "per-class",
            "3000000000 images of 28×28 are 2352000000000 pixels; at most 2147483648 fit",
        ),
    ]);
}

#[test]
fn what_the_classes_do_not_need_is_not_asked_for() {
    for settings in [
        json!({ "classes": ["none"], "resolution": 1 }),
        json!({ "classes": ["none"], "edges-per-kind": { "vertical": 0 } }),
        json!({ "classes": ["horizontal"], "width": [1, 2] }),
        json!({ "width": [27, 27] }),
        json!({ "classes": ["diagonal"], "resolution": 2 }),
        json!({ "location-ratio": 0.18 }),
        json!({ "location-ratio": 0.82, "split": "valid" }),
        json!({ "location-ratio": 0.01, "split": "test" }),
    ] {
        let source = (edges().build)(settings.clone()).map_err(|error| error.to_string());
        let edges = source.unwrap().open(&Library::default()).unwrap();
        let images = edges.load(crate::draw()).unwrap();
        assert!(images.len() >= 1000, "{settings}");
    }
}

#[test]
fn misspelt_words_are_corrected() {
    for (settings, path, nearest) in [
        (json!({ "per-clas": 3 }), "per-clas", Some("per-class")),
        (json!({ "classes": ["none", "diagnal"] }), "classes.1", Some("diagonal")),
        (json!({ "split": "validation" }), "split", None),
        (
            json!({ "edges-per-kind": { "diagonals": 2 } }),
            "edges-per-kind.diagonals",
            Some("diagonal"),
        ),
        (json!({ "out-of-range": "warp" }), "out-of-range", Some("wrap")),
    ] {
        let error = refused(settings);
        assert_eq!((error.path.join(".").as_str(), error.nearest.as_deref()), (path, nearest));
    }
}

#[test]
fn splines_of_another_order_are_refused() {
    let error = refused(json!({ "rotate-order": 2 }));
    assert_eq!(error.path, ["rotate-order"]);
    assert_eq!(error.message, "splines are of order 1 (linear) or 3 (cubic); came 2");
}

fn refuses(cases: &[(Value, &str, &str)]) {
    for (settings, path, message) in cases {
        let error = refused(settings.clone());
        assert_eq!((error.path.join(".").as_str(), error.message.as_str()), (*path, *message));
    }
}

fn refused(settings: Value) -> SettingError {
    let shown = settings.to_string();
    (edges().build)(settings).err().unwrap_or_else(|| panic!("{shown} should be refused"))
}

fn edges() -> &'static convscope_core::Entry<dyn convscope_data::Source> {
    SOURCES.iter().find(|entry| entry.id == "edges").unwrap()
}
