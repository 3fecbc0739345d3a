//! What is kept and left alone in a step.

use convscope_burn::{Executor, Precision};
use convscope_core::{Seed, Shape};
use convscope_engine::{Level, Samples};
use convscope_train::Compute;

use super::{assert_near, device, named, nets, off_corners, samples, start};

const BATCH: [u32; 5] = [4, 0, 1, 3, 2];

#[test]
fn running_statistics_follow_as_in_the_engine() {
    for (name, net) in nets::layered().into_iter().filter(|(_, net)| !net.statistics().is_empty()) {
        let (pixels, labels) = samples(&net, 5, 1);
        let samples = Samples { pixels: &pixels, labels: &labels };
        for batch in [&BATCH[..], &BATCH[..1]] {
            let [mut found, mut expected] = [(); 2].map(|()| start(&net, 2));
            let mut gradients = vec![0.0; net.parameter_count()];
            let mut here = Executor::new(&net, &device(), Precision::Single);
            let mut engine = convscope_engine::Executor::new(&net, 5, Level::detect());
            for step in 0..2 {
                let noise = Seed::root(step);
                here.gradients(&found, samples, batch, noise, &mut gradients).unwrap();
                here.track_statistics(&mut found);
                engine.gradients(&expected, samples, batch, noise, &mut gradients);
                engine.track_statistics(&mut expected);
            }
            assert_ne!(expected, start(&net, 2), "{name} keeps statistics");
            assert_near(&found, &expected, 1e-5, name);
        }
    }
}

#[test]
fn frozen_parameters_have_no_gradients_and_the_others_keep_theirs() {
    let net = named("two-conv", Shape::image(1, 8, 8), 3);
    let (pixels, labels) = samples(&net, 5, 1);
    let samples = Samples { pixels: &pixels, labels: &labels };
    let weights = start(&net, 2);
    let gradients = |frozen: &[bool]| {
        let mut executor = Executor::new(&net, &device(), Precision::Single);
        executor.freeze(frozen);
        let mut gradients = vec![f32::NAN; net.parameter_count()];
        let noise = Seed::root(0);
        executor.gradients(&weights, samples, &BATCH, noise, &mut gradients).unwrap();
        gradients
    };
    let count = net.parameters().len();
    let free = gradients(&vec![false; count]);
    let frozen: Vec<bool> = (0..count).map(|i| i % 2 == 0).collect();
    let found = gradients(&frozen);
    for (parameter, frozen) in net.parameters().iter().zip(&frozen) {
        let (found, free) = (&found[parameter.range()], &free[parameter.range()]);
        if *frozen {
            assert!(found.iter().all(|&x| x.to_bits() == 0), "{}", parameter.name);
        } else {
            assert_near(found, free, 1e-6, &parameter.name);
        }
    }
    assert!(gradients(&vec![true; count]).iter().all(|&x| x.to_bits() == 0));
}

#[test]
fn mixed_precision_has_the_digits_of_its_numbers() {
    for name in ["lenet-5", "narrow-resnet-18"] {
        let net = named(name, Shape::image(3, 32, 32), 4);
        let (pixels, labels) = samples(&net, 5, 1);
        let samples = Samples { pixels: &pixels, labels: &labels };
        let weights = off_corners(&net, start(&net, 2));
        let of = |precision| {
            let mut executor = Executor::new(&net, &device(), precision);
            let mut gradients = vec![f32::NAN; net.parameter_count()];
            let noise = Seed::root(0);
            let score = executor.gradients(&weights, samples, &BATCH, noise, &mut gradients);
            (score.unwrap().loss_sum, gradients)
        };
        let (single, expected) = of(Precision::Single);
        let (mixed, found) = of(Precision::Mixed);
        assert!((single - mixed).abs() < 0.01 * single, "{name}: {mixed} against {single}");
        assert_ne!(single.to_bits(), mixed.to_bits(), "{name} was computed in 16 bits");
        let length =
            |values: &[f32]| values.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
        let apart: Vec<f32> = found.iter().zip(&expected).map(|(a, b)| a - b).collect();
        let off = length(&apart) / length(&expected);
        assert!(off < 0.1, "{name}: gradients off by {off} of their length");
    }
}
