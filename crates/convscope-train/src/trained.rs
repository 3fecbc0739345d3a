//! What a training leaves.

use convscope_core::Value;

use crate::checkpoint::Checkpoint;

/// A trained model's weights and everything that was measured of it.
///
/// | curve, one value for each epoch from 1 on | |
/// |---|---|
/// | `running-train-loss`, `running-train-accuracy` | over the epoch as it ran: every image counted with the weights before its step |
/// | `valid-loss`, `valid-accuracy` | with the weights at the end of the epoch |
///
/// | final value, with the last weights | |
/// |---|---|
/// | `train-loss`, `valid-loss`, `test-loss` | mean cross-entropy of a sample, in nats |
/// | `train-accuracy`, `valid-accuracy`, `test-accuracy` | share of right answers |
/// | `train-calibration-error`, `valid-…`, `test-…` | expected calibration error |
/// | `free-parameters` | how many numbers could be [chosen freely](crate::Training::freedom) |
///
/// and the tables `train-confusion`, `valid-confusion`, `test-confusion`. What has no images has
/// no values. The running values lag: early in training, weights get better within the epoch, so
/// that a model can seem to do better on validation than on training images.
///
/// The expected calibration error sorts samples by the probability p of the answer into 15 bins of
/// equal width, closed above, and adds up how far success and confidence are apart in each:
///
/// ```text
/// Σ over bins  (samples in bin / samples) · |accuracy in bin − mean p in bin|
/// ```
///
/// 0 when confidence is justified, at most 1. It is biased upwards when samples are few, and 0 for
/// a model that says the base rate of every class. Source: Guo, Pleiss, Sun, Weinberger 2017,
/// arXiv:1706.04599.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The weights at the end; after a divergence, those after the last epoch with finite numbers.
    pub weights: Vec<f32>,
    /// How it ended.
    pub outcome: Outcome,
    /// Names and final values.
    pub values: Vec<(String, Value)>,
    /// Values at the end of each epoch.
    pub curves: Vec<Curve>,
    /// Confusions with the last weights; none when training did not end as planned.
    pub tables: Vec<Confusions>,
    /// Where a training that was stopped can [go on](crate::resume()); a device that trains in the engine's place
    /// leaves none.
    pub checkpoint: Option<Checkpoint>,
}

/// How a training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// After all epochs of its recipe.
    Done,
    /// The loss or a weight left the finite numbers in this epoch, counted from 1.
    Diverged {
        /// The epoch.
        epoch: u32,
    },
    /// The watcher asked for the end after this epoch, counted from 1.
    Stopped {
        /// The epoch.
        epoch: u32,
    },
}

impl Outcome {
    /// Says why values are missing, if they are.
    pub(crate) fn reason(self) -> Option<String> {
        match self {
            Self::Done => None,
            Self::Diverged { epoch } => Some(format!("diverged in epoch {epoch}")),
            Self::Stopped { epoch } => Some(format!("stopped after epoch {epoch}")),
        }
    }
}

/// One value for each epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Its name.
    pub name: &'static str,
    /// The values of epochs 1, 2, … to the last of the recipe, also when training ended earlier.
    pub values: Vec<Value>,
}

/// How many samples of each class were taken for which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusions {
    /// Its name.
    pub name: String,
    /// `classes × classes` counts, row-major: the true class's row, the answer's column.
    pub counts: Vec<u64>,
}
