//! Settings and shapes that no transform can take, and what is said.

use convscope_core::Shape;
use convscope_data::transforms::Chain;
use serde_json::{Value, json};

const GREY: Shape = Shape { channels: 1, height: 28, width: 28 };
const COLOUR: Shape = Shape { channels: 3, height: 32, width: 32 };

#[test]
fn plain_transforms_refuse_settings_out_of_range() {
    refuse(&[
        (
            json!({ "normalize": { "sd": [0.2, 0.0] } }),
            "sd",
            "standard deviations above 0 are wanted; came 0",
        ),
        (
            json!({ "normalize": { "mean": [] } }),
            "mean",
            "at least one number is wanted; came none",
        ),
        (
            json!({ "normalize": { "mean": "a" } }),
            "mean",
            "wanted a number, or a list with a number for each channel",
        ),
        (
            json!({ "normalize": { "mean": 1e300 } }),
            "mean",
            "a finite number of 32 bits is wanted; came 1",
        ),
        (json!({ "channels": { "count": 0 } }), "count", "at least 1 channel is wanted; came 0"),
        (
            json!({ "random-crop": { "size": [0, 3] } }),
            "size",
            "at least one row and one column are wanted",
        ),
        (
            json!({ "horizontal-flip": { "p": 1.1 } }),
            "p",
            "a probability in 0..1 is wanted; came 1.1",
        ),
        (
            json!({ "shift": { "rows": [3, 2] } }),
            "rows",
            "the lowest move first, then the highest; came 3 and 2",
        ),
    ]);
}

#[test]
fn geometry_refuses_settings_out_of_range() {
    refuse(&[
        (
            json!({ "rotation": { "degrees": [30, 0] } }),
            "degrees",
            "the lowest number first, then the highest; came 30 and 0",
        ),
        (json!({ "rotation": { "degrees": -3 } }), "degrees", "0 or more is wanted; came -3"),
        (
            json!({ "rotation": { "degrees": [1, 2, 3] } }),
            "degrees",
            "wanted a number, or the lowest and the highest",
        ),
        (json!({ "affine": { "scale": [0, 1] } }), "scale", "scales above 0 are wanted; came 0"),
        (
            json!({ "affine": { "shear": 90 } }),
            "shear",
            "less than 90 degrees to either side are wanted",
        ),
        (
            json!({ "affine": { "translate": [0.1, 2] } }),
            "translate",
            "a probability in 0..1 is wanted; came 2",
        ),
        (
            json!({ "perspective": { "distortion": 1.5 } }),
            "distortion",
            "a share in 0..1 is wanted; came 1.5",
        ),
        (
            json!({ "elastic": { "sigma": [0, 5] } }),
            "sigma",
            "both widths or neither may be 0; came 0 and 5",
        ),
        (json!({ "elastic": { "alpha": -1 } }), "alpha", "0 or more is wanted; came -1"),
    ]);
}

#[test]
fn filters_noise_and_colours_refuse_settings_out_of_range() {
    refuse(&[
        (
            json!({ "gaussian-blur": { "kernel": 4 } }),
            "kernel",
            "an odd number of taps is wanted; came 4",
        ),
        (
            json!({ "gaussian-blur": { "sigma": [0, 1] } }),
            "sigma",
            "widths above 0 are wanted; came 0",
        ),
        (
            json!({ "gaussian-noise": { "clip": [1, 0] } }),
            "clip",
            "the lower value first, then a higher one; came 1 and 0",
        ),
        (
            json!({ "gaussian-noise": { "clip": "never" } }),
            "clip",
            "wanted the lowest and the highest value, or `none`",
        ),
        (
            json!({ "random-erasing": { "ratio": [0, 1] } }),
            "ratio",
            "ratios above 0 are wanted; came 0",
        ),
        (json!({ "random-erasing": { "scale": [0.1, 1.5] } }), "scale", "came 1.5"),
        (
            json!({ "random-erasing": { "value": "noise" } }),
            "value",
            "wanted a number, a list with one for each channel, or `random`",
        ),
        (
            json!({ "color-jitter": { "hue": 0.7 } }),
            "hue",
            "at most half a turn, 0.5, to either side is wanted",
        ),
        (
            json!({ "color-jitter": { "contrast": [-1, 1] } }),
            "contrast",
            "factors from 0 on are wanted; came -1",
        ),
        (
            json!({ "mnist-c-fog": { "severity": 6 } }),
            "severity",
            "severities are 1, 2, 3, 4 and 5; came 6",
        ),
        (json!({ "mnist-c-stripe": { "severity": 1 } }), "severity", "unknown field"),
    ]);
}

#[test]
fn images_of_the_wrong_size_or_channels_are_refused_before_there_are_any() {
    for (steps, shape, path, message) in [
        (
            vec![json!("channels"), json!("channels")],
            GREY,
            "1",
            "images of 1 channel can be repeated; these are 3×28×28",
        ),
        (vec![json!("mnist-c-fog")], COLOUR, "0", "(put the corruption before `channels`)"),
        (
            vec![json!("mnist-c-fog")],
            Shape::image(1, 9, 30),
            "0",
            "images of at least 12 rows and columns are wanted; these are 1×9×30",
        ),
        (
            vec![json!({ "normalize": { "mean": [0.1, 0.2] } })],
            COLOUR,
            "0.normalize.mean",
            "one number, or one for each of 3 channels, is wanted; came 2",
        ),
        (
            vec![json!({ "pad": { "amount": 28, "mode": "reflect" } })],
            GREY,
            "0.pad.amount",
            "at most 27 pixels fit around images of 1×28×28 so; came 28",
        ),
    ] {
        refuses(&steps, shape, path, message);
    }
}

#[test]
fn images_too_small_for_a_filter_or_a_part_are_refused() {
    for (steps, shape, path, message) in [
        (
            vec![json!({ "pad": { "amount": 4_000_000_000_u32 } })],
            GREY,
            "0.pad.amount",
            "at most 4096 pixels fit",
        ),
        (
            vec![json!({ "random-crop": { "size": [32, 28], "padding": 1 } })],
            GREY,
            "0.random-crop.size",
            "parts of 32×28 do not fit in images of 30×30 after padding",
        ),
        (
            vec![json!({ "gaussian-blur": { "kernel": 57 } })],
            GREY,
            "0.gaussian-blur.kernel",
            "a filter of 57 taps needs images of at least 29 rows and columns; these are 1×28×28",
        ),
        (
            vec![json!("elastic")],
            Shape::image(1, 20, 40),
            "0.sigma",
            "a filter of 41 taps needs images of at least 21 rows",
        ),
        (
            vec![json!("color-jitter")],
            Shape::image(2, 8, 8),
            "0",
            "grey images or those of three channels are wanted; these are 2×8×8",
        ),
        (
            vec![json!("perspective")],
            Shape::image(1, 1, 8),
            "0",
            "images of at least 2×2 pixels have four corners",
        ),
    ] {
        refuses(&steps, shape, path, message);
    }
}

#[test]
fn misspelt_names_are_corrected_at_their_place() {
    let error = Chain::build(&[json!("normalize"), json!("rotatoin")], GREY).err().unwrap();
    assert_eq!((error.path.join("."), error.nearest.as_deref()), ("1".into(), Some("rotation")));
    let error = Chain::build(&[json!({ "rotation": { "degree": 3 } })], GREY).err().unwrap();
    assert_eq!(
        (error.path.join("."), error.nearest.as_deref()),
        ("0.rotation.degree".into(), Some("degrees"))
    );
}

fn refuse(cases: &[(Value, &str, &str)]) {
    for (step, path, message) in cases {
        let name = step.as_object().unwrap().keys().next().unwrap();
        let path = format!("1.{name}.{path}");
        refuses(&[json!("normalize"), step.clone()], GREY, &path, message);
    }
}

fn refuses(steps: &[Value], shape: Shape, path: &str, message: &str) {
    let error =
        Chain::build(steps, shape).err().unwrap_or_else(|| panic!("{steps:?} should be refused"));
    assert_eq!(error.path.join("."), path, "{steps:?}: {error}");
    assert!(error.message.contains(message), "{steps:?}: {error}");
}
