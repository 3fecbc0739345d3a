//! The computation of one net, planned once.

use convscope_model::Net;

use crate::{Level, reference};

/// Samples and their classes, as a data set holds them.
#[derive(Debug, Clone, Copy)]
pub struct Samples<'a> {
    /// The values of all samples, one sample after another; channel, row, column within one.
    pub pixels: &'a [f32],
    /// The class of each sample.
    pub labels: &'a [u16],
}

/// What a batch scored before the step that it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BatchScore {
    /// The sum of the samples' cross-entropies.
    pub loss_sum: f64,
    /// How many samples had their largest logit at their label; of equal logits the first counts.
    pub correct: usize,
}

/// Computes a net: its outputs, its score and its gradients.
#[derive(Debug, Clone)]
pub struct Executor {
    net: Net,
    batch: usize,
    frozen: Vec<bool>,
}

impl Executor {
    /// Plans the computation of `net` for batches of at most `batch` samples.
    ///
    /// # Panics
    /// When `batch` is 0 or the machine has not the level's instructions.
    pub fn new(net: &Net, batch: usize, level: Level) -> Self {
        assert!(batch > 0, "a batch has at least one sample");
        assert!(level.is_available(), "this machine has no {level} instructions");
        Self { net: net.clone(), batch, frozen: vec![false; net.parameters().len()] }
    }

    /// States which parameters do not change, one flag for each of [`Net::parameters`].
    ///
    /// Their gradients are 0 and are not computed, nor is anything that only they would need.
    ///
    /// # Panics
    /// When there is not one flag for each parameter.
    pub fn freeze(&mut self, frozen: &[bool]) {
        assert_eq!(frozen.len(), self.net.parameters().len(), "one flag for each parameter");
        self.frozen.copy_from_slice(frozen);
    }

    /// Computes the gradient of the mean cross-entropy over a batch by each weight.
    ///
    /// # Panics
    /// When the batch is empty or larger than planned, names a sample that does not exist, a label
    /// has no logit, or a length does not fit the net.
    pub fn gradients(
        &mut self,
        weights: &[f32],
        samples: Samples<'_>,
        batch: &[u32],
        gradients: &mut [f32],
    ) -> BatchScore {
        assert!((1..=self.batch).contains(&batch.len()), "a batch of 1 to {}", self.batch);
        let size = self.net.input().len();
        let mut pixels = Vec::new();
        let mut labels = Vec::new();
        for &index in batch {
            pixels.extend_from_slice(&samples.pixels[index as usize * size..][..size]);
            labels.push(samples.labels[index as usize]);
        }
        let (_, computed) = reference::gradients(&self.net, weights, &pixels, &labels);
        gradients.copy_from_slice(&computed);
        for (parameter, &frozen) in self.net.parameters().iter().zip(&self.frozen) {
            if frozen {
                gradients[parameter.range()].fill(0.0);
            }
        }
        let mut score = BatchScore::default();
        for (sample, &label) in pixels.chunks_exact(size).zip(&labels) {
            let logits = reference::logits(&self.net, weights, sample);
            score.loss_sum += f64::from(reference::cross_entropy(&logits, label).0);
            let best = logits
                .iter()
                .enumerate()
                .fold(0, |best, (i, &logit)| if logit > logits[best] { i } else { best });
            score.correct += usize::from(best == usize::from(label));
        }
        score
    }

    /// Shows the logits of every sample, in order.
    ///
    /// # Panics
    /// When a length does not fit the net.
    pub fn evaluate(
        &mut self,
        weights: &[f32],
        samples: Samples<'_>,
        visit: impl FnMut(usize, &[f32]),
    ) {
        self.capture(weights, samples, self.net.layers().len() - 1, visit);
    }

    /// Shows what a layer leaves of every sample, in order.
    ///
    /// # Panics
    /// When there is no such layer or a length does not fit the net.
    pub fn capture(
        &mut self,
        weights: &[f32],
        samples: Samples<'_>,
        layer: usize,
        mut visit: impl FnMut(usize, &[f32]),
    ) {
        for (index, sample) in samples.pixels.chunks_exact(self.net.input().len()).enumerate() {
            visit(index, &reference::outputs(&self.net, weights, sample)[layer]);
        }
    }
}
