//! Nets are found by the names and dimensions of their tensors.

use convscope_model::{Dimensions, NETS, Net, Shape, recognise};
use serde_json::{Value, json};

use crate::named;

fn dimensions(net: &Net) -> Dimensions<'_> {
    net.tensors().map(|own| (own.name.as_str(), own.dimensions.as_slice())).collect()
}

#[test]
fn every_net_is_found_with_tensors_of_its_own() {
    for entry in NETS {
        let net = named(entry.id, json!({}), Shape::image(3, 32, 32), 7);
        let found = recognise(&dimensions(&net)).unwrap_or_else(|| panic!("{}", entry.id));
        // Some nets differ in nothing that is trained; then the first of them is named.
        assert_eq!(dimensions(&found.net), dimensions(&net), "{} as {}", entry.id, found.id);
    }
}

#[test]
fn settings_image_sizes_and_classes_are_found() {
    let cases: &[(&str, Value, Shape, usize)] = &[
        ("lenet-5", json!({}), Shape::image(1, 28, 28), 10),
        ("lenet-5", json!({}), Shape::image(3, 44, 44), 4),
        ("simple-cnn", json!({ "kernel": 5, "filters": 6 }), Shape::image(1, 28, 28), 3),
        ("two-conv", json!({ "filters": [4, 8], "hidden": 12 }), Shape::image(1, 28, 28), 10),
        ("resnet-18", json!({ "stem": "imagenet" }), Shape::image(3, 224, 224), 1000),
        ("vgg-11-bn", json!({ "form": "torchvision" }), Shape::image(3, 224, 224), 10),
        ("three-layer-mlp", json!({ "hidden": [20, 30] }), Shape::image(1, 28, 28), 10),
    ];
    for (name, settings, input, classes) in cases {
        let net = named(name, settings.clone(), *input, *classes);
        let found = recognise(&dimensions(&net)).unwrap_or_else(|| panic!("{name} {settings}"));
        assert_eq!(dimensions(&found.net), dimensions(&net), "{name} {settings}");
        assert_eq!(found.net.output().len(), *classes);
    }
}

#[test]
fn counters_are_passed_over_and_strangers_are_not() {
    let net = named("resnet-20", json!({}), Shape::image(3, 32, 32), 10);
    let mut tensors = dimensions(&net);
    tensors.insert("bn1.num_batches_tracked", &[]);
    assert_eq!(recognise(&tensors).map(|found| found.id), Some("resnet-20"));
    tensors.insert("head.weight", &[3, 3]);
    assert_eq!(recognise(&tensors), None);
    let mut tensors = dimensions(&net);
    tensors.insert("fc.weight", &[10, 65]);
    assert_eq!(recognise(&tensors), None);
    assert_eq!(recognise(&Dimensions::new()), None);
}
