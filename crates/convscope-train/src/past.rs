//! What is remembered of the epochs of a training.

use convscope_core::Value;

use crate::train::Epoch;
use crate::trained::{Curve, Outcome};

/// The numbers of the epochs so far.
pub(crate) struct Past {
    epochs: usize,
    running_loss: Vec<f64>,
    running_accuracy: Vec<f64>,
    valid_loss: Vec<f64>,
    valid_accuracy: Vec<f64>,
}

impl Past {
    /// Makes room for all epochs of a recipe, so that keeping them allocates nothing.
    pub(crate) fn of(epochs: u32) -> Self {
        let epochs = epochs as usize;
        let room = || Vec::with_capacity(epochs);
        Self {
            epochs,
            running_loss: room(),
            running_accuracy: room(),
            valid_loss: room(),
            valid_accuracy: room(),
        }
    }

    /// Keeps the numbers of the next epoch.
    pub(crate) fn keep(&mut self, epoch: &Epoch) {
        self.running_loss.push(epoch.running_loss);
        self.running_accuracy.push(epoch.running_accuracy);
        self.valid_loss.extend(epoch.valid_loss);
        self.valid_accuracy.extend(epoch.valid_accuracy);
    }

    /// Returns the numbers so far, curve by curve.
    pub(crate) fn lists(&mut self) -> [(&'static str, &mut Vec<f64>); 4] {
        [
            ("running-loss", &mut self.running_loss),
            ("running-accuracy", &mut self.running_accuracy),
            ("valid-loss", &mut self.valid_loss),
            ("valid-accuracy", &mut self.valid_accuracy),
        ]
    }

    /// Returns the curves, filled up with the reason where training ended early.
    pub(crate) fn curves(self, watched: bool, outcome: Outcome) -> Vec<Curve> {
        let Self { epochs, running_loss, running_accuracy, valid_loss, valid_accuracy } = self;
        let mut numbers = vec![
            ("running-train-loss", running_loss),
            ("running-train-accuracy", running_accuracy),
        ];
        if watched {
            numbers.extend([("valid-loss", valid_loss), ("valid-accuracy", valid_accuracy)]);
        }
        let curve = |(name, numbers): (&'static str, Vec<f64>)| {
            let mut values: Vec<Value> = numbers.into_iter().map(Value::of).collect();
            if let Some(reason) = outcome.reason() {
                values.resize(epochs, Value::missing(reason));
            }
            Curve { name, values }
        };
        numbers.into_iter().map(curve).collect()
    }
}
