//! Structures whose numbers are tied to each other: what a group of moves leaves unchanged.

use crate::{Flip, Size};

/// Where a number of a kernel is moved to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Move {
    /// One place to the right, from the last column to the first.
    AlongRows,
    /// One place down, from the last row to the first.
    AlongColumns,
    /// A flip or rotation.
    By(Flip),
}

impl Move {
    /// Returns where a place comes to; nothing where the move does not fit the size.
    fn to(self, [r, c]: [usize; 2], size: Size) -> Option<[usize; 2]> {
        match self {
            Self::AlongRows => Some([r, (c + 1) % size.columns]),
            Self::AlongColumns => Some([(r + 1) % size.rows, c]),
            Self::By(flip) => flip.to([r, c], size),
        }
    }
}

/// A move, and whether numbers have the other sign at where they come to.
#[derive(Debug)]
pub(super) struct Tie {
    to: Move,
    negated: bool,
}

pub(super) const fn same(to: Move) -> Tie {
    Tie { to, negated: false }
}

pub(super) const fn opposed(to: Move) -> Tie {
    Tie { to, negated: true }
}

/// Returns one vector for each set of tied places: 1 or −1 there, 0 elsewhere.
///
/// Places that are tied to their own negative are 0 in every vector. Nothing where a move does not fit.
pub(super) fn vectors(size: Size, ties: &[Tie]) -> Option<Vec<Vec<f64>>> {
    let places: Vec<_> = size.places().collect();
    let mut known = vec![false; size.count()];
    let mut vectors = Vec::new();
    for first in 0..size.count() {
        if known[first] {
            continue;
        }
        let mut vector = vec![0.0; size.count()];
        let (mut waiting, mut contradicted) = (vec![(first, 1.0)], false);
        // Moves have finite order, so that following them forwards reaches all that is tied.
        while let Some((place, sign)) = waiting.pop() {
            if known[place] {
                contradicted |= vector[place] * sign < 1.0;
                continue;
            }
            (known[place], vector[place]) = (true, sign);
            for tie in ties {
                let [r, c] = tie.to.to(places[place], size)?;
                let sign = if tie.negated { -sign } else { sign };
                waiting.push((r * size.columns + c, sign));
            }
        }
        if !contradicted {
            vectors.push(vector);
        }
    }
    Some(vectors)
}
