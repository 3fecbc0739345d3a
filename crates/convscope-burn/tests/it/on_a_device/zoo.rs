//! Nets of the zoo against the engine.

use convscope_burn::{Executor, Precision};
use convscope_core::{Seed, Shape};
use convscope_engine::{Level, Samples};
use convscope_model::Role;
use convscope_train::Compute;

use super::{assert_near, device, named, samples, start};

const BATCH: [u32; 4] = [2, 0, 3, 1];

/// Compares gradients and logits of a net, in training and by running statistics.
fn check(name: &str, input: Shape) {
    let net = named(name, input, 4);
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

#[test]
fn small_nets_agree_with_the_engine() {
    for name in [
        "simple-cnn",
        "simple-cnn-average",
        "wider-cnn",
        "deeper-cnn",
        "two-layer-mlp",
        "three-layer-mlp",
        "two-conv",
        "lenet-5",
        "lenet-300-100",
    ] {
        check(name, Shape::image(1, 28, 28));
    }
    check("three-layer-cnn", Shape::image(1, 12, 12));
}

#[test]
fn vggs_agree_with_the_engine() {
    for name in ["vgg-11", "vgg-11-bn", "vgg-svhn"] {
        check(name, Shape::image(3, 32, 32));
    }
}

#[test]
fn residual_nets_agree_with_the_engine() {
    for name in ["resnet-18", "resnet-20", "narrow-resnet-18"] {
        check(name, Shape::image(3, 32, 32));
    }
}
