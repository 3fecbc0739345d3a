//! The computation of one net, planned once.

use convscope_core::Seed;
use convscope_model::{Net, Parameter};

use crate::Level;
use crate::graph::{Graph, GraphForward, GraphGradients, GraphPass, Turn, layer_by_layer};
use crate::passes::{Forward, Gradients};
use crate::plan::plan;
use crate::simd::{EachLevel, LANES, Simd, floats, run_at};
use crate::steps::{BatchScore, Gather, Head, Pass, Step};

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
    smoothing: f32,
    threads: usize,
    way: Way,
    order: Vec<usize>,
    /// The values of one sample, to be shown.
    shown: Vec<f32>,
}

/// How a net is computed.
#[derive(Debug, Clone)]
enum Way {
    /// One block after another, through the nearest caches.
    Blocks(Vec<Step>),
    /// One layer after another.
    Layers(Box<Graph>),
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
        Self::planned(net, batch, level, layer_by_layer(net))
    }

    /// Plans the computation layer by layer, for nets too that are computed faster block by block.
    ///
    /// Results differ from those of the other way by rounding.
    ///
    /// # Panics
    /// As [`Executor::new`].
    pub fn layer_by_layer(net: &Net, batch: usize, level: Level) -> Self {
        Self::planned(net, batch, level, true)
    }

    fn planned(net: &Net, batch: usize, level: Level, layers: bool) -> Self {
        assert!(batch > 0, "caller's bug: a batch has at least one sample");
        let frozen = vec![false; net.parameters().len()];
        let way = run_at(level, Planning { net, batch, frozen: &frozen, layers });
        let (order, shown) = (Vec::with_capacity(batch), vec![0.0; net.output().len()]);
        let net = net.clone();
        Self { net, batch, level, frozen, smoothing: 0.0, threads: 1, way, order, shown }
    }

    /// Returns whether the net is computed layer by layer.
    pub fn is_by_layers(&self) -> bool {
        matches!(self.way, Way::Layers(_))
    }

    /// Lets so many threads compute a layer; a net that is computed block by block has one.
    ///
    /// Results are the same bits for any number.
    pub fn use_threads(&mut self, threads: usize) {
        self.threads = threads.max(1);
    }

    /// Spreads a share of each target evenly over all classes.
    ///
    /// Szegedy and others 2015, arXiv:1512.00567.
    ///
    /// # Panics
    /// When the share is not at least 0 and below 1.
    pub fn smooth_labels(&mut self, share: f32) {
        assert!((0.0..1.0).contains(&share), "caller's bug: a share of {share}");
        self.smoothing = share;
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
        let layers = self.is_by_layers();
        let planning = Planning { net: &self.net, batch: self.batch, frozen, layers };
        self.way = run_at(self.level, planning);
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
    /// Batch norms use the batch's own statistics ([`Executor::track_statistics`] makes the running ones
    /// follow), dropout draws from `noise`, which every step should have of its own.
    ///
    /// # Shapes
    /// `weights` are a model's numbers, in the order of [`Net::tensors`], `gradients` those of its
    /// parameters; `batch` holds the numbers of samples, 1 to as many as were planned for, in any order and
    /// with repeats.
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
        noise: Seed,
        gradients: &mut [f32],
    ) -> BatchScore {
        self.gradients_by_turns(weights, samples, batch, noise, gradients, &mut |_| ())
    }

    /// Computes [`Executor::gradients`] and tells of every layer's turn when it is over, so that a
    /// caller with a clock can see where time goes.
    ///
    /// A net that is computed block by block has no turns to tell of.
    ///
    /// # Panics
    /// As [`Executor::gradients`].
    pub fn gradients_by_turns(
        &mut self,
        weights: &[f32],
        samples: Samples<'_>,
        batch: &[u32],
        noise: Seed,
        gradients: &mut [f32],
        done: &mut dyn FnMut(Turn),
    ) -> BatchScore {
        self.check(weights, samples.pixels);
        let wanted = self.net.parameter_count();
        assert_eq!(gradients.len(), wanted, "caller's bug: one gradient for each parameter");
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
        let head = Head::CrossEntropy { labels: samples.labels, smoothing: self.smoothing };
        self.descend(weights, samples.pixels, Some(noise), head, (gradients, done))
    }

    /// Shows the gradient of each sample's own cross-entropy by each weight, with its place in `batch`
    /// and its loss.
    ///
    /// As in [evaluation](Executor::evaluate) batch norms use their running statistics and nothing is left
    /// out, so that a sample's gradient does not depend on the others. From these come the
    /// empirical Fisher information and influence functions.
    ///
    /// # Panics
    /// As [`Executor::gradients`], but a batch may have any size.
    ///
    /// # Cost
    /// That of the gradients of a block of 16, for every sample: made for small nets.
    pub fn sample_gradients(
        &mut self,
        weights: &[f32],
        samples: Samples<'_>,
        batch: &[u32],
        gradients: &mut [f32],
        mut visit: impl FnMut(usize, f64, &[f32]),
    ) {
        self.check(weights, samples.pixels);
        for (place, &sample) in batch.iter().enumerate() {
            let head = Head::CrossEntropy { labels: samples.labels, smoothing: self.smoothing };
            let score = self.of_one(weights, samples.pixels, sample, head, gradients);
            visit(place, score.loss_sum, gradients);
        }
    }

    /// Shows the derivative of each logit of one sample by each weight: the rows of the Jacobian.
    ///
    /// As [`Executor::sample_gradients`] it does not depend on other samples. The products of rows of two
    /// samples are the neural tangent kernel (Jacot, Gabriel, Hongler 2018, arXiv:1806.07572).
    ///
    /// # Panics
    /// When there is no such sample or a length does not fit the net.
    ///
    /// # Cost
    /// That of the gradients of a block of 16, for every logit.
    pub fn jacobian(
        &mut self,
        weights: &[f32],
        samples: Samples<'_>,
        sample: u32,
        gradients: &mut [f32],
        mut visit: impl FnMut(usize, &[f32]),
    ) {
        self.check(weights, samples.pixels);
        for class in 0..self.net.output().len() {
            self.of_one(weights, samples.pixels, sample, Head::Logit(class), gradients);
            visit(class, gradients);
        }
    }

    fn of_one(
        &mut self,
        weights: &[f32],
        pixels: &[f32],
        sample: u32,
        head: Head<'_>,
        gradients: &mut [f32],
    ) -> BatchScore {
        let wanted = self.net.parameter_count();
        assert_eq!(gradients.len(), wanted, "caller's bug: one gradient for each parameter");
        let count = pixels.len() / self.net.input().len();
        assert!((sample as usize) < count, "caller's bug: sample {sample} of {count}");
        gradients.fill(0.0);
        self.order.clear();
        self.order.push(sample as usize);
        self.descend(weights, pixels, None, head, (gradients, &mut |_| ()))
    }

    /// Passes forward and back for the samples in `self.order`.
    fn descend(
        &mut self,
        weights: &[f32],
        pixels: &[f32],
        noise: Option<Seed>,
        head: Head<'_>,
        (gradients, done): (&mut [f32], &mut dyn FnMut(Turn)),
    ) -> BatchScore {
        let gather = Gather { pixels, order: &self.order };
        let threads = self.threads;
        match &mut self.way {
            Way::Blocks(steps) => {
                let pass = Pass { weights, gather };
                run_at(self.level, Gradients { steps, pass, head, slopes: gradients })
            }
            Way::Layers(graph) => {
                let pass = GraphPass { weights, gather, noise, threads };
                run_at(self.level, GraphGradients { graph, pass, head, gradients, done })
            }
        }
    }

    /// Moves the running statistics among a model's numbers towards those of the batch whose gradients
    /// were computed last.
    ///
    /// A variance follows the batch's unbiased one; of a single value there is none, and it stays.
    ///
    /// # Panics
    /// When a length does not fit the net.
    pub fn track_statistics(&self, weights: &mut [f32]) {
        assert_eq!(weights.len(), self.net.number_count(), "{NUMBERS}");
        if let Way::Layers(graph) = &self.way {
            graph.track(weights);
        }
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
        self.show_logits(weights, samples, &mut visit);
    }

    /// Does what [`Executor::evaluate`] says; not generic, or every caller would compile all of a net's
    /// forward pass once more.
    fn show_logits(
        &mut self,
        weights: &[f32],
        samples: Samples<'_>,
        visit: &mut dyn FnMut(usize, &[f32]),
    ) {
        self.check(weights, samples.pixels);
        let count = samples.pixels.len() / self.net.input().len();
        for first in (0..count).step_by(self.batch) {
            self.order.clear();
            self.order.extend(first..(first + self.batch).min(count));
            let gather = Gather { pixels: samples.pixels, order: &self.order };
            let (level, prepare) = (self.level, first == 0);
            match &mut self.way {
                Way::Blocks(steps) => {
                    let pass = Pass { weights, gather };
                    run_at(level, Forward { steps, pass, prepare });
                    let Some(last) = steps.last().map(|step| &step.output) else { return };
                    let rows = last.values.chunks_exact(last.step).take(self.order.len());
                    for (place, row) in rows.enumerate() {
                        visit(first + place, &floats(row)[..last.features()]);
                    }
                }
                Way::Layers(graph) => {
                    let pass = GraphPass { weights, gather, noise: None, threads: self.threads };
                    let done = &mut |_| ();
                    run_at(level, GraphForward { graph, pass, prepare, done });
                    for place in 0..self.order.len() {
                        graph.show(place / LANES, place % LANES, &mut self.shown);
                        visit(first + place, &self.shown);
                    }
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
        let weights: Vec<f32> = net
            .tensors()
            .flat_map(|tensor| {
                let same = |other: &&Parameter| other.name == tensor.name;
                let whole = self.net.tensors().find(same).expect("the whole net has all layers");
                &weights[whole.range()]
            })
            .copied()
            .collect();
        let mut part = Self::planned(&net, self.batch, self.level, self.is_by_layers());
        part.use_threads(self.threads);
        part.evaluate(&weights, samples, visit);
    }

    fn check(&self, weights: &[f32], pixels: &[f32]) {
        let count = self.net.number_count();
        assert_eq!(weights.len(), count, "{NUMBERS}");
        let whole = pixels.len().is_multiple_of(self.net.input().len());
        assert!(whole, "caller's bug: samples of {} values, all whole", self.net.input());
    }
}

const NUMBERS: &str = "caller's bug: one number for each of a model of the net";

struct Planning<'a> {
    net: &'a Net,
    batch: usize,
    frozen: &'a [bool],
    layers: bool,
}

impl EachLevel for Planning<'_> {
    type Output = Way;

    fn run<S: Simd>(self, _: S) -> Way {
        let Self { net, batch, frozen, layers } = self;
        if layers {
            Way::Layers(Box::new(Graph::new::<S>(net, batch, frozen)))
        } else {
            Way::Blocks(plan::<S>(net, batch, frozen))
        }
    }
}
