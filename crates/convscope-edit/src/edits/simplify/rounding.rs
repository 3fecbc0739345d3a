//! Numbers rounded again when a training is over.

use super::report::Told;
use super::state::State;
use crate::edits::Edited;

/// The kernels of a model with the forms that an edit brought them to, to be rounded again after training.
///
/// Training leaves the grid on which bits were counted. Afterwards each layer any of whose numbers changed gets the
/// grid of its largest size anew, and each of its kernels is put on it: within its form where it still has that, to the digits of 32
/// bits, because it was kept in it or frozen; number by number where it has left it, and then its bits are those of a free kernel.
#[derive(Debug, Clone, PartialEq)]
pub struct Rounding(State);

impl Rounding {
    pub(super) fn of(state: &State) -> Self {
        Self(state.clone())
    }

    /// Rounds a trained model; returns its weights with bits and structures as they are then.
    ///
    /// Numbers of layers that the edit did not name stay.
    ///
    /// # Panics
    /// When these are not the weights of the net that was edited: a caller's bug.
    pub fn round(&self, trained: Vec<f32>) -> Edited {
        assert_eq!(trained.len(), self.0.weights.len(), "caller's bug: weights of another net");
        let mut state = self.0.clone();
        state.take_up(trained);
        super::edited(&state, &Told::default(), None)
    }
}
