//! Nets of the zoo against the engine.

use convscope_burn::{Executor, Precision};
use convscope_core::Seed;
use convscope_engine::{Level, Samples};
use convscope_model::{NETS, Role, Shape};
use convscope_train::Compute;
use serde_json::{Value, json};

use super::{assert_near, built, device, samples, start};

const BATCH: [u32; 4] = [2, 0, 3, 1];

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
#[derive(PartialEq)]
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
    let (pixels, labels) = samples(&net, BATCH.len(), 1);
    let samples = Samples { pixels: &pixels, labels: &labels };
    let mut weights = start(&net, 2);
    // Statistics of a net that has seen something, so that evaluation differs from training.
    let mut draws = Seed::root(5).stream();
    for statistic in net.statistics() {
        for number in &mut weights[statistic.range()] {
            let drawn = draws.uniform() as f32;
            *number = if statistic.role == Role::Variance { drawn + 0.5 } else { drawn - 0.5 };
        }
    }
    let mut here = Executor::new(&net, &device(), Precision::Single);
    let mut engine = convscope_engine::Executor::new(&net, BATCH.len(), Level::detect());
    let [mut found, mut expected] = [(); 2].map(|()| vec![f32::NAN; net.parameter_count()]);
    let noise = Seed::root(9);
    let score = here.gradients(&weights, samples, &BATCH, noise, &mut found).unwrap();
    let by_engine = engine.gradients(&weights, samples, &BATCH, noise, &mut expected);
    let off = (score.loss_sum - by_engine.loss_sum).abs();
    assert!(off <= 1e-4 * (1.0 + by_engine.loss_sum), "{name}: loss off by {off}");
    assert_eq!(score.correct, by_engine.correct, "{name}");
    assert_near(&found, &expected, 1e-4, &format!("gradients of {name}"));
    let (mut found, mut expected) = (Vec::new(), Vec::new());
    here.evaluate(&weights, samples, &mut |_, logits| found.extend_from_slice(logits)).unwrap();
    engine.evaluate(&weights, samples, |_, logits| expected.extend_from_slice(logits));
    assert_near(&found, &expected, 1e-4, &format!("logits of {name}"));
}
