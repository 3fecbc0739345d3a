//! Every level against the plain path.

use convscope_engine::{Executor, Level, Samples, reference};
use convscope_model::Net;

use crate::nets::{normal, simple_cnn, zoo};

/// Enough samples for three blocks, the last of one sample.
const SAMPLES: usize = 33;

struct Trial {
    net: Net,
    weights: Vec<f32>,
    pixels: Vec<f32>,
    labels: Vec<u16>,
}

impl Trial {
    fn new(name: &str, net: Net) -> Self {
        let narrow = |numbers: Vec<f64>| numbers.into_iter().map(|x| x as f32).collect();
        let weights = net.parameters().iter().flat_map(|parameter| {
            let spread = (2.0 / parameter.fan_in as f64).sqrt();
            normal(&format!("{name} {}", parameter.name), parameter.len(), spread)
        });
        let weights = narrow(weights.collect());
        let pixels = narrow(normal("pixels", SAMPLES * net.input().len(), 1.0));
        let classes = net.output().len();
        let labels = (0..SAMPLES).map(|i| (i * i % classes) as u16).collect();
        Self { net, weights, pixels, labels }
    }

    fn samples(&self) -> Samples<'_> {
        Samples { pixels: &self.pixels, labels: &self.labels }
    }

    /// Returns the mean loss and its gradients, by definition and in double precision.
    fn expected(&self, batch: &[u32]) -> (f64, Vec<f64>) {
        let size = self.net.input().len();
        let wide = |numbers: &[f32]| numbers.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        let pixels: Vec<f64> =
            batch.iter().flat_map(|&i| wide(&self.pixels[i as usize * size..][..size])).collect();
        let labels: Vec<u16> = batch.iter().map(|&i| self.labels[i as usize]).collect();
        reference::gradients(&self.net, &wide(&self.weights), &pixels, &labels)
    }
}

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
    for (name, net) in zoo() {
        let trial = Trial::new(name, net);
        for level in Level::available() {
            for count in [1, 10, 16, 17, 33] {
                let mut executor = Executor::new(&trial.net, SAMPLES, level);
                // Samples in another order, some of them twice.
                let batch: Vec<u32> = (0..count).map(|i| i * 7 % 31).collect();
                let mut gradients = vec![f32::NAN; trial.weights.len()];
                let score =
                    executor.gradients(&trial.weights, trial.samples(), &batch, &mut gradients);
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
    for (name, net) in zoo() {
        let trial = Trial::new(name, net);
        let wide = |numbers: &[f32]| numbers.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        let weights = wide(&trial.weights);
        for level in Level::available() {
            let mut executor = Executor::new(&trial.net, 20, level);
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
    let cases = zoo().into_iter().chain([("simple-cnn", simple_cnn())]);
    for (name, net) in cases {
        let trial = Trial::new(name, net);
        let bits = |level| {
            let mut executor = Executor::new(&trial.net, SAMPLES, level);
            let batch: Vec<u32> = (0..25).collect();
            let mut gradients = vec![0.0; trial.weights.len()];
            let score = executor.gradients(&trial.weights, trial.samples(), &batch, &mut gradients);
            let mut bits: Vec<u32> = gradients.iter().map(|x| x.to_bits()).collect();
            executor.evaluate(&trial.weights, trial.samples(), |_, logits| {
                bits.extend(logits.iter().map(|x| x.to_bits()));
            });
            (bits, score.loss_sum.to_bits())
        };
        let expected = bits(Level::Plain);
        for level in Level::available() {
            assert!(bits(level) == expected, "{name} on {level} differs from plain");
        }
    }
}
