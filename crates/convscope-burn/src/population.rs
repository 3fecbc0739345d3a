//! Models of one net, computed as one.

use std::fmt;

use burn_tensor::{Device, FloatDType, Tensor};
use convscope_core::Seed;
use convscope_engine::{BatchScore, Samples};
use convscope_model::layer::BatchNorm;
use convscope_model::{Net, Op, Role};
use convscope_train::ComputeError;

use crate::error::caught;
use crate::forward::{Pass, forward};
use crate::layers::Observed;
use crate::learning::{Batch, Lessons, learn};
use crate::numbers::{Numbers, read, upload};

/// The numbers that values are computed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// 32 bits everywhere.
    #[default]
    Single,
    /// Activations and products in `bfloat16`, of three digits; weights, their gradients and
    /// updates, statistics and the loss in 32 bits.
    ///
    /// Halves memory and uses the matrix units of GPUs. Micikevicius and others 2017,
    /// arXiv:1710.03740.
    Mixed,
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Single => "single",
            Self::Mixed => "mixed",
        })
    }
}

impl Precision {
    pub(crate) fn of_activations(self) -> FloatDType {
        match self {
            Self::Single => FloatDType::F32,
            Self::Mixed => FloatDType::BF16,
        }
    }
}

/// What one member learns from in a step.
#[derive(Debug, Clone, Copy)]
pub struct Lesson<'a> {
    /// The samples and their classes.
    pub samples: Samples<'a>,
    /// Which samples make the batch, in any order and with repeats.
    pub batch: &'a [u32],
    /// Where the step's draws come from.
    pub noise: Seed,
}

/// The computation of models of one net: outputs, scores and gradients of all of them at once.
///
/// Members have their own weights, samples and draws; what one leaves does not depend on the
/// others, but for rounding.
///
/// Keeps no weights. Numbers and gradients are in the order of [`Net::tensors`].
#[derive(Debug)]
pub struct Population {
    net: Net,
    device: Device,
    precision: Precision,
    frozen: Vec<bool>,
    smoothing: f32,
    /// What the last batch's batch norms saw.
    seen: Vec<Seen>,
}

/// What a batch norm saw of a batch: a row for each member.
#[derive(Debug)]
struct Seen {
    layer: usize,
    means: Vec<f32>,
    variances: Vec<f32>,
    count: usize,
}

impl Population {
    /// Prepares to compute models of `net` on a device.
    pub fn new(net: &Net, device: &Device, precision: Precision) -> Self {
        Self {
            net: net.clone(),
            device: device.clone().without_autodiff(),
            precision,
            frozen: vec![false; net.parameters().len()],
            smoothing: 0.0,
            seen: Vec::new(),
        }
    }

    /// States which parameters do not change, one flag for each of [`Net::parameters`]; their
    /// gradients are 0 and are not computed.
    ///
    /// # Panics
    /// When there is not one flag for each parameter.
    pub fn freeze(&mut self, frozen: &[bool]) {
        let wanted = self.net.parameters().len();
        assert_eq!(frozen.len(), wanted, "caller's bug: one flag for each parameter");
        self.frozen.copy_from_slice(frozen);
    }

    /// Spreads a share of each target evenly over all classes.
    ///
    /// # Panics
    /// When the share is not at least 0 and below 1.
    pub fn smooth_labels(&mut self, share: f32) {
        assert!((0.0..1.0).contains(&share), "caller's bug: a share of {share}");
        self.smoothing = share;
    }

    /// Computes the gradient of each member's mean cross-entropy over its batch by its parameters.
    ///
    /// Batch norms use the batch's statistics, which [`Population::track_statistics`] makes the
    /// running ones follow.
    ///
    /// # Shapes
    /// A list of weights, a lesson and a list for the gradients for each member; batches of one
    /// size.
    ///
    /// # Errors
    /// [`ComputeError`] when the device gives no result.
    ///
    /// # Panics
    /// When there is no member, batches differ in size, a sample or its class does not exist, or a
    /// length does not fit the net.
    pub fn gradients(
        &mut self,
        weights: &[&[f32]],
        lessons: &[Lesson<'_>],
        gradients: &mut [&mut [f32]],
    ) -> Result<Vec<BatchScore>, ComputeError> {
        let members = weights.len();
        assert!(members > 0 && lessons.len() == members && gradients.len() == members, "{EACH}");
        caught(members, || {
            let numbers = Numbers::upload(&self.net, weights, &self.device);
            let noise: Vec<Seed> = lessons.iter().map(|lesson| lesson.noise).collect();
            let pass = self.pass(members, Some(&noise));
            let batch = self.gather(lessons);
            let taught = learn(pass, &numbers, &self.frozen, self.smoothing, batch);
            self.keep(taught, gradients)
        })
    }

    /// Moves each member's running statistics towards those of the batch whose gradients were
    /// computed last; a variance of a single value is none.
    ///
    /// # Panics
    /// When a list has not the length of a model's numbers.
    pub fn track_statistics(&self, weights: &mut [&mut [f32]]) {
        for Seen { layer, means, variances, count } in &self.seen {
            let Op::BatchNorm(BatchNorm { momentum, .. }) = self.net.layers()[*layer].op else {
                unreachable!("batch norms alone see statistics");
            };
            let follow = |running: &mut f32, batch: f64| {
                *running = ((1.0 - momentum) * f64::from(*running) + momentum * batch) as f32;
            };
            let range = |role| self.net.tensor(*layer, role).expect("it keeps statistics").range();
            let (mean, variance) = (range(Role::Mean), range(Role::Variance));
            let rows = means.chunks_exact(mean.len()).zip(variances.chunks_exact(mean.len()));
            for (weights, (means, variances)) in weights.iter_mut().zip(rows) {
                for (to, &seen) in weights[mean.clone()].iter_mut().zip(means) {
                    follow(to, seen.into());
                }
                if *count > 1 {
                    let unbiased = *count as f64 / (*count - 1) as f64;
                    for (to, &seen) in weights[variance.clone()].iter_mut().zip(variances) {
                        follow(to, f64::from(seen) * unbiased);
                    }
                }
            }
        }
    }

    /// Shows what a layer leaves of samples that all members look at: member, sample, values in
    /// order channel, row, column.
    ///
    /// Running statistics are used and nothing is left out. `batch` samples are computed at once.
    ///
    /// # Errors
    /// [`ComputeError`] when the device gives no result.
    ///
    /// # Panics
    /// When there is no such layer, or a length does not fit the net.
    pub fn capture(
        &self,
        weights: &[&[f32]],
        pixels: &[f32],
        (layer, batch): (usize, usize),
        mut visit: impl FnMut(usize, usize, &[f32]),
    ) -> Result<(), ComputeError> {
        assert!(layer < self.net.layers().len(), "caller's bug: no layer {layer}");
        let numbers = Numbers::upload(&self.net, weights, &self.device);
        let (size, members) = (self.net.input().len(), numbers.members);
        let whole = batch > 0 && pixels.len().is_multiple_of(size);
        assert!(whole, "caller's bug: samples of {} values, all whole", self.net.input());
        let count = self.net.shape_after(layer).len();
        for (number, samples) in pixels.chunks(batch * size).enumerate() {
            let values = caught(members, || {
                let input = self.spread(samples, members);
                let left = forward(self.pass(members, None), &numbers.tensors, input, layer);
                Ok(read(&[left.output], members)?.swap_remove(0))
            })?;
            for (place, row) in values.chunks_exact(count).enumerate() {
                visit(place % members, number * batch + place / members, row);
            }
        }
        Ok(())
    }

    /// Shows the logits of samples that all members look at: member, sample, logits.
    ///
    /// # Errors
    /// [`ComputeError`] when the device gives no result.
    ///
    /// # Panics
    /// When a length does not fit the net.
    pub fn evaluate(
        &self,
        weights: &[&[f32]],
        pixels: &[f32],
        batch: usize,
        visit: impl FnMut(usize, usize, &[f32]),
    ) -> Result<(), ComputeError> {
        self.capture(weights, pixels, (self.net.layers().len() - 1, batch), visit)
    }

    pub(crate) fn pass<'a>(&'a self, members: usize, noise: Option<&'a [Seed]>) -> Pass<'a> {
        Pass { net: &self.net, members, precision: self.precision, noise }
    }

    /// Brings each member's own samples to the device.
    fn gather(&self, lessons: &[Lesson<'_>]) -> Batch {
        let (shape, members) = (self.net.input(), lessons.len());
        let (size, classes) = (lessons[0].batch.len(), self.net.output().len());
        let alike = size > 0 && lessons.iter().all(|lesson| lesson.batch.len() == size);
        assert!(alike, "caller's bug: batches of one size, of at least one sample");
        let mut pixels = Vec::with_capacity(size * members * shape.len());
        let mut labels = Vec::with_capacity(size * members);
        for place in 0..size {
            for Lesson { samples, batch, .. } in lessons {
                let sample = batch[place] as usize;
                pixels.extend_from_slice(&samples.pixels[sample * shape.len()..][..shape.len()]);
                let label = samples.labels[sample];
                let known = usize::from(label) < classes;
                assert!(known, "caller's bug: label {label} with {classes} logits");
                labels.push(label);
            }
        }
        let dimensions = [size, members * shape.channels, shape.height, shape.width];
        Batch { input: upload(pixels, dimensions, &self.device), labels }
    }

    /// Brings samples to the device that all members look at.
    fn spread(&self, samples: &[f32], members: usize) -> Tensor<4> {
        let shape = self.net.input();
        let dimensions = [samples.len() / shape.len(), shape.channels, shape.height, shape.width];
        upload(samples.to_vec(), dimensions, &self.device).repeat_dim(1, members)
    }

    /// Brings back what a step taught.
    fn keep(
        &mut self,
        taught: Lessons,
        gradients: &mut [&mut [f32]],
    ) -> Result<Vec<BatchScore>, ComputeError> {
        let members = gradients.len();
        let Lessons { gradients: taught_gradients, observed, losses, correct } = taught;
        let present: Vec<Tensor<2>> = taught_gradients.iter().flatten().cloned().collect();
        let mut read_gradients = read(&present, members)?.into_iter();
        for (parameter, present) in self.net.parameters().iter().zip(&taught_gradients) {
            let values = present.as_ref().and_then(|_| read_gradients.next());
            for (member, to) in gradients.iter_mut().enumerate() {
                let to = &mut to[parameter.range()];
                match &values {
                    Some(values) => {
                        to.copy_from_slice(&values[member * to.len()..][..parameter.len()]);
                    }
                    None => to.fill(0.0),
                }
            }
        }
        let vectors = observed.iter().flat_map(|seen| [seen.mean.clone(), seen.variance.clone()]);
        let vectors: Vec<Tensor<1>> = [losses, correct].into_iter().chain(vectors).collect();
        let mut vectors = read(&vectors, members)?.into_iter();
        let mut next = || vectors.next().expect("every tensor was read");
        let (losses, correct) = (next(), next());
        let seen = observed.iter().map(|&Observed { layer, count, .. }| {
            let (means, variances) = (next(), next());
            Seen { layer, means, variances, count }
        });
        self.seen = seen.collect();
        let score = |(loss, correct): (f32, f32)| BatchScore {
            loss_sum: loss.into(),
            correct: correct as usize,
        };
        Ok(losses.into_iter().zip(correct).map(score).collect())
    }
}

const EACH: &str = "caller's bug: weights, a lesson and gradients for each member";
