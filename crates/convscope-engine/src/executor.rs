//! The computation of one net, planned once.

use convscope_model::Net;

use crate::Level;
use crate::passes::{Forward, Gradients};
use crate::plan::plan;
use crate::simd::{EachLevel, Simd, floats, run_at};
use crate::steps::{BatchScore, Gather, Pass, Step};

/// Samples and their classes, as a data set holds them.
#[derive(Debug, Clone, Copy)]
pub struct Samples<'a> {
    /// The values of all samples, one sample after another; channel, row, column within one.
    pub pixels: &'a [f32],
    /// The class of each sample.
    pub labels: &'a [u16],
}

/// The computation of one net: its outputs, its scores and its gradients.
///
/// Holds buffers and no weights: it may serve many models of one net, one after another.
///
/// # Panics
/// Every method panics when it is given what does not fit the net, with a message that starts with
/// `caller's bug`: a mistake in the program, not in what a user wrote.
#[derive(Debug, Clone)]
pub struct Executor {
    net: Net,
    batch: usize,
    level: Level,
    frozen: Vec<bool>,
    steps: Vec<Step>,
    order: Vec<usize>,
}

impl Executor {
    /// Plans the computation of `net` for batches of at most `batch` samples.
    ///
    /// # Cost
    /// Time falls with the batch up to 16 samples, as many as stand in one block: a convolution
    /// costs as much for one sample as for 16. Memory grows with every 16.
    ///
    /// # Panics
    /// When `batch` is 0 or the machine has not the level's instructions.
    pub fn new(net: &Net, batch: usize, level: Level) -> Self {
        assert!(batch > 0, "caller's bug: a batch has at least one sample");
        let frozen = vec![false; net.parameters().len()];
        let steps = run_at(level, Planning { net, batch, frozen: &frozen });
        Self { net: net.clone(), batch, level, frozen, steps, order: Vec::with_capacity(batch) }
    }

    /// States which parameters do not change, one flag for each of [`Net::parameters`].
    ///
    /// Their gradients are 0 and are not computed, nor is anything that only they would need: all
    /// slopes below the lowest parameter that changes. The gradients of the others stay the same
    /// bits.
    ///
    /// # Panics
    /// When there is not one flag for each parameter.
    pub fn freeze(&mut self, frozen: &[bool]) {
        let wanted = self.net.parameters().len();
        assert_eq!(frozen.len(), wanted, "caller's bug: one flag for each parameter");
        self.frozen.copy_from_slice(frozen);
        self.steps = run_at(self.level, Planning { net: &self.net, batch: self.batch, frozen });
    }

    /// Computes the gradient of the mean cross-entropy over a batch by each weight.
    ///
    /// ```text
    /// loss of a sample = ln Σ exp(logit) − logit[label]
    /// ```
    ///
    /// A weight that is not finite, or grows beyond what a number can hold, makes the loss so too:
    /// look at [`BatchScore::loss_sum`] to see that a training has diverged.
    ///
    /// # Shapes
    /// `weights` and `gradients` are in the order of [`Net::parameters`]; `batch` holds the numbers
    /// of samples, 1 to as many as were planned for, in any order and with repeats.
    ///
    /// # Panics
    /// When the batch is empty or larger than planned, names a sample that does not exist, a label
    /// has no logit, or a length does not fit the net.
    ///
    /// # Cost
    /// About three times that of the outputs alone; takes no memory.
    pub fn gradients(
        &mut self,
        weights: &[f32],
        samples: Samples<'_>,
        batch: &[u32],
        gradients: &mut [f32],
    ) -> BatchScore {
        self.check(weights, samples.pixels);
        assert_eq!(gradients.len(), weights.len(), "caller's bug: one gradient for each weight");
        let most = self.batch;
        assert!(
            (1..=most).contains(&batch.len()),
            "caller's bug: batches were to have 1 to {most} samples"
        );
        let count = samples.pixels.len() / self.net.input().len();
        assert!(samples.labels.len() >= count, "caller's bug: one label for each sample");
        for &sample in batch {
            assert!((sample as usize) < count, "caller's bug: sample {sample} of {count}");
        }
        for (parameter, _) in self.net.parameters().iter().zip(&self.frozen).filter(|(_, f)| **f) {
            gradients[parameter.range()].fill(0.0);
        }
        self.order.clear();
        self.order.extend(batch.iter().map(|&sample| sample as usize));
        let gather = Gather { pixels: samples.pixels, order: &self.order };
        let (steps, pass) = (&mut self.steps[..], Pass { weights, gather });
        let labels = samples.labels;
        run_at(self.level, Gradients { steps, pass, labels, slopes: gradients })
    }

    /// Shows the logits of every sample, in order; labels are not looked at.
    ///
    /// A sample's logits are the same bits whatever the batch that was planned for; whole blocks of
    /// 16 take the least time. Takes no memory.
    ///
    /// # Panics
    /// When a length does not fit the net.
    pub fn evaluate(
        &mut self,
        weights: &[f32],
        samples: Samples<'_>,
        mut visit: impl FnMut(usize, &[f32]),
    ) {
        self.check(weights, samples.pixels);
        let count = samples.pixels.len() / self.net.input().len();
        for first in (0..count).step_by(self.batch) {
            self.order.clear();
            self.order.extend(first..(first + self.batch).min(count));
            let gather = Gather { pixels: samples.pixels, order: &self.order };
            let pass = Pass { weights, gather };
            run_at(self.level, Forward { steps: &mut self.steps, pass, prepare: first == 0 });
            let Some(last) = self.steps.last() else { return };
            for (place, row) in last.output.values.chunks_exact(last.output.step).enumerate() {
                if place < self.order.len() {
                    visit(first + place, &floats(row)[..last.output.features()]);
                }
            }
        }
    }

    /// Shows what a layer leaves of every sample, in order.
    ///
    /// The values are in order channel, row, column. Plans the layers up to this one anew on every
    /// call, and computes nothing above it.
    ///
    /// ```
    /// use convscope_engine::{Executor, Level, Samples};
    /// use convscope_model::{Layer, Net, Op, Shape};
    ///
    /// let layers = vec![Layer::new("relu", Op::Relu), Layer::new("mean", Op::GlobalAveragePool)];
    /// let net = Net::new(Shape::image(1, 1, 3), layers)?;
    /// let samples = Samples { pixels: &[-1.0, 0.5, 2.0], labels: &[] };
    /// let mut executor = Executor::new(&net, 1, Level::detect());
    /// executor.capture(&[], samples, 0, |_, values| assert_eq!(values, [0.0, 0.5, 2.0]));
    /// # Ok::<(), convscope_model::NetError>(())
    /// ```
    ///
    /// # Panics
    /// When there is no such layer or a length does not fit the net.
    pub fn capture(
        &mut self,
        weights: &[f32],
        samples: Samples<'_>,
        layer: usize,
        visit: impl FnMut(usize, &[f32]),
    ) {
        self.check(weights, samples.pixels);
        let layers = self.net.layers();
        assert!(layer < layers.len(), "caller's bug: layer {layer} of {}", layers.len());
        let net = Net::new(self.net.input(), layers[..=layer].to_vec())
            .expect("the first layers of a net are a net");
        let weights = &weights[..net.number_count()];
        Self::new(&net, self.batch, self.level).evaluate(weights, samples, visit);
    }

    fn check(&self, weights: &[f32], pixels: &[f32]) {
        let count = self.net.number_count();
        assert_eq!(weights.len(), count, "caller's bug: one number for each weight of the net");
        let whole = pixels.len().is_multiple_of(self.net.input().len());
        assert!(whole, "caller's bug: samples of {} values, all whole", self.net.input());
    }
}

struct Planning<'a> {
    net: &'a Net,
    batch: usize,
    frozen: &'a [bool],
}

impl EachLevel for Planning<'_> {
    type Output = Vec<Step>;

    fn run<S: Simd>(self, _: S) -> Vec<Step> {
        plan::<S>(self.net, self.batch, self.frozen)
    }
}
