use std::collections::BTreeSet;

use convscope_core::Seed;
use convscope_core::registry::find;
use convscope_model::{Architecture, INITS, InitError, ListedNet, NETS, Net, Parameter, Shape};
use serde_json::{Value, json};

use crate::{GRAY, net};

const ROOT: u64 = 10;

fn start(init: &str, net: &Net, seed: Seed) -> Result<Vec<f32>, InitError> {
    let entry = find(INITS, "initialiser", init).expect("the initialiser is in the family");
    (entry.build)(json!({})).expect("it has no settings").weights(net, seed)
}

fn numbers<'w>(net: &Net, weights: &'w [f32], name: &str) -> &'w [f32] {
    let own = |parameter: &&Parameter| parameter.name == name;
    &weights[net.parameters().iter().find(own).expect("the parameter exists").range()]
}

fn edges(settings: Value) -> (Net, Vec<f32>) {
    let net = net("simple-cnn", settings, 3);
    let weights = start("edge-detectors", &net, Seed::root(ROOT)).expect("the net fits");
    (net, weights)
}

#[test]
fn every_start_is_finite_whole_and_the_same_for_the_same_seed() {
    let net = net("simple-cnn", json!({}), 3);
    for entry in INITS {
        assert_eq!((entry.canonical)(json!({})), Ok(json!({})), "{}", entry.id);
        let weights = start(entry.id, &net, Seed::root(ROOT)).unwrap();
        assert_eq!(weights.len(), 606, "{}", entry.id);
        assert!(weights.iter().all(|weight| weight.is_finite()), "{}", entry.id);
        assert_eq!(weights, start(entry.id, &net, Seed::root(ROOT)).unwrap(), "{}", entry.id);
        assert_ne!(weights, start(entry.id, &net, Seed::root(ROOT + 1)).unwrap(), "{}", entry.id);
    }
}

#[test]
fn a_parameter_starts_the_same_whatever_stands_beside_it() {
    let (narrow, wide) = (net("simple-cnn", json!({}), 3), net("simple-cnn", json!({}), 5));
    let deep = net("deeper-cnn", json!({}), 3);
    for init in ["pytorch", "kaiming-uniform", "kaiming-normal"] {
        let conv2 = |net: &Net| {
            let weights = start(init, net, Seed::root(ROOT)).unwrap();
            numbers(net, &weights, "conv2.weight").to_vec()
        };
        assert_eq!(conv2(&narrow), conv2(&wide), "{init}");
        assert_eq!(conv2(&narrow), conv2(&deep), "{init}");
    }
}

#[test]
fn starts_have_the_spread_of_their_formula() {
    let net = net("three-layer-mlp", json!({}), 3);
    // fc1 sees 784 inputs and has 39,200 weights. A uniform spread of ±b has variance b²/3.
    for (init, variance, bound) in [
        ("pytorch", 1.0 / 784.0 / 3.0, Some((1.0_f64 / 784.0).sqrt())),
        ("kaiming-uniform", 6.0 / 784.0 / 3.0, Some((6.0_f64 / 784.0).sqrt())),
        ("kaiming-normal", 2.0 / 784.0, None),
    ] {
        let weights = start(init, &net, Seed::root(ROOT)).unwrap();
        let fc1 = numbers(&net, &weights, "fc1.weight");
        let count = fc1.len() as f64;
        let mean = fc1.iter().map(|&w| f64::from(w)).sum::<f64>() / count;
        let measured = fc1.iter().map(|&w| (f64::from(w) - mean).powi(2)).sum::<f64>() / count;
        // Six standard errors: of a normal's variance √(2/n), of a uniform's less.
        assert!((measured / variance - 1.0).abs() < 6.0 * (2.0 / count).sqrt(), "{init}");
        assert!(mean.abs() < 6.0 * (variance / count).sqrt(), "{init}");
        let largest = fc1.iter().fold(0.0_f64, |most, &w| most.max(f64::from(w).abs()));
        assert!(bound.is_none_or(|bound| largest <= bound && largest > 0.99 * bound), "{init}");
    }
}

#[test]
fn biases_start_as_pytorch_leaves_them() {
    let net = net("three-layer-mlp", json!({}), 3);
    let bias = |init| {
        let weights = start(init, &net, Seed::root(ROOT)).unwrap();
        numbers(&net, &weights, "fc1.bias").to_vec()
    };
    assert!(bias("pytorch").iter().all(|bias| bias.abs() <= 1.0 / 28.0));
    assert!(bias("pytorch").iter().any(|bias| bias.abs() > 0.5 / 28.0));
    assert_eq!(bias("kaiming-uniform"), bias("pytorch"));
    assert_eq!(bias("kaiming-normal"), bias("pytorch"));
}

#[test]
fn a_start_is_pinned() {
    let net = net("simple-cnn", json!({}), 3);
    let weights = start("pytorch", &net, Seed::root(ROOT)).unwrap();
    assert_eq!(weights[..3], PINNED, "changing a start changes every stored result");
}

const PINNED: [f32; 3] = [-0.109_073_07, 0.050_158_15, 0.017_583_441];

#[test]
fn seven_by_seven_detectors_are_two_rows_their_transpose_and_the_drawn_kernel() {
    let (net, weights) = edges(json!({ "kernel": 7 }));
    let conv1 = numbers(&net, &weights, "conv1.weight");
    for (i, (&horizontal, &vertical)) in conv1[..49].iter().zip(&conv1[49..98]).enumerate() {
        let row_of = |line: usize| [0.0, 0.0, 1.0, -1.0, 0.0, 0.0, 0.0][line];
        assert_eq!((horizontal, vertical), (row_of(i / 7), row_of(i % 7)), "tap {i}");
    }
    let drawn = start("pytorch", &net, Seed::root(ROOT)).unwrap();
    assert_eq!(conv1[98..], drawn[..49]);
}

#[test]
fn two_by_two_detectors_have_signs_only() {
    let (net, weights) = edges(json!({ "kernel": 2 }));
    let conv1 = numbers(&net, &weights, "conv1.weight");
    assert_eq!(conv1, [1.0, 1.0, -1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
fn three_by_three_detectors_are_slopes_over_squared_distance() {
    let (net, weights) = edges(json!({ "kernel": 3 }));
    let conv1 = numbers(&net, &weights, "conv1.weight");
    // Rows above, at and below the centre: y / (x² + y²) with y = −1, 0, 1.
    assert_eq!(conv1[..9], [-0.5, -1.0, -0.5, 0.0, 0.0, 0.0, 0.5, 1.0, 0.5]);
    assert_eq!(conv1[9..18], [-0.5, 0.0, 0.5, -1.0, 0.0, 1.0, -0.5, 0.0, 0.5]);
    assert_eq!(conv1[18..], [0.0; 9]);
}

#[test]
fn horizontal_detectors_answer_to_horizontal_edges_at_every_size() {
    for k in [2, 3, 5, 7, 9, 11] {
        let (net, weights) = edges(json!({ "kernel": k }));
        let conv1 = numbers(&net, &weights, "conv1.weight");
        let answer = |filter: usize, bright: &dyn Fn(usize, usize) -> bool| -> f32 {
            let kernel = &conv1[filter * k * k..][..k * k];
            let lit = kernel.iter().enumerate().filter(|(i, _)| bright(i / k, i % k));
            lit.map(|(_, weight)| weight).sum::<f32>().abs()
        };
        let (above, left) = (|row: usize, _: usize| row < k / 2, |_: usize, column| column < k / 2);
        assert!(answer(0, &above) > 1.0 && answer(0, &left) < 1e-6, "{k}");
        assert!(answer(1, &left) > 1.0 && answer(1, &above) < 1e-6, "{k}");
    }
}

#[test]
fn the_second_convolution_repeats_the_first_and_the_classifier_is_drawn() {
    let (net, weights) = edges(json!({ "kernel": 5 }));
    let conv1 = numbers(&net, &weights, "conv1.weight");
    let conv2 = numbers(&net, &weights, "conv2.weight");
    for (filter, kernel) in conv1.chunks(25).enumerate() {
        for channel in 0..3 {
            assert_eq!(&conv2[(3 * filter + channel) * 25..][..25], kernel);
        }
    }
    assert_eq!(numbers(&net, &weights, "conv1.bias"), [0.0; 3]);
    assert_eq!(numbers(&net, &weights, "conv2.bias"), [0.0; 3]);
    let drawn = start("pytorch", &net, Seed::root(ROOT)).unwrap();
    for name in ["fc.weight", "fc.bias"] {
        assert_eq!(numbers(&net, &weights, name), numbers(&net, &drawn, name));
    }
}

#[test]
fn edge_detectors_refuse_what_they_are_not_defined_for() {
    let refused = |name, settings| {
        start("edge-detectors", &net(name, settings, 3), Seed::root(ROOT)).unwrap_err()
    };
    assert_eq!(refused("three-layer-mlp", json!({})), InitError::NoSuchConvolution("conv1"));
    assert_eq!(refused("wider-cnn", json!({})), InitError::Filters { layer: "conv1", came: 6 });
    assert_eq!(refused("simple-cnn", json!({ "kernel": 4 })), InitError::Kernel(4));
    assert_eq!(refused("simple-cnn", json!({ "kernel": 1 })), InitError::Kernel(1));
    let unlike = ListedNet::read(json!([
        { "conv": { "filters": 3, "kernel": 7 } }, { "conv": { "filters": 3, "kernel": 5 } },
        "global-average-pool", { "linear": "classes" },
    ]));
    let net = unlike.unwrap().net(GRAY, 3).unwrap();
    let error = start("edge-detectors", &net, Seed::root(ROOT)).unwrap_err();
    assert_eq!(error, InitError::UnlikeKernels { first: 7, second: 5 });
}

#[test]
fn edge_detectors_look_at_every_channel_of_a_colour_image() {
    let simple_cnn = (find(NETS, "net", "simple-cnn").unwrap().build)(json!({ "kernel": 3 }));
    let net = simple_cnn.unwrap().net(Shape::image(3, 32, 32), 3).unwrap();
    let weights = start("edge-detectors", &net, Seed::root(ROOT)).unwrap();
    assert_eq!(numbers(&net, &weights, "conv1.weight"), numbers(&net, &weights, "conv2.weight"));
}

#[test]
fn a_bank_fills_kernels_with_known_operators_of_the_usual_size() {
    for k in [2, 3, 5, 7] {
        let net = net("simple-cnn", json!({ "kernel": k }), 3);
        let weights = start("operator-bank", &net, Seed::root(ROOT)).unwrap();
        let mut kinds = BTreeSet::new();
        for (name, fan_in) in [("conv1.weight", k * k), ("conv2.weight", 3 * k * k)] {
            for kernel in numbers(&net, &weights, name).chunks(k * k) {
                let square = kernel.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>();
                let variance = square / (k * k) as f64;
                assert!((variance * 3.0 * fan_in as f64 - 1.0).abs() < 1e-5, "{k}: {variance}");
                let mean = kernel.iter().sum::<f32>() / (k * k) as f32;
                let one_sign = kernel.iter().all(|v| *v > 0.0) || kernel.iter().all(|v| *v < 0.0);
                assert!(one_sign || mean.abs() < 1e-6, "only the blur answers to even areas");
                let sign = kernel.iter().find(|v| v.abs() > 1e-6).unwrap().signum();
                let scale = 1e2 * sign * (fan_in as f32).sqrt();
                kinds.insert(kernel.iter().map(|v| (v * scale).round() as i32).collect::<Vec<_>>());
            }
        }
        let most = if k == 2 { 4 } else { 7 };
        assert!((3..=most).contains(&kinds.len()), "{k}: {kinds:?}");
        let drawn = start("pytorch", &net, Seed::root(ROOT)).unwrap();
        assert_eq!(numbers(&net, &weights, "fc.weight"), numbers(&net, &drawn, "fc.weight"));
        assert_eq!(numbers(&net, &weights, "conv1.bias"), numbers(&net, &drawn, "conv1.bias"));
    }
}

#[test]
fn a_bank_acts_where_it_is_told_to_and_only_on_kernels() {
    let bank = |on: &str, net: &Net| {
        let init =
            (find(INITS, "initialiser", "operator-bank").unwrap().build)(json!({ "on": [on] }));
        init.unwrap().weights(net, Seed::root(ROOT))
    };
    let simple = net("simple-cnn", json!({}), 3);
    let drawn = start("pytorch", &simple, Seed::root(ROOT)).unwrap();
    let weights = bank("conv1.weight", &simple).unwrap();
    assert_eq!(
        numbers(&simple, &weights, "conv2.weight"),
        numbers(&simple, &drawn, "conv2.weight")
    );
    assert_ne!(
        numbers(&simple, &weights, "conv1.weight"),
        numbers(&simple, &drawn, "conv1.weight")
    );
    let refused = bank("conv3.weight", &simple).unwrap_err();
    let InitError::NoKernels { pattern, nearest } = refused else { panic!("{refused}") };
    assert_eq!((pattern.as_str(), nearest.as_deref()), ("conv3.weight", Some("conv1.weight")));
    assert!(bank("fc.weight", &simple).is_err());
    assert!(bank("*", &net("three-layer-mlp", json!({}), 3)).is_err());
    assert!(
        bank("*", &net("simple-cnn", json!({ "kernel": 1 }), 3)).is_err(),
        "no patterns of one number"
    );
}
