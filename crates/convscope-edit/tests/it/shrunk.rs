//! Shrinking and perturbing.

use convscope_core::Seed;
use convscope_edit::Subject;
use serde_json::json;

use crate::{edit, random, two_conv};

#[test]
fn weights_shrink_and_take_up_fresh_ones() {
    let net = two_conv();
    let (old, fresh) = (random(&net, Seed::root(1)), random(&net, Seed::root(2)));
    let subject =
        Subject { net: &net, donors: &[], fresh: &fresh, calibration: None, seed: Seed::root(3) };
    let shrink = edit("shrink-and-perturb", json!({ "shrink": 0.5, "perturb": 0.25 })).unwrap();
    assert!(shrink.reads_fresh() && shrink.donors().is_none());
    let new = shrink.apply(&subject, old.clone()).unwrap().weights;
    for ((new, old), fresh) in new.iter().zip(&old).zip(&fresh) {
        assert!((new - (0.5 * old + 0.25 * fresh)).abs() < 1e-6);
    }
    let nothing = edit("shrink-and-perturb", json!({ "shrink": 1.0, "perturb": 0.0 })).unwrap();
    assert_eq!(nothing.apply(&subject, old.clone()).unwrap().weights, old);
}

#[test]
fn factors_below_zero_are_refused() {
    let refused = edit("shrink-and-perturb", json!({ "shrink": -0.1 })).err().unwrap();
    assert_eq!((refused.path, refused.message.contains("-0.1")), (vec!["shrink".into()], true));
}
