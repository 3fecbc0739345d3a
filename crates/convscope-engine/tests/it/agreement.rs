//! Every level against the plain path.

use convscope_engine::{Level, reference};

use crate::nets::simple_cnn;
use crate::trial::{SAMPLES, Trial, bits, trials};

fn assert_near(found: &[f32], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1e-3, |scale: f64, x| scale.max(x.abs()));
    for (i, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let off = (f64::from(found) - expected).abs();
        assert!(off <= 2e-5 * scale, "{what}, number {i}: {found} against {expected}");
    }
}

#[test]
fn every_level_computes_the_gradients_of_the_definition() {
    for trial in trials() {
        let name = &trial.name;
        for level in Level::available() {
            for count in [1, 10, 16, 17, 33] {
                let mut executor = trial.plan(SAMPLES, level);
                // Samples in another order, some of them twice.
                let batch: Vec<u32> = (0..count).map(|i| i * 7 % 31).collect();
                let (gradients, score) = trial.gradients(&mut executor, &batch);
                let (loss, expected) = trial.expected(&batch);
                let what = format!("{name} on {level}, batch of {count}");
                let off = (score.loss_sum / f64::from(count) - loss).abs();
                assert!(off <= 1e-5 * (1.0 + loss), "{what}: loss off by {off}");
                assert_near(&gradients, &expected, &what);
            }
        }
    }
}

#[test]
fn every_level_leaves_the_outputs_of_the_definition() {
    for trial in trials() {
        let name = &trial.name;
        let wide = |numbers: &[f32]| numbers.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        let weights = wide(&trial.weights);
        for level in Level::available() {
            let mut executor = trial.plan(20, level);
            for layer in 0..trial.net.layers().len() {
                let mut seen = 0;
                executor.capture(&trial.weights, trial.samples(), layer, |sample, values| {
                    let size = trial.net.input().len();
                    let pixels = wide(&trial.pixels[sample * size..][..size]);
                    let expected = &reference::outputs(&trial.net, &weights, &pixels)[layer];
                    assert_near(values, expected, &format!("{name} on {level}, layer {layer}"));
                    assert_eq!(sample, seen);
                    seen += 1;
                });
                assert_eq!(seen, SAMPLES);
            }
        }
    }
}

#[test]
fn every_level_computes_the_same_bits() {
    for trial in trials().into_iter().chain([Trial::new("simple-cnn", simple_cnn())]) {
        let name = &trial.name;
        let batch: Vec<u32> = (0..25).collect();
        let found = |level| {
            let mut executor = trial.plan(SAMPLES, level);
            let (gradients, score) = trial.gradients(&mut executor, &batch);
            (bits(&gradients), score.loss_sum.to_bits(), trial.logits(&mut executor))
        };
        let expected = found(Level::Plain);
        for level in Level::available() {
            assert!(found(level) == expected, "{name} on {level} differs from plain");
        }
    }
}
