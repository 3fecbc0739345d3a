//! Where draws are kept from one run of a program to the next.

use std::fmt::Debug;

use rayon::prelude::*;

/// A place where draws that depend on shapes alone are kept from one run of a program to the next.
///
/// No result depends on it: of what it gives out the first draws are drawn again, and unless every bit agrees all of
/// it is drawn anew. Whether the rest is whole is for the shelf to see to.
pub trait Shelf: Debug + Send + Sync {
    /// Returns what was put there of a lot, draw by draw; nothing where it is not there or not whole.
    fn take(&self, lot: &Lot) -> Option<Vec<Vec<f64>>>;

    /// Keeps draws in place of what was there; where that fails, nothing is lost but time.
    fn put(&self, lot: &Lot, draws: &[Vec<f64>]);
}

/// What some draws are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// What they are for.
    pub purpose: &'static str,
    /// The shape that they are of.
    pub shape: Vec<usize>,
    /// How many there are.
    pub draws: usize,
    /// What the numbers of a draw are, where its purpose does not say it.
    pub names: Vec<&'static str>,
}

/// How many draws are drawn again.
const AGAIN: usize = 16;

/// Takes draws off a shelf, or draws them and puts them there.
pub(crate) fn drawn(
    shelf: Option<&dyn Shelf>,
    lot: &Lot,
    draw: impl Fn(u64) -> Vec<f64> + Sync,
) -> Vec<Vec<f64>> {
    let first =
        |count: usize| -> Vec<Vec<f64>> { (0..count as u64).into_par_iter().map(&draw).collect() };
    let is_same = |kept: &Vec<Vec<f64>>| {
        let again = first(AGAIN.min(lot.draws));
        kept.len() == lot.draws && again.iter().zip(kept).all(|(own, kept)| same_bits(own, kept))
    };
    if let Some(kept) = shelf.and_then(|shelf| shelf.take(lot)).filter(is_same) {
        return kept;
    }
    let drawn = first(lot.draws);
    if let Some(shelf) = shelf {
        shelf.put(lot, &drawn);
    }
    drawn
}

fn same_bits(a: &[f64], b: &[f64]) -> bool {
    a.iter().map(|value| value.to_bits()).eq(b.iter().map(|value| value.to_bits()))
}
