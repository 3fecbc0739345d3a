//! Nets that others know, on numbers that PyTorch made in 64 bits: `golden/zoo.json`.

use std::path::Path;

use convscope_core::Seed;
use convscope_core::registry::find;
use convscope_engine::{Executor, Level, Samples};
use convscope_model::{NETS, Net, Parameter, Role, Shape};
use serde_json::{Value, json};

/// Of the largest number of a tensor; the largest error seen is a seventh of it.
const TOLERANCE: f64 = 1e-4;

#[test]
fn lenet_5_is_pytorchs() {
    compare("lenet-5", Shape::image(1, 28, 28), true);
    compare("lenet-5", Shape::image(1, 28, 28), false);
}

#[test]
fn vgg_11_with_batch_norm_is_pytorchs() {
    compare("vgg-11-bn", Shape::image(3, 32, 32), false);
}

#[test]
fn resnet_18_is_pytorchs() {
    compare("resnet-18", Shape::image(3, 16, 16), false);
}

fn compare(name: &str, input: Shape, by_layers: bool) {
    let golden = golden();
    let case = &golden["nets"][name];
    let architecture = find(NETS, "net", name).expect("the net is in the family");
    let net = (architecture.build)(json!({})).expect("it has usual settings");
    let net = net.net(input, 10).expect("the net fits its images");
    let images = golden["images"].as_u64().expect("a count");
    let first = case["first_image"].as_u64().expect("a count");
    let mut weights = weights(&net);
    let pixels: Vec<f32> = (0..images)
        .flat_map(|image| (0..input.len() as u64).map(move |i| number(first + image, i) as f32))
        .collect();
    let labels: Vec<u16> = (0..images as u16).collect();
    let samples = Samples { pixels: &pixels, labels: &labels };
    let level = Level::detect();
    let mut executor = if by_layers {
        Executor::layer_by_layer(&net, 8, level)
    } else {
        Executor::new(&net, 8, level)
    };
    executor.use_threads(2);

    executor.evaluate(&weights, samples, |image, logits| {
        let expected = numbers(&case["evaluated"][image]);
        near(logits, &expected, largest(&expected), &format!("{name}, image {image}"));
    });

    let mut gradients = vec![0.0; net.parameter_count()];
    let order: Vec<u32> = (0..images as u32).collect();
    let score = executor.gradients(&weights, samples, &order, Seed::root(1), &mut gradients);
    let loss = case["loss"].as_f64().expect("a number");
    assert!((score.loss_sum / images as f64 - loss).abs() < TOLERANCE * loss, "{name}: loss");
    for tensor in net.parameters() {
        // Some gradients are 0 but for rounding, such as those of biases in front of batch norms: their
        // errors are those of their layer.
        let of_layer = net.parameters().iter().filter(|other| other.layer == tensor.layer);
        let of_layer = of_layer.map(|other| case["gradients"][&other.name]["largest"].as_f64());
        let largest = of_layer.flatten().fold(0.0, f64::max);
        check(&gradients[tensor.range()], &case["gradients"][&tensor.name], largest, tensor);
    }
    executor.track_statistics(&mut weights);
    for tensor in net.statistics() {
        check(&weights[tensor.range()], &case["statistics"][&tensor.name], 0.0, tensor);
    }
}

/// Compares a tensor with its summary, relative to its largest number or that of its layer.
fn check(found: &[f32], expected: &Value, of_layer: f64, tensor: &Parameter) {
    let largest = expected["largest"].as_f64().expect("a number").max(of_layer);
    let stride = expected["stride"].as_u64().expect("a count") as usize;
    let sample: Vec<f32> = found.iter().copied().step_by(stride).collect();
    near(&sample, &numbers(&expected["sample"]), largest, &tensor.name);
    let squares: f64 = found.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    let wanted = expected["squares"].as_f64().expect("a number");
    let scale = wanted.max(of_layer * of_layer);
    assert!((squares - wanted).abs() <= TOLERANCE * scale, "{}: squares", tensor.name);
}

fn near(found: &[f32], expected: &[f64], scale: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let off = (f64::from(found) - expected).abs();
        assert!(off <= TOLERANCE * scale, "{what}, number {i}: {found} against {expected}");
    }
}

fn weights(net: &Net) -> Vec<f32> {
    let statistic = |tensor: &Parameter, role: Role| {
        net.statistics()
            .iter()
            .filter(|t| t.role == role)
            .position(|t| t.name == tensor.name)
            .expect("it is among them")
    };
    let mut weights = Vec::with_capacity(net.number_count());
    for (seed, tensor) in net.tensors().enumerate() {
        let value = |i: u64| match tensor.role {
            Role::Weight => number(seed as u64, i) * (6.0 / tensor.fan_in as f64).sqrt(),
            Role::Bias => number(seed as u64, i) * 0.1,
            Role::Scale => 1.0 + number(seed as u64, i) / 4.0,
            Role::Shift => number(seed as u64, i) / 8.0,
            Role::Mean => number(1000 + statistic(tensor, Role::Mean) as u64, i) / 8.0,
            Role::Variance => {
                1.0 + number(2000 + statistic(tensor, Role::Variance) as u64, i) / 2.0
            }
        };
        weights.extend((0..tensor.len() as u64).map(|i| value(i) as f32));
    }
    weights
}

/// Returns the formula's number.
fn number(seed: u64, i: u64) -> f64 {
    let mut u = (i as u32).wrapping_mul(2_654_435_761);
    u = u.wrapping_add((seed as u32).wrapping_mul(2_246_822_519));
    u ^= u >> 15;
    u = u.wrapping_mul(3_266_489_917);
    u ^= u >> 13;
    (f64::from(u >> 20) - 2048.0) / 2048.0
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number")).collect()
}

fn largest(numbers: &[f64]) -> f64 {
    numbers.iter().fold(0.0, |largest, x| largest.max(x.abs()))
}

fn golden() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden/zoo.json");
    let text = std::fs::read_to_string(path).expect("the golden numbers are there");
    serde_json::from_str(&text).expect("the golden numbers can be read")
}
