//! What layers say by chance.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use convscope_core::Stream;
use rayon::prelude::*;

use super::{DRAWS, seed};
use crate::Layer;
use crate::own::some_of;
use crate::shelf::{self, Lot, Shelf};

/// What layers of independent normal numbers say, drawn once for each shape.
///
/// Make one for all layers of a model and hand it to every [`LayerCard`](super::LayerCard). What it holds depends on
/// shapes alone: a card is the same with a new one, and takes longer.
#[derive(Debug, Default)]
pub struct Nulls {
    drawn: Mutex<Drawn>,
    shelf: Option<Arc<dyn Shelf>>,
}

/// For each purpose and shape the numbers of each draw, in the order of draws.
type Drawn = BTreeMap<(&'static str, Vec<usize>), Arc<[Vec<f64>]>>;

impl Nulls {
    /// Makes nulls that are looked for on a shelf before they are drawn, and then put there.
    pub fn with(shelf: Option<Arc<dyn Shelf>>) -> Self {
        Self { shelf, ..Self::default() }
    }

    /// Returns what was drawn for a purpose at a shape, or draws it.
    pub(super) fn draws(
        &self,
        purpose: &'static str,
        shape: &[usize],
        draw: impl Fn(&mut Stream) -> Vec<f64> + Sync,
    ) -> Arc<[Vec<f64>]> {
        let key = (purpose, shape.to_vec());
        if let Some(known) = self.lock().get(&key) {
            return Arc::clone(known);
        }
        // Not while it is locked: a thread that waits for draws may take up another card meanwhile.
        let (draws, names) = (DRAWS as usize, Vec::new());
        let lot = Lot { purpose, shape: shape.to_vec(), draws, names };
        let seed = seed().child(purpose);
        let drawn = shelf::drawn(self.shelf.as_deref(), &lot, |number| {
            draw(&mut seed.nth(number).stream())
        });
        Arc::clone(self.lock().entry(key).or_insert(drawn.into()))
    }

    fn lock(&self) -> MutexGuard<'_, Drawn> {
        // What is in the map is whole even where a thread failed.
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns what some of a layer's own numbers in random places say, draw by draw; draws without a value are left out.
pub(super) fn of_own<T: Send>(
    layer: &Layer,
    purpose: &str,
    count: usize,
    say: impl Fn(&[f64]) -> Option<T> + Sync,
) -> Vec<T> {
    let draws = (0..DRAWS).into_par_iter();
    let say = |number| say(&own(layer.numbers(), purpose, number, count));
    let said: Vec<Option<T>> = draws.map(say).collect();
    said.into_iter().flatten().collect()
}

/// Returns so many of some numbers in random places, as one of the draws for a purpose.
pub(super) fn own(numbers: &[f64], purpose: &str, number: u64, count: usize) -> Vec<f64> {
    let seed = seed().child(purpose).child("permuted");
    some_of(numbers, count, &mut seed.nth(number).stream())
}
