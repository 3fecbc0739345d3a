//! Training: images × net × first weights → weights, and what was measured on the way.
//!
//! A [`Recipe`] says how: one of [`OPTIMIZERS`], one of [`SCHEDULES`], some of [`REGULARIZERS`], batch
//! size and epochs; a [`Handling`] says what is different about a parameter.
//! [`train()`] touches no file, clock or thread; whoever calls it watches, keeps and stops.
//!
//! ```text
//! Training { net, images, recipe, … } + weights ──train──► Trained { weights, curves, values, … }
//!                                                  │
//!                                                  └─ watch(epoch, weights) → Continue
//! Checkpoint of one that was stopped ──resume──► Trained, the same bits
//! ```

mod augment;
mod checkpoint;
mod clip;
mod compute;
mod constraint;
mod form;
mod handling;
mod ledger;
mod optimizers;
mod past;
mod piece;
mod recipe;
mod regularizers;
mod rules;
mod run;
mod schedules;
mod score;
mod train;
mod trained;
mod trainer;
mod training;
mod warm_up;

pub use augment::Augmented;
pub use checkpoint::{Checkpoint, CheckpointError};
pub use clip::Clip;
pub use compute::{Compute, ComputeError};
pub use constraint::{Constraints, NothingLeft, constrain_start};
pub use form::Form;
pub use handling::Handling;
pub use ledger::Ledger;
pub use optimizers::{Descent, OPTIMIZERS, Optimizer, Pace, Rule, Span};
pub use piece::Piece;
pub use recipe::Recipe;
pub use regularizers::{Penalty, REGULARIZERS, Regularizer};
pub use schedules::{Moment, SCHEDULES, Schedule};
pub use score::Score;
pub use train::{Continue, Epoch, measure, resume, train, train_with};
pub use trained::{Confusions, Curve, Outcome, Trained};
pub use trainer::{Member, Trainer};
pub use training::{TrainError, Training};
