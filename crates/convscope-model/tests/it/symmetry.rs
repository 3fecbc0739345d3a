//! Which hidden channels may change places, and which only together.

use convscope_model::layer::{Add, Conv, Linear};
use convscope_model::{Layer, Net, Op, Shape, Symmetry};
use serde_json::json;

use crate::named;

const COLOUR: Shape = Shape { channels: 3, height: 32, width: 32 };

fn members(symmetry: &Symmetry) -> Vec<usize> {
    symmetry.orders().iter().map(|order| order.members).collect()
}

fn conv(name: &str, filters: usize, groups: usize) -> Layer {
    let conv = Conv { filters, groups, padding: 1, ..Conv::default() };
    Layer::new(name, Op::Conv(conv))
}

fn classifier() -> [Layer; 2] {
    let linear = Op::Linear(Linear { outputs: 5, bias: true });
    [Layer::new("flatten", Op::Flatten), Layer::new("fc", linear)]
}

#[test]
fn sums_tie_the_channels_of_a_stage() {
    let net = named("resnet-18", json!({}), COLOUR, 10);
    let symmetry = Symmetry::of(&net);
    let index = |name: &str| net.layers().iter().position(|layer| layer.name == name).unwrap();
    // Four stages, and the inner channels of eight blocks.
    assert_eq!(symmetry.orders().len(), 12);
    let stream = symmetry.order_after(index("relu")).unwrap();
    let written = ["conv1", "layer1.0.conv2", "layer1.1.conv2"].map(index);
    assert_eq!(symmetry.orders()[stream].layers, written);
    let second = symmetry.order_after(index("layer2.0.downsample.0")).unwrap();
    for tensor in ["layer2.0.bn2.weight", "layer2.0.downsample.1.running_var"] {
        assert_eq!(symmetry.axes(tensor), [Some(second)], "{tensor}");
    }
    assert_eq!(
        symmetry.axes("layer2.0.downsample.0.weight"),
        [Some(second), Some(stream), None, None]
    );
    assert_eq!(symmetry.axes("conv1.weight"), [Some(stream), None, None, None]);
    let last = symmetry.order_after(index("layer4.1.relu2")).unwrap();
    assert_eq!(symmetry.axes("fc.weight"), [None, Some(last)]);
    assert_eq!(symmetry.axes("fc.bias"), [None]);
    assert!(symmetry.axes("nobody.weight").is_empty());
}

#[test]
fn samples_and_classes_stay() {
    let sum = Layer::new("sum", Op::Add(Add { with: "input".into() }));
    let layers = [conv("conv1", 3, 1), sum].into_iter().chain(classifier()).collect();
    let symmetry = Symmetry::of(&Net::new(COLOUR, layers).unwrap());
    assert!(symmetry.orders().is_empty(), "what is added to the sample has the sample's channels");
    let net = Net::new(COLOUR, classifier().into()).unwrap();
    assert!(Symmetry::of(&net).orders().is_empty());
}

#[test]
fn convolutions_in_groups_keep_blocks() {
    let layers = [conv("conv1", 6, 1), conv("depthwise", 12, 6), conv("grouped", 8, 2)];
    let layers = layers.into_iter().chain(classifier()).collect();
    let symmetry = Symmetry::of(&Net::new(COLOUR, layers).unwrap());
    // Twelve channels in pairs of one depthwise filter each, and then in two halves.
    assert_eq!(members(&symmetry), [2]);
    assert_eq!(symmetry.axes("conv1.weight"), [Some(0), None, None, None]);
    assert_eq!(symmetry.axes("grouped.weight"), [Some(0), None, None, None]);
    assert_eq!(symmetry.axes("fc.weight"), [None, Some(0)]);

    let layers = [conv("conv1", 6, 1), conv("depthwise", 12, 6)];
    let layers = layers.into_iter().chain(classifier()).collect();
    let symmetry = Symmetry::of(&Net::new(COLOUR, layers).unwrap());
    assert_eq!(members(&symmetry), [6]);
}

#[test]
fn members_change_places_in_every_tensor() {
    let net = Net::new(
        Shape::image(1, 4, 4),
        [conv("conv1", 2, 1)].into_iter().chain(classifier()).collect(),
    )
    .unwrap();
    let symmetry = Symmetry::of(&net);
    let numbers: Vec<f32> = (0..net.number_count()).map(|i| i as f32).collect();
    let swapped = symmetry.reordered(&numbers, &[vec![1, 0]]);
    let tensor = |name: &str| net.tensors().find(|tensor| tensor.name == name).unwrap().range();
    assert_eq!(swapped[tensor("conv1.weight")][..2], numbers[9..11]);
    assert_eq!(swapped[tensor("conv1.bias")], [19.0, 18.0]);
    // Each channel is a block of sixteen features.
    let before = &numbers[tensor("fc.weight")];
    let after = &swapped[tensor("fc.weight")];
    assert_eq!((&after[..16], &after[16..32]), (&before[16..32], &before[..16]));
    assert_eq!(swapped[tensor("fc.bias")], numbers[tensor("fc.bias")]);
    assert_eq!(symmetry.reordered(&swapped, &[vec![1, 0]]), numbers);
}
