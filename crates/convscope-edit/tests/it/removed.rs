//! One kernel set to 0.

use convscope_core::Seed;
use convscope_edit::Subject;
use serde_json::json;

use crate::{edit, random, two_conv};

#[test]
fn one_kernel_is_0_and_all_else_stays() {
    let net = two_conv();
    let old = random(&net, Seed::root(1));
    let subject =
        Subject { net: &net, donors: &[], fresh: &[], calibration: None, seed: Seed::root(3) };
    // Four filters of two channels: kernel 3 is the second of the second filter.
    let removed = edit("remove-kernel", json!({ "on": "conv2.weight", "index": 3 })).unwrap();
    removed.fits(&net, 0).unwrap();
    let new = removed.apply(&subject, old.clone()).unwrap().weights;
    let place = net.parameters().iter().find(|own| own.name == "conv2.weight").unwrap();
    let gone = place.range().start + 27..place.range().start + 36;
    for (index, (new, old)) in new.iter().zip(&old).enumerate() {
        let wanted = if gone.contains(&index) { 0.0 } else { *old };
        assert_eq!(new.to_bits(), f32::to_bits(wanted));
    }
}

#[test]
fn what_is_no_kernel_is_refused() {
    let net = two_conv();
    for (settings, path, said) in [
        (json!({ "on": "conv1" }), "on", "`conv1.weight`, `conv2.weight`"),
        (json!({ "on": "fc1.weight" }), "on", "`conv1.weight`"),
        (json!({ "index": 2 }), "index", "has kernels 0 to 1, not 2"),
    ] {
        let refused = edit("remove-kernel", settings).unwrap().fits(&net, 0).unwrap_err();
        assert_eq!((refused.path, refused.message.contains(said)), (vec![path.into()], true));
    }
}
