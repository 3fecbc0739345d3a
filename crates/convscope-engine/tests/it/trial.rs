//! A net with weights and samples to try it on.

use convscope_core::Seed;
use convscope_engine::reference::Lesson;
use convscope_engine::{BatchScore, Executor, Level, Samples, reference};
use convscope_model::Net;

use crate::nets::{layered, normal, positive_variances, zoo};

/// Enough samples for three blocks, the last of one sample.
pub(crate) const SAMPLES: usize = 33;

/// Returns every net, those that can be computed in two ways once for each.
pub(crate) fn trials() -> Vec<Trial> {
    let by_blocks = zoo().into_iter().map(|(name, net)| Trial::new(name, net));
    let by_layers = zoo().into_iter().chain(layered()).map(|(name, net)| {
        let name = format!("{name}, by layers");
        Trial { by_layers: true, ..Trial::new(&name, net) }
    });
    by_blocks.chain(by_layers).collect()
}

/// What an executor is given.
pub(crate) struct Trial {
    pub(crate) name: String,
    pub(crate) net: Net,
    /// Whether it is computed layer by layer though it need not be.
    by_layers: bool,
    pub(crate) weights: Vec<f32>,
    pub(crate) pixels: Vec<f32>,
    pub(crate) labels: Vec<u16>,
}

impl Trial {
    /// Draws weights of the spread that keeps values alive, and samples.
    pub(crate) fn new(name: &str, net: Net) -> Self {
        let narrow = |numbers: Vec<f64>| numbers.into_iter().map(|x| x as f32).collect();
        let weights = net.tensors().flat_map(|parameter| {
            let spread = (2.0 / parameter.fan_in as f64).sqrt();
            normal(&format!("{name} {}", parameter.name), parameter.len(), spread)
        });
        let mut weights: Vec<f64> = weights.collect();
        positive_variances(&net, &mut weights);
        let weights = narrow(weights);
        let pixels = narrow(normal("pixels", SAMPLES * net.input().len(), 1.0));
        let classes = net.output().len();
        let labels = (0..SAMPLES).map(|i| (i * i % classes) as u16).collect();
        Self { name: name.to_owned(), net, by_layers: false, weights, pixels, labels }
    }

    /// Plans the computation in the trial's way.
    pub(crate) fn plan(&self, batch: usize, level: Level) -> Executor {
        if self.by_layers {
            Executor::layer_by_layer(&self.net, batch, level)
        } else {
            let executor = Executor::new(&self.net, batch, level);
            assert!(!executor.is_by_layers(), "{}", self.name);
            executor
        }
    }

    /// Returns the samples.
    pub(crate) fn samples(&self) -> Samples<'_> {
        Samples { pixels: &self.pixels, labels: &self.labels }
    }

    /// Returns the mean loss and its gradients, by definition and in double precision.
    pub(crate) fn expected(&self, batch: &[u32]) -> (f64, Vec<f64>) {
        let size = self.net.input().len();
        let wide = |numbers: &[f32]| numbers.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        let pixels: Vec<f64> =
            batch.iter().flat_map(|&i| wide(&self.pixels[i as usize * size..][..size])).collect();
        let labels: Vec<u16> = batch.iter().map(|&i| self.labels[i as usize]).collect();
        let lesson =
            Lesson { pixels: &pixels, labels: &labels, smoothing: 0.0, noise: Seed::root(5) };
        reference::gradients(&self.net, &wide(&self.weights), lesson)
    }

    /// Computes the gradients of a batch, into a buffer of something else.
    pub(crate) fn gradients(
        &self,
        executor: &mut Executor,
        batch: &[u32],
    ) -> (Vec<f32>, BatchScore) {
        let mut gradients = vec![f32::NAN; self.net.parameter_count()];
        let (samples, noise) = (self.samples(), Seed::root(5));
        let score = executor.gradients(&self.weights, samples, batch, noise, &mut gradients);
        (gradients, score)
    }

    /// Returns the bits of every sample's logits.
    pub(crate) fn logits(&self, executor: &mut Executor) -> Vec<Vec<u32>> {
        let mut all = Vec::new();
        executor.evaluate(&self.weights, self.samples(), |_, logits| all.push(bits(logits)));
        all
    }
}

/// Returns the bits of numbers, which compare where numbers may not.
pub(crate) fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|x| x.to_bits()).collect()
}
