//! Training: images × net × first weights → weights, and what was measured on the way.
//!
//! A [`Recipe`] says how: one of [`OPTIMIZERS`], one of [`SCHEDULES`], batch size and epochs.
//! [`train()`] touches no file, clock or thread; whoever calls it watches, keeps and stops.
//!
//! ```text
//! Training { net, images, recipe, … } + weights ──train──► Trained { weights, curves, values, … }
//!                                                  │
//!                                                  └─ watch(epoch, weights) → Continue
//! ```

mod compute;
mod ledger;
mod optimizers;
mod past;
mod recipe;
mod schedules;
mod score;
mod train;
mod trained;
mod training;

pub use compute::{Compute, ComputeError};
pub use ledger::Ledger;
pub use optimizers::{Descent, OPTIMIZERS, Optimizer, Rule};
pub use recipe::Recipe;
pub use schedules::{SCHEDULES, Schedule};
pub use train::{Continue, Epoch, train, train_with};
pub use trained::{Confusions, Curve, Outcome, Trained};
pub use training::{TrainError, Training};
