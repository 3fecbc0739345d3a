//! The nets that others know by name have their parameters, names and counts.

use convscope_model::layer::{Add, BatchNorm, Conv};
use convscope_model::{Layer, Net, NetError, Op, Role, Shape, Source};
use serde_json::{Value, json};

use crate::named;

/// Counts that `sum(p.numel() for p in model.parameters())` gives for torchvision's models, and those that
/// the papers or their usual PyTorch codes state.
const COUNTS: &[(&str, &str, Shape, usize, usize)] = &[
    ("two-conv", "{}", GRAY, 10, 3_418),
    ("lenet-5", "{}", GRAY, 10, 44_426),
    ("lenet-5", r#"{"padding": 2}"#, GRAY, 10, 61_706),
    ("lenet-5", r#"{"pool": "average"}"#, COLOUR, 10, 62_006),
    ("lenet-300-100", "{}", GRAY, 10, 266_610),
    ("vgg-11", r#"{"form": "torchvision"}"#, PHOTO, 1000, 132_863_336),
    ("vgg-11-bn", r#"{"form": "torchvision"}"#, PHOTO, 1000, 132_868_840),
    ("vgg-13", r#"{"form": "torchvision"}"#, PHOTO, 1000, 133_047_848),
    ("vgg-13-bn", r#"{"form": "torchvision"}"#, COLOUR, 1000, 133_053_736),
    ("vgg-16", r#"{"form": "torchvision"}"#, PHOTO, 1000, 138_357_544),
    ("vgg-16-bn", r#"{"form": "torchvision"}"#, COLOUR, 1000, 138_365_992),
    ("vgg-19", r#"{"form": "torchvision"}"#, COLOUR, 1000, 143_667_240),
    ("vgg-19-bn", r#"{"form": "torchvision"}"#, PHOTO, 1000, 143_678_248),
    ("vgg-11", "{}", COLOUR, 10, 9_225_610),
    ("vgg-svhn", "{}", COLOUR, 10, 586_154),
    ("resnet-18", r#"{"stem": "imagenet"}"#, PHOTO, 1000, 11_689_512),
    ("resnet-18", r#"{"stem": "imagenet"}"#, COLOUR, 10, 11_181_642),
    ("resnet-18", "{}", COLOUR, 10, 11_173_962),
    ("resnet-34", r#"{"stem": "imagenet"}"#, PHOTO, 1000, 21_797_672),
    ("narrow-resnet-18", "{}", COLOUR, 10, 701_466),
    ("resnet-20", "{}", COLOUR, 10, 272_474),
    ("resnet-32", "{}", COLOUR, 10, 466_906),
    ("resnet-56", "{}", COLOUR, 10, 855_770),
];

const GRAY: Shape = Shape { channels: 1, height: 28, width: 28 };
const COLOUR: Shape = Shape { channels: 3, height: 32, width: 32 };
const PHOTO: Shape = Shape { channels: 3, height: 224, width: 224 };

#[test]
fn nets_have_the_parameters_that_they_are_known_for() {
    for &(name, settings, input, classes, count) in COUNTS {
        let settings: Value = serde_json::from_str(settings).unwrap();
        let net = named(name, settings.clone(), input, classes);
        assert_eq!(net.parameter_count(), count, "{name} {settings}");
    }
}

#[test]
fn state_dictionaries_have_torchvisions_names() {
    let net = named("resnet-18", json!({ "stem": "imagenet" }), COLOUR, 10);
    let names: Vec<&str> = net.parameters().iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names[..4], ["conv1.weight", "bn1.weight", "bn1.bias", "layer1.0.conv1.weight"]);
    let of_second_stage: Vec<&&str> = names.iter().filter(|n| n.starts_with("layer2.0")).collect();
    assert_eq!(
        of_second_stage,
        [
            &"layer2.0.conv1.weight",
            &"layer2.0.bn1.weight",
            &"layer2.0.bn1.bias",
            &"layer2.0.conv2.weight",
            &"layer2.0.bn2.weight",
            &"layer2.0.bn2.bias",
            &"layer2.0.downsample.0.weight",
            &"layer2.0.downsample.1.weight",
            &"layer2.0.downsample.1.bias",
        ]
    );
    assert_eq!(names[names.len() - 2..], ["fc.weight", "fc.bias"]);
    let statistics: Vec<&str> = net.statistics().iter().map(|p| p.name.as_str()).collect();
    assert_eq!(statistics[..2], ["bn1.running_mean", "bn1.running_var"]);
    assert_eq!(statistics.len(), 40);

    let net = named("vgg-11-bn", json!({ "form": "torchvision" }), COLOUR, 10);
    let has = |name: &str| net.parameters().iter().any(|p| p.name == name);
    for name in ["features.0.weight", "features.1.weight", "features.25.bias", "classifier.6.bias"]
    {
        assert!(has(name), "{name}");
    }
}

#[test]
fn a_model_is_its_parameters_and_then_its_statistics() {
    let net = named("resnet-20", json!({}), COLOUR, 10);
    let mut end = 0;
    for tensor in net.tensors() {
        assert_eq!(tensor.offset, end, "{}", tensor.name);
        end += tensor.len();
        let kept = matches!(tensor.role, Role::Mean | Role::Variance);
        assert_eq!(kept, tensor.offset >= net.parameter_count(), "{}", tensor.name);
    }
    assert_eq!(end, net.number_count());
}

#[test]
fn a_block_takes_its_input_twice() {
    let net = named("resnet-18", json!({}), COLOUR, 10);
    let index = |name: &str| net.layers().iter().position(|layer| layer.name == name).unwrap();
    let sources = |name: &str| net.sources(index(name)).to_vec();
    let of = |name: &str| Source::Layer(index(name));
    assert_eq!(sources("conv1"), [Source::Sample]);
    assert_eq!(sources("layer1.0.add"), [of("layer1.0.bn2"), of("relu")]);
    assert_eq!(sources("layer2.0.downsample.0"), [of("layer1.1.relu2")]);
    assert_eq!(sources("layer2.0.add"), [of("layer2.0.downsample.1"), of("layer2.0.bn2")]);
}

#[test]
fn what_does_not_fit_is_named() {
    let conv =
        |name: &str, filters| Layer::new(name, Op::Conv(Conv { filters, ..Conv::default() }));
    let add = |with: &str| Layer::new("sum", Op::Add(Add { with: with.into() }));
    let refused = |layers| Net::new(COLOUR, layers).expect_err("this does not fit").to_string();
    assert_eq!(
        refused(vec![conv("conv1", 3), add("conv2")]),
        "layer `sum` takes what `conv2` leaves, but no earlier layer is called so; did you mean \
         `conv1`?"
    );
    assert_eq!(
        refused(vec![conv("conv1", 5), add("input")]),
        "layer `sum` does not fit its input of 5×30×30: it cannot be added to the 3×32×32 of \
         another layer"
    );
    assert_eq!(
        Net::new(COLOUR, vec![conv("input", 3)]),
        Err(NetError::ReservedName),
        "the samples have that name"
    );
    let momentum = BatchNorm { momentum: 1.5, ..BatchNorm::default() };
    assert!(refused(vec![Layer::new("bn", Op::BatchNorm(momentum))]).contains("from 0 to 1"));
}
