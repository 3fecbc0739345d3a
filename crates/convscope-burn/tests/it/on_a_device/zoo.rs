//! Nets of the zoo against the engine.

use convscope_burn::{Executor, Precision};
use convscope_core::Seed;
use convscope_engine::{Level, Samples};
use convscope_model::{NETS, Net, Parameter, Role, Shape};
use convscope_train::Compute;
use serde_json::{Value, json};

use super::{assert_near, built, device, off_corners, samples, start};

const BATCH: [u32; 2] = [1, 0];

/// How far gradients may be apart, of the largest of their layer, and logits of the largest.
const MOST: f64 = 1e-4;

#[test]
fn small_nets_agree_with_the_engine() {
    check_all(Family::Small, Shape::image(1, 28, 28));
}

#[test]
fn vggs_agree_with_the_engine() {
    check_all(Family::Vgg, Shape::image(3, 32, 32));
}

#[test]
fn residual_nets_agree_with_the_engine() {
    check_all(Family::ResNet, Shape::image(3, 32, 32));
    // Its pooling layer overlaps and is padded.
    check("resnet-18", json!({ "stem": "imagenet" }), Shape::image(3, 64, 64));
}

/// The nets of one test.
#[derive(Clone, Copy, PartialEq)]
enum Family {
    Vgg,
    ResNet,
    Small,
}

impl Family {
    /// Every net is in one family: a new one is tested unasked.
    fn of(name: &str) -> Self {
        match name {
            _ if name.contains("vgg") => Self::Vgg,
            _ if name.contains("resnet") => Self::ResNet,
            _ => Self::Small,
        }
    }
}

fn check_all(family: Family, input: Shape) {
    for entry in NETS.iter().filter(|entry| Family::of(entry.id) == family) {
        check(entry.id, json!({}), input);
    }
}

/// Compares gradients and logits of a net, in training and by running statistics.
fn check(name: &str, settings: Value, input: Shape) {
    let net = built(name, settings, input, 4);
    let mut weights = off_corners(&net, start(&net, 2));
    // Statistics of a net that has seen something, so that evaluation differs from training.
    let mut draws = Seed::root(5).stream();
    for statistic in net.statistics() {
        for number in &mut weights[statistic.range()] {
            let drawn = draws.uniform() as f32;
            *number = if statistic.role == Role::Variance { drawn + 0.5 } else { drawn - 0.5 };
        }
    }
    let mut engine = convscope_engine::Executor::new(&net, BATCH.len(), Level::detect());
    let (pixels, labels) = smooth_samples(&net, &weights, &mut engine);
    let samples = Samples { pixels: &pixels, labels: &labels };
    let mut here = Executor::new(&net, &device(), Precision::Single);
    let [mut found, mut expected] = [(); 2].map(|()| vec![f32::NAN; net.parameter_count()]);
    let score = here.gradients(&weights, samples, &BATCH, noise(), &mut found).unwrap();
    let by_engine = engine.gradients(&weights, samples, &BATCH, noise(), &mut expected);
    let off = (score.loss_sum - by_engine.loss_sum).abs();
    assert!(off <= MOST * (1.0 + by_engine.loss_sum), "{name}: loss off by {off}");
    assert_eq!(score.correct, by_engine.correct, "{name}");
    for (layer, off) in apart(&net, &found, &expected) {
        assert!(off <= MOST, "{name}: gradients of {layer} off by {off} of the largest");
    }
    let (mut found, mut expected) = (Vec::new(), Vec::new());
    here.evaluate(&weights, samples, &mut |_, logits| found.extend_from_slice(logits)).unwrap();
    engine.evaluate(&weights, samples, |_, logits| expected.extend_from_slice(logits));
    assert_near(&found, &expected, MOST, &format!("logits of {name}"));
}

/// Draws samples at which the engine's own gradients stay when all weights and pixels move by a
/// millionth, to either side in two directions.
///
/// Where a number stands at the corner of a ReLU, or two are all but the largest of a window, a
/// rounding decides which way slopes go: there no two executors need agree.
fn smooth_samples(
    net: &Net,
    weights: &[f32],
    engine: &mut convscope_engine::Executor,
) -> (Vec<f32>, Vec<u16>) {
    let sides = [(6, 1.0), (6, -1.0), (7, 1.0), (7, -1.0)];
    let moved = sides.map(|side| (side, nudged(weights, side)));
    let mut drawn = (1..100).map(|seed| samples(net, BATCH.len(), seed));
    let smooth = |(pixels, labels): &(Vec<f32>, Vec<u16>)| {
        let mut gradients = |weights: &[f32], pixels: &[f32]| {
            let mut gradients = vec![f32::NAN; net.parameter_count()];
            let samples = Samples { pixels, labels };
            engine.gradients(weights, samples, &BATCH, noise(), &mut gradients);
            gradients
        };
        let here = gradients(weights, pixels);
        moved.iter().all(|(side, weights)| {
            let there = gradients(weights, &nudged(pixels, *side));
            apart(net, &there, &here).iter().all(|(_, off)| *off <= MOST / 2.0)
        })
    };
    drawn.find(smooth).expect("few samples stand at corners")
}

/// Moves numbers by a millionth or so, to one side or the other in a direction.
fn nudged(numbers: &[f32], (direction, side): (u64, f64)) -> Vec<f32> {
    let mut draws = Seed::root(direction).stream();
    let moved = |&number: &f32| f64::from(number) * (1.0 + side * 1e-6 * draws.normal());
    numbers.iter().map(moved).map(|number| number as f32).collect()
}

fn noise() -> Seed {
    Seed::root(9)
}

/// Returns how far gradients are apart, relative to the largest of each layer.
fn apart<'n>(net: &'n Net, found: &[f32], expected: &[f32]) -> Vec<(&'n str, f64)> {
    let of_layer = |tensors: &'n [Parameter]| {
        let range = tensors[0].range().start..tensors[tensors.len() - 1].range().end;
        let (found, expected) = (&found[range.clone()], &expected[range]);
        let largest = |values: &mut dyn Iterator<Item = f32>| values.fold(0.0, f32::max);
        let off = largest(&mut found.iter().zip(expected).map(|(a, b)| (a - b).abs()));
        let scale = largest(&mut expected.iter().map(|x| x.abs()));
        assert!(scale > 0.0 && found.iter().all(|x| x.is_finite()), "{}", tensors[0].name);
        (net.layers()[tensors[0].layer].name.as_str(), f64::from(off / scale))
    };
    net.parameters().chunk_by(|one, other| one.layer == other.layer).map(of_layer).collect()
}
