//! A net computes the same when its hidden channels change places as its symmetry says, and only then.

use convscope_core::Seed;
use convscope_core::registry::find;
use convscope_engine::{Executor, Level, Samples};
use convscope_model::layer::{Add, BatchNorm, Conv, Linear, Pool};
use convscope_model::{Layer, NETS, Net, Op, Role, Shape, Symmetry};
use serde_json::json;

/// Of the largest logit; sums are taken in another order.
const TOLERANCE: f32 = 1e-4;

#[test]
fn named_nets_compute_the_same() {
    for (name, input) in [
        ("lenet-5", Shape::image(1, 28, 28)),
        ("vgg-11-bn", Shape::image(3, 32, 32)),
        ("resnet-18", Shape::image(3, 16, 16)),
        ("resnet-20", Shape::image(3, 16, 16)),
        ("three-layer-mlp", Shape::image(1, 8, 8)),
    ] {
        let architecture = find(NETS, "net", name).unwrap();
        let net = (architecture.build)(json!({})).unwrap().net(input, 10).unwrap();
        check(name, &net);
    }
}

#[test]
fn groups_sums_and_flattened_images_compute_the_same() {
    let conv = |name: &str, filters, groups| {
        let conv = Conv { filters, groups, padding: 1, ..Conv::default() };
        Layer::new(name, Op::Conv(conv))
    };
    let layers = vec![
        conv("conv1", 8, 1),
        Layer::new("bn1", Op::BatchNorm(BatchNorm::default())),
        Layer::new("relu1", Op::Relu),
        conv("depthwise", 16, 8),
        Layer::new("gelu", Op::Gelu),
        conv("grouped", 16, 4),
        Layer::new("sum", Op::Add(Add { with: "gelu".into() })),
        Layer::new("pool", Op::MaxPool(Pool::default())),
        Layer::new("flatten", Op::Flatten),
        Layer::new("fc1", Op::Linear(Linear { outputs: 12, bias: true })),
        Layer::new("tanh", Op::Tanh),
        Layer::new("fc2", Op::Linear(Linear { outputs: 4, bias: true })),
    ];
    let net = Net::new(Shape::image(2, 6, 6), layers).unwrap();
    assert_eq!(Symmetry::of(&net).orders().len(), 2);
    check("groups", &net);
}

fn check(name: &str, net: &Net) {
    let symmetry = Symmetry::of(net);
    let seed = Seed::root(6).child(name);
    let weights = weights(net, seed.child("weights"));
    let places: Vec<Vec<usize>> = symmetry
        .orders()
        .iter()
        .enumerate()
        .map(|(order, of)| {
            let mut places: Vec<usize> = (0..of.members).collect();
            seed.child("places").nth(order as u64).stream().shuffle(&mut places);
            places
        })
        .collect();
    let reordered = symmetry.reordered(&weights, &places);
    assert_ne!(weights, reordered, "{name}");
    let (wanted, came) = (logits(net, &weights, seed), logits(net, &reordered, seed));
    let largest = wanted.iter().fold(0.0_f32, |most, logit| most.max(logit.abs()));
    let apart = |other: &[f32]| {
        wanted.iter().zip(other).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs())) / largest
    };
    assert!(apart(&came) < TOLERANCE, "{name}: {}", apart(&came));
    // One tensor left behind makes another function.
    let tensor = net.parameters().iter().find(|tensor| {
        tensor.role == Role::Weight && symmetry.axes(&tensor.name).iter().any(Option::is_some)
    });
    let range = tensor.expect("some weights follow an order").range();
    let mut torn = reordered;
    torn[range.clone()].copy_from_slice(&weights[range]);
    assert!(apart(&logits(net, &torn, seed)) > 100.0 * TOLERANCE, "{name}");
}

fn logits(net: &Net, weights: &[f32], seed: Seed) -> Vec<f32> {
    let mut draws = seed.child("pixels").stream();
    let pixels: Vec<f32> = (0..4 * net.input().len()).map(|_| draws.normal() as f32).collect();
    let mut logits = Vec::new();
    let samples = Samples { pixels: &pixels, labels: &[] };
    let mut executor = Executor::new(net, 4, Level::detect());
    executor.evaluate(weights, samples, |_, of_sample| logits.extend_from_slice(of_sample));
    logits
}

/// Draws weights of which no two channels are alike, statistics and biases too.
fn weights(net: &Net, seed: Seed) -> Vec<f32> {
    let mut draws = seed.stream();
    let mut weights = Vec::with_capacity(net.number_count());
    for tensor in net.tensors() {
        weights.extend((0..tensor.len()).map(|_| {
            let normal = draws.normal();
            (match tensor.role {
                Role::Weight => normal * (2.0 / tensor.fan_in as f64).sqrt(),
                Role::Scale | Role::Variance => 1.0 + 0.3 * normal.tanh(),
                Role::Bias | Role::Shift | Role::Mean => 0.3 * normal,
            }) as f32
        }));
    }
    weights
}
