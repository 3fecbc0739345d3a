//! The content of one small set for each option: a generator that changes makes stored results wrong.

use serde_json::{Value, json};

use crate::images;

#[test]
fn contents_are_pinned() {
    let five = ["horizontal", "vertical", "diagonal", "both", "none"];
    let two = json!({ "horizontal": 2, "vertical": 3, "diagonal": 2 });
    let with = |settings: Value| {
        let mut all = json!({ "per-class": 4, "classes": five });
        all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        images(all).content().to_string()
    };
    for (settings, pinned) in [
        (json!({}), "b5897172d748b4f4dc6989d9f065fa21"),
        (json!({ "split": "valid" }), "4a9fc3d3e3e8d0138e2b53a509162fc7"),
        (json!({ "resolution": 15 }), "e3e6101d3c4da7fe5b31ef308d982041"),
        (
            json!({ "width": [2, 6], "intensity": [0.5, 0.9], "background": [0.1, 0.6] }),
            "a53976c4a1a5bac46c6aa305a0a07a0b",
        ),
        (json!({ "location-ratio": 0.5 }), "dea5e59fb7b44776f1f2849d7ad31c14"),
        (json!({ "location-ratio": 0.5, "split": "valid" }), "7be3822fe18e2aab0cc7ba5abbec4eea"),
        (json!({ "edges-per-kind": two }), "258705bce72dec1db5774213ed46e304"),
        (json!({ "permute-pixels": true }), "8ddddf9cc03c01552519ed294ba6532e"),
        (json!({ "nested": false }), "aa6103411faa4b9e660b859a32add7ca"),
        (json!({ "rotate-order": 1 }), "c7072281b07e617807d7e8ad7f2d709d"),
        (json!({ "out-of-range": "wrap", "per-class": 12 }), "64d0bc65075334b746f11a11fb3da964"),
    ] {
        assert_eq!(with(settings.clone()), pinned, "{settings}");
    }
}
