//! Measures of layers that come part by part.

use std::ops::Range;

use convscope_core::Value;
use faer::{Mat, MatRef};
use rayon::prelude::*;

use crate::score::by_chance;
use crate::streaming::{Batch, Room};
use crate::{Caveat, Estimate, MinibatchHsic, Refusal, Score, StreamingCka, nulls};

/// How a measure is computed in one pass, without keeping the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streaming {
    /// From sums of products of units.
    Sums,
    /// From one batch after another, of so many samples.
    Batches(usize),
}

impl Streaming {
    /// Returns how much memory it takes for layers of so many units, beside the part at hand.
    pub fn bytes(self, [p, q]: [usize; 2]) -> u64 {
        let [p, q] = [p as u64, q as u64];
        match self {
            Self::Sums => 8 * (p * p + p * q + q * q),
            Self::Batches(size) => 16 * size as u64 * (p + q + size as u64),
        }
    }

    /// Starts with no samples.
    pub fn start(self, [p, q]: [usize; 2]) -> Stream {
        match self {
            Self::Sums => Stream::Sums(StreamingCka::new(p, q)),
            Self::Batches(size) => Stream::Batches(Batches::new(size, [p, q])),
        }
    }
}

/// A measure under way.
///
/// ```
/// use convscope_core::registry::find;
/// use convscope_measure::MEASURES;
/// use faer::Mat;
///
/// let x = Mat::from_fn(100, 3, |i, j| ((i * 3 + j) as f64).sin());
/// let y = Mat::from_fn(100, 2, |i, j| x[(i, j)] + ((i * 7 + j) as f64).cos());
/// let measure = (find(MEASURES, "measure", "minibatch-cka")?.build)(serde_json::json!({ "batch": 10 }))?;
/// let mut stream = measure.streaming().expect("it sums over batches").start([3, 2]);
/// for first in (0..100).step_by(7) {
///     let count = 7.min(100 - first);
///     stream.add(x.subrows(first, count), y.subrows(first, count));
/// }
/// let score = stream.score(measure.estimator(), Vec::new());
/// assert_eq!((score.samples, score.units), (100, [3, 2]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub enum Stream {
    /// From sums of products of units.
    Sums(StreamingCka),
    /// From batches.
    Batches(Batches),
}

impl Stream {
    /// Adds the next samples, samples × units of either layer.
    ///
    /// # Panics
    /// If the layers have unequally many samples or other units than at the start: a caller's bug.
    pub fn add(&mut self, x: MatRef<'_, f64>, y: MatRef<'_, f64>) {
        match self {
            Self::Sums(sums) => sums.add(x, y),
            Self::Batches(batches) => batches.add(x, y),
        }
    }

    /// Returns what all samples that were added give, with caveats that are known of them.
    pub fn score(&self, estimator: String, mut caveats: Vec<Caveat>) -> Score {
        let (samples, units, estimate) = match self {
            Self::Sums(sums) => {
                let null = nulls::debiased(sums.samples());
                let estimate = sums.cka().map(|value| Estimate::of(value).with_null(null));
                (sums.samples(), sums.units(), estimate)
            }
            Self::Batches(batches) => (batches.samples, batches.units(), batches.estimate()),
        };
        let (value, null_mean, z) = match estimate {
            Ok(Estimate { value, null, caveats: own }) => {
                caveats.extend(own);
                let (mean, z) = by_chance(value, null);
                (Value::of(value), mean, z)
            }
            Err(refusal) => {
                let why = || Value::missing(refusal.to_string());
                (why(), why(), why())
            }
        };
        let percentile = Value::missing("layers that are read in blocks are not permuted");
        Score { value, samples, units, estimator, null_mean, z, percentile, caveats }
    }
}

/// HSIC₁ of whole batches, whatever the parts in which their samples come.
#[derive(Debug, Clone)]
pub struct Batches {
    hsic: MinibatchHsic,
    room: Room,
    samples: usize,
    /// The last samples that make no whole batch yet.
    waiting: [Mat<f64>; 2],
    held: usize,
}

impl Batches {
    fn new(size: usize, units: [usize; 2]) -> Self {
        let waiting = units.map(|units| Mat::zeros(size, units));
        let (hsic, room) = (MinibatchHsic::default(), Room::new(size, units));
        Self { hsic, room, samples: 0, waiting, held: 0 }
    }

    fn size(&self) -> usize {
        self.waiting[0].nrows()
    }

    fn units(&self) -> [usize; 2] {
        self.waiting.each_ref().map(Mat::ncols)
    }

    fn add(&mut self, x: MatRef<'_, f64>, y: MatRef<'_, f64>) {
        let units = self.units();
        assert!(
            x.nrows() == y.nrows() && [x.ncols(), y.ncols()] == units,
            "caller's bug: wanted the same samples of {units:?} units"
        );
        let (rows, size) = (x.nrows(), self.size());
        self.samples += rows;
        let mut first = 0;
        if self.held > 0 {
            first = rows.min(size - self.held);
            self.hold([x, y], 0..first);
        }
        // Batches say what they say on all threads, and are added up in their order.
        let starts = (first..=rows).step_by(size).filter(|start| start + size <= rows);
        let starts: Vec<usize> = starts.collect();
        let batch = |room: &mut Room, start: &usize| {
            room.batch(x.subrows(*start, size), y.subrows(*start, size))
        };
        let said: Vec<Batch> =
            starts.par_iter().map_init(|| Room::new(size, units), batch).collect();
        for batch in said {
            self.hsic.take(batch);
        }
        self.hold([x, y], first + starts.len() * size..rows);
    }

    /// Keeps samples until they are a batch.
    fn hold(&mut self, layers: [MatRef<'_, f64>; 2], rows: Range<usize>) {
        let count = rows.len();
        for (waiting, layer) in self.waiting.iter_mut().zip(layers) {
            let mut room = waiting.as_mut().subrows_mut(self.held, count);
            room.copy_from(layer.subrows(rows.start, count));
        }
        self.held += count;
        if self.held == self.size() {
            let [x, y] = &self.waiting;
            self.hsic.take(self.room.batch(x.as_ref(), y.as_ref()));
            self.held = 0;
        }
    }

    fn estimate(&self) -> Result<Estimate, Refusal> {
        if self.size() > self.samples {
            let (samples, size) = (self.samples, self.size());
            let message = format!("wanted batches of 4 to {samples} samples, got {size}");
            return Err(Refusal::Setting(message));
        }
        let left = Caveat::SamplesLeftOut(self.held);
        Ok(Estimate::of(self.hsic.cka()?).with(left, self.held > 0))
    }
}
