//! Every layer against its definition in 64 bits.

use convscope_burn::{Executor, Precision};
use convscope_core::Seed;
use convscope_engine::{Samples, reference};
use convscope_model::Net;
use convscope_train::Compute;

use super::{assert_near, device, nets};

const COUNT: usize = 6;
/// Samples in another order, some of them twice.
const BATCH: [u32; 7] = [5, 0, 3, 3, 1, 0, 4];

/// A net with numbers and samples, in 32 and 64 bits.
struct Trial {
    name: &'static str,
    net: Net,
    weights: Vec<f32>,
    pixels: Vec<f32>,
    labels: Vec<u16>,
}

impl Trial {
    fn all() -> impl Iterator<Item = Self> {
        nets::zoo().into_iter().chain(nets::layered()).map(|(name, net)| {
            let mut weights = nets::normal(name, net.number_count(), 0.4);
            nets::positive_variances(&net, &mut weights);
            let pixels = nets::normal("pixels", COUNT * net.input().len(), 1.0);
            let narrow = |values: Vec<f64>| values.into_iter().map(|x| x as f32).collect();
            let classes = net.output().len();
            let labels = (0..COUNT).map(|i| (i * 5 % classes) as u16).collect();
            Self { name, net, weights: narrow(weights), pixels: narrow(pixels), labels }
        })
    }

    fn samples(&self) -> Samples<'_> {
        Samples { pixels: &self.pixels, labels: &self.labels }
    }

    /// Returns loss and gradients of the batch by definition.
    fn expected(&self, noise: Seed, smoothing: f64) -> (f64, Vec<f32>) {
        let size = self.net.input().len();
        let of = |i: &u32| wide(&self.pixels[*i as usize * size..][..size]);
        let pixels: Vec<f64> = BATCH.iter().flat_map(of).collect();
        let labels: Vec<u16> = BATCH.iter().map(|&i| self.labels[i as usize]).collect();
        let lesson = reference::Lesson { pixels: &pixels, labels: &labels, smoothing, noise };
        let (loss, gradients) = reference::gradients(&self.net, &wide(&self.weights), lesson);
        (loss, gradients.into_iter().map(|x| x as f32).collect())
    }
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&x| x.into()).collect()
}

#[test]
fn every_layer_has_the_gradients_of_its_definition() {
    let noise = Seed::root(3);
    for trial in Trial::all() {
        for smoothing in [0.0, 0.2] {
            let mut executor = Executor::new(&trial.net, &device(), Precision::Single);
            executor.smooth_labels(smoothing as f32);
            let mut gradients = vec![f32::NAN; trial.net.parameter_count()];
            let score = executor
                .gradients(&trial.weights, trial.samples(), &BATCH, noise, &mut gradients)
                .unwrap();
            let (loss, expected) = trial.expected(noise, smoothing);
            let off = (score.loss_sum / BATCH.len() as f64 - loss).abs();
            assert!(off <= 1e-5 * (1.0 + loss), "{}: loss off by {off}", trial.name);
            assert_near(&gradients, &expected, 1e-4, trial.name);
        }
    }
}

#[test]
fn every_layer_leaves_the_values_of_its_definition() {
    for trial in Trial::all() {
        let executor = Executor::new(&trial.net, &device(), Precision::Single);
        let (size, weights) = (trial.net.input().len(), wide(&trial.weights));
        for layer in 0..trial.net.layers().len() {
            let mut seen = 0;
            let visit = |sample: usize, values: &[f32]| {
                let pixels = wide(&trial.pixels[sample * size..][..size]);
                let expected = reference::outputs(&trial.net, &weights, &pixels).swap_remove(layer);
                let expected: Vec<f32> = expected.into_iter().map(|x| x as f32).collect();
                assert_near(values, &expected, 1e-4, &format!("{}, layer {layer}", trial.name));
                assert_eq!(sample, seen);
                seen += 1;
            };
            executor.capture(&trial.weights, trial.samples(), layer, visit).unwrap();
            assert_eq!(seen, COUNT);
        }
    }
}
