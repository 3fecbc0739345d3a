//! What a model makes of some images that edits may look at.

use std::ops::Range;

use convscope_core::Seed;
use convscope_data::Images;
use convscope_engine::{Executor, Level, Samples};
use convscope_model::{Layer, Net, Op, Parameter};
use convscope_train::Score;

use crate::waves::waves;

/// Images by which an edit sees what it does to a model's answers.
///
/// Everything here is the same bits for any number of threads.
#[derive(Clone, Copy)]
pub struct Calibration<'a> {
    /// The images, of the shape that the net takes.
    pub images: &'a Images,
    /// The instructions that the engine uses.
    pub level: Level,
    /// How many threads compute.
    pub threads: usize,
}

/// How well a model does on the images.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// The mean cross-entropy of an image, in nats.
    pub loss: f64,
    /// The share of right answers.
    pub accuracy: f64,
}

/// How the mean loss bends with the numbers of some kernels, near a model.
///
/// ```text
/// change for a step δ of a kernel ≈ ½ δᵀFδ = ½ mean over images of (gᵢ · δ)²
/// ```
///
/// F is the empirical Fisher information of one kernel: the mean of gᵢgᵢᵀ, gᵢ being the derivative of the loss of image i by
/// the numbers of the kernel. Steps to a simpler kernel move many of its numbers together, which the
/// diagonal of F alone takes for cheap. What several kernels do together is left out. F stands for the curvature where a
/// model has learnt what it is shown; of a model that has learnt nothing, or everything without a doubt, it says little.
#[derive(Debug, Clone, PartialEq)]
pub struct Curvature {
    /// Where the numbers of each kernel stand, in rising order.
    pub kernels: Vec<Range<usize>>,
    /// F of each kernel, row by row.
    pub fisher: Vec<Vec<f64>>,
}

impl Curvature {
    /// Returns the change of the loss for steps of the numbers from `first` on, kernel by kernel.
    ///
    /// # Panics
    /// When the steps are not those of whole kernels that it knows: a caller's bug.
    pub fn change(&self, first: usize, steps: &[f64]) -> f64 {
        let mut kernel = self.kernels.partition_point(|known| known.start < first);
        let (mut sum, mut rest) = (0.0, steps);
        while !rest.is_empty() {
            let width = self.kernels[kernel].len();
            let (own, after) = rest.split_at(width);
            let rows = self.fisher[kernel].chunks_exact(width);
            let along = |row: &[f64]| row.iter().zip(own).map(|(f, step)| f * step).sum::<f64>();
            sum += rows.zip(own).map(|(row, step)| step * along(row)).sum::<f64>();
            (kernel, rest) = (kernel + 1, after);
        }
        sum / 2.0
    }
}

/// Samples whose results are added up before those of others.
const CHUNK: usize = 256;
/// Samples that are computed at once.
const BATCH: usize = 64;
/// Samples whose own gradients are added up before those of others.
const GRADIENTS: usize = 64;
/// Samples whose own gradients are computed: means of more hardly differ.
const MOST_GRADIENTS: usize = 2000;

impl<'a> Calibration<'a> {
    /// Returns how well a model does.
    pub fn standing(&self, net: &Net, weights: &[f32]) -> Standing {
        let classes = self.images.classes().len();
        let mut executors = self.executors(net, BATCH, &[]);
        let (mut loss, mut right) = (0.0, 0.0);
        let of_chunk = |executor: &mut Executor, chunk: usize| {
            let samples = self.chunk(chunk, CHUNK);
            let mut score = Score::new(classes);
            executor.evaluate(weights, samples, |place, logits| {
                score.see(logits, samples.labels[place]);
            });
            let count = samples.labels.len() as f64;
            [score.loss() * count, score.accuracy() * count]
        };
        let chunks = self.images.len().div_ceil(CHUNK);
        waves(&mut executors, chunks, of_chunk, |[chunk_loss, chunk_right]| {
            loss += chunk_loss;
            right += chunk_right;
        });
        let count = self.images.len() as f64;
        Standing { loss: loss / count, accuracy: right / count }
    }

    /// Returns how the loss bends with kernels, given by where their numbers stand, in rising order.
    ///
    /// Of more than 2,000 images so many are taken, spread evenly. Costs the gradients of sixteen images for
    /// each, and n² sums for each image and kernel of n numbers.
    pub fn curvature(&self, net: &Net, weights: &[f32], kernels: Vec<Range<usize>>) -> Curvature {
        let asked = |own: &Parameter| {
            let range = own.range();
            kernels.iter().any(|kernel| range.contains(&kernel.start))
        };
        let frozen: Vec<bool> = net.parameters().iter().map(|own| !asked(own)).collect();
        let mut workers: Vec<(Executor, Vec<f32>)> = self
            .executors(net, 1, &frozen)
            .into_iter()
            .map(|executor| (executor, vec![0.0; net.parameter_count()]))
            .collect();
        let chosen = self.spread(MOST_GRADIENTS);
        let chunks: Vec<&[u32]> = chosen.chunks(GRADIENTS).collect();
        let samples = Samples { pixels: self.images.pixels(), labels: self.images.labels() };
        let nothing = || kernels.iter().map(|own| vec![0.0; own.len().pow(2)]).collect();
        let of_chunk = |(executor, gradients): &mut (Executor, Vec<f32>), chunk: usize| {
            let mut sums: Vec<Vec<f64>> = nothing();
            executor.sample_gradients(weights, samples, chunks[chunk], gradients, |_, _, own| {
                for (sum, kernel) in sums.iter_mut().zip(&kernels) {
                    add_square(sum, &own[kernel.clone()]);
                }
            });
            sums
        };
        let mut fisher: Vec<Vec<f64>> = nothing();
        waves(&mut workers, chunks.len(), of_chunk, |own| {
            for (sum, own) in fisher.iter_mut().flatten().zip(own.iter().flatten()) {
                *sum += own;
            }
        });
        let count = chosen.len() as f64;
        fisher.iter_mut().flatten().for_each(|sum| *sum /= count);
        Curvature { kernels, fisher }
    }

    /// Sets the running statistics of batch norms to the means of those of the images' batches.
    ///
    /// Nothing is left out by dropout meanwhile.
    pub fn refresh(&self, net: &Net, weights: &mut [f32]) {
        if net.statistics().is_empty() {
            return;
        }
        let follows = following(net);
        let batch = self.images.len().min(2 * BATCH);
        let mut executor = Executor::new(&follows, batch, self.level);
        executor.use_threads(self.threads);
        executor.freeze(&vec![true; net.parameters().len()]);
        let trained = net.parameter_count();
        let (mut gradients, mut current) = (vec![0.0; trained], weights.to_vec());
        let mut sums = vec![0.0; net.number_count() - trained];
        let order: Vec<u32> = (0..self.images.len() as u32).collect();
        let samples = Samples { pixels: self.images.pixels(), labels: self.images.labels() };
        for batch in order.chunks(batch) {
            executor.gradients(&current, samples, batch, Seed::root(0), &mut gradients);
            executor.track_statistics(&mut current);
            for (sum, value) in sums.iter_mut().zip(&current[trained..]) {
                *sum += f64::from(*value) * batch.len() as f64;
            }
        }
        for (weight, sum) in weights[trained..].iter_mut().zip(sums) {
            *weight = (sum / order.len() as f64) as f32;
        }
    }

    /// Returns some of the images, spread evenly over all, in chunks of neighbours.
    pub(crate) fn spread(&self, count: usize) -> Vec<u32> {
        let (all, count) = (self.images.len(), count.clamp(1, self.images.len()));
        (0..count).map(|place| (place * all / count) as u32).collect()
    }

    pub(crate) fn executors(&self, net: &Net, batch: usize, frozen: &[bool]) -> Vec<Executor> {
        let mut executor = Executor::new(net, batch, self.level);
        if !frozen.is_empty() {
            executor.freeze(frozen);
        }
        vec![executor; self.threads.max(1)]
    }

    fn chunk(&self, chunk: usize, size: usize) -> Samples<'a> {
        let (first, last) = (chunk * size, ((chunk + 1) * size).min(self.images.len()));
        let each = self.images.shape().len();
        Samples {
            pixels: &self.images.pixels()[first * each..last * each],
            labels: &self.images.labels()[first..last],
        }
    }
}

/// Adds ggᵀ.
fn add_square(sum: &mut [f64], gradient: &[f32]) {
    for (row, &a) in sum.chunks_exact_mut(gradient.len()).zip(gradient) {
        row.iter_mut().zip(gradient).for_each(|(sum, &b)| *sum += f64::from(a) * f64::from(b));
    }
}

/// Returns the net with running statistics that are those of the last batch, and without dropout.
fn following(net: &Net) -> Net {
    let layers = net.layers().iter().map(|layer| {
        let mut op = layer.op.clone();
        match &mut op {
            Op::BatchNorm(norm) => norm.momentum = 1.0,
            Op::Dropout(dropout) => dropout.rate = 0.0,
            _ => {}
        }
        Layer { op, ..layer.clone() }
    });
    Net::new(net.input(), layers.collect()).expect("a net with other rates is a net")
}
