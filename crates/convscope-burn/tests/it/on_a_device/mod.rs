//! Results, beside those of the engine.

mod layers;
#[allow(
    dead_code,
    clippy::too_many_lines,
    reason = "it is the engine's, whose tests use all of it"
)]
#[path = "../../../../convscope-engine/tests/it/nets.rs"]
mod nets;
mod one_model;
mod populations;
mod trainings;
mod zoo;

use burn_tensor::Device;
use convscope_core::Seed;
use convscope_core::registry::find;
use convscope_model::{INITS, NETS, Net, Role, Shape};
use serde_json::{Value, json};

/// Returns the name of the device that is tested.
#[expect(clippy::disallowed_methods, reason = "whoever runs the tests names the device")]
fn device_name() -> String {
    std::env::var("CONVSCOPE_TEST_DEVICE").unwrap_or_else(|_| "flex".to_owned())
}

/// Returns the device that is tested.
fn device() -> Device {
    convscope_burn::device(&device_name()).expect("the tests need a device")
}

/// Builds a net of the family with its usual settings.
fn named(name: &str, input: Shape, classes: usize) -> Net {
    built(name, json!({}), input, classes)
}

/// Builds a net of the family with some settings.
fn built(name: &str, settings: Value, input: Shape, classes: usize) -> Net {
    let entry = find(NETS, "net", name).expect("the net is in the family");
    let architecture = (entry.build)(settings).expect("the settings are the net's");
    architecture.net(input, classes).expect("the net fits")
}

/// Draws a model's first numbers.
fn start(net: &Net, seed: u64) -> Vec<f32> {
    let entry = find(INITS, "initialiser", "pytorch").expect("the initialiser is in the family");
    let init = (entry.build)(json!({})).expect("it has no settings");
    init.weights(net, Seed::root(seed)).expect("every net can start so")
}

/// Shifts what batch norms leave, so that few numbers stand near the corner of a ReLU, where a
/// rounding decides the slope.
fn off_corners(net: &Net, mut weights: Vec<f32>) -> Vec<f32> {
    for parameter in net.parameters().iter().filter(|tensor| tensor.role == Role::Shift) {
        weights[parameter.range()].fill(2.0);
    }
    weights
}

/// Draws samples, and labels that go round.
fn samples(net: &Net, count: usize, seed: u64) -> (Vec<f32>, Vec<u16>) {
    let mut draws = Seed::root(seed).stream();
    let pixels = (0..count * net.input().len()).map(|_| draws.normal() as f32).collect();
    let classes = net.output().len();
    (pixels, (0..count).map(|i| (i % classes) as u16).collect())
}

/// Compares numbers relative to the largest.
fn assert_near(found: &[f32], expected: &[f32], most: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1e-3, |scale: f64, &x| scale.max(f64::from(x).abs()));
    for (i, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let off = (f64::from(found) - f64::from(expected)).abs();
        assert!(off <= most * scale, "{what}, number {i}: {found} against {expected} of {scale}");
    }
}
