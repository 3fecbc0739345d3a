use std::collections::BTreeSet;

use convscope_core::registry::find;
use convscope_model::layer::PadWith;
use convscope_model::{NETS, NetError, Op, Shape};
use serde_json::json;

use crate::{GRAY, names, net};

#[test]
fn every_net_has_one_output_for_each_class() {
    for entry in NETS {
        for (input, classes) in [
            (Shape::image(3, 32, 32), 10),
            (Shape::image(1, 64, 48), 1),
            (Shape::image(1, 32, 32), 5),
        ] {
            let architecture = (entry.build)(json!({})).expect("defaults fit");
            let net = architecture.net(input, classes).unwrap_or_else(|error| {
                panic!("{} on {input}: {error}", entry.id);
            });
            assert_eq!(net.output(), Shape::flat(classes), "{}", entry.id);
            assert!(!architecture.describe().is_empty());
        }
    }
}

#[test]
fn every_net_has_a_name_of_its_own_and_defaults_that_do_not_count() {
    let ids: BTreeSet<_> = NETS.iter().map(|entry| entry.id).collect();
    assert_eq!(ids.len(), NETS.len());
    for entry in NETS {
        assert_eq!((entry.canonical)(json!({})), Ok(json!({})), "{}", entry.id);
        assert!(!entry.about.is_empty() && !entry.source.is_empty());
    }
}

#[test]
fn simple_cnn_has_606_parameters() {
    // 3·49 + 3 for conv1, 3·3·49 + 3 for conv2, 3·3 + 3 for fc.
    let net = net("simple-cnn", json!({}), 3);
    assert_eq!(net.parameter_count(), 150 + 444 + 12);
    assert_eq!(
        names(&net),
        ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "fc.weight", "fc.bias"]
    );
}

#[test]
fn wider_cnn_has_2105_parameters_for_five_classes() {
    // 6·49 + 6 for conv1, 6·6·49 + 6 for conv2, 6·5 + 5 for fc.
    assert_eq!(net("wider-cnn", json!({}), 5).parameter_count(), 300 + 1770 + 35);
}

#[test]
fn deeper_cnn_has_1502_parameters_for_five_classes() {
    // 3·49 + 3 for conv1, 3·3·49 + 3 for each of conv2 to conv4, 3·5 + 5 for fc1.
    let net = net("deeper-cnn", json!({}), 5);
    assert_eq!(net.parameter_count(), 150 + 3 * 444 + 20);
    assert_eq!(names(&net).last(), Some(&"fc1.bias"));
    let pools = net.layers().iter().filter(|layer| matches!(layer.op, Op::MaxPool(_)));
    assert_eq!(pools.count(), 1);
}

#[test]
fn three_layer_cnn_has_405252_parameters_for_four_classes() {
    // 64·49 + 64 for conv1, 128·64·49 + 128 for conv2, 128·4 + 4 for fc1.
    assert_eq!(net("three-layer-cnn", json!({}), 4).parameter_count(), 3200 + 401_536 + 516);
}

#[test]
fn two_layer_mlp_has_7883_parameters() {
    // 784·10 + 10 for fc1, 10·3 + 3 for fc2.
    assert_eq!(net("two-layer-mlp", json!({}), 3).parameter_count(), 7850 + 33);
}

#[test]
fn three_layer_mlp_has_39793_parameters() {
    // 784·50 + 50 for fc1, 50·10 + 10 for fc2, 10·3 + 3 for fc3.
    let net = net("three-layer-mlp", json!({ "hidden": [50, 10] }), 3);
    assert_eq!(net.parameter_count(), 39_250 + 510 + 33);
    assert_eq!(names(&net)[4..], ["fc3.weight", "fc3.bias"]);
}

#[test]
fn the_average_twin_is_the_simple_cnn_with_average_pooling() {
    let spelt_out = net("simple-cnn", json!({ "pool": "average" }), 3);
    assert_eq!(net("simple-cnn-average", json!({}), 3), spelt_out);
    let pool = &spelt_out.layers()[2];
    assert!(matches!(pool.op, Op::AveragePool(_)));
    assert_ne!(net("simple-cnn", json!({}), 3), spelt_out);
}

#[test]
fn convolutions_reflect_unless_told_otherwise() {
    let pads = |settings| match &net("simple-cnn", settings, 3).layers()[0].op {
        Op::Conv(conv) => conv.pad_with,
        other => panic!("conv1 is {other:?}"),
    };
    assert_eq!(pads(json!({})), PadWith::Reflect);
    assert_eq!(pads(json!({ "pad-with": "zero" })), PadWith::Zero);
}

#[test]
fn odd_kernels_keep_the_size_and_even_ones_take_a_pixel() {
    for (kernel, side) in [(1, 28), (2, 27), (3, 28), (4, 27), (7, 28), (9, 28)] {
        let net = net("simple-cnn", json!({ "kernel": kernel }), 3);
        assert_eq!(net.shape_after(0), Shape::image(3, side, side), "kernel {kernel}");
    }
}

#[test]
fn settings_that_no_net_can_have_are_refused() {
    let refused = |settings| {
        let entry = find(NETS, "net", "simple-cnn").unwrap();
        (entry.build)(settings).unwrap().net(GRAY, 3).unwrap_err()
    };
    for settings in [
        json!({ "kernel": 0 }),
        json!({ "filters": 0 }),
        json!({ "kernel": 99 }),
        json!({ "kernel": 1_u64 << 40 }),
        json!({ "filters": 1_u64 << 60, "pad-with": "zero" }),
    ] {
        let error = refused(settings.clone());
        assert!(
            matches!(&error, NetError::Geometry { layer, .. } if layer == "conv1"),
            "{settings}: {error}"
        );
    }
    // A kernel of 57 would fit the padded image, but 28 pixels cannot be mirrored beside a border.
    let error = refused(json!({ "kernel": 57 }));
    assert!(error.to_string().contains("reflect padding of 28 needs an image of at least 29"));
}

#[test]
fn no_classes_and_misspelt_settings_are_refused() {
    let entry = find(NETS, "net", "three-layer-mlp").unwrap();
    assert!((entry.build)(json!({})).unwrap().net(GRAY, 0).is_err());
    let error = (entry.build)(json!({ "hiden": [5, 5] })).err().expect("there is no such setting");
    assert_eq!(error.nearest.as_deref(), Some("hidden"));
    let error = (entry.build)(json!({ "hidden": [5] })).err().expect("two are wanted");
    assert_eq!(error.path, ["hidden"]);
}
