//! A kernel in parts that the eight flips never mix.

use convscope_core::Subspace;

use super::Probe;
use super::energies::{seen_but, share_of};
use crate::{Flip, Flips, Size};

pub(super) fn probes() -> Vec<Probe> {
    let of = |part: &'static Part| Probe {
        id: format!("part-{}", part.id),
        group: "irreducible",
        about: part.about.to_owned(),
        formula: "‖PK‖² / ‖K‖², P = (dim/8) Σ χ(g) g over the eight flips; the five add up to 1",
        source: "representation theory of the dihedral group D4",
        range: [0.0, 1.0],
        null: "Beta(d/2, (n − d)/2), d the rank of P; 3 × 3: d = 3, 0, 1, 1, 4",
        unseen: seen_but(Flips::All, false),
        make: Box::new(move |size: Size| share_of(part.subspace(size)?)),
    };
    PARTS.iter().map(of).collect()
}

/// An irreducible representation of the eight flips.
struct Part {
    id: &'static str,
    about: &'static str,
    dimension: f64,
    /// Of no change, the half turn, quarter turns, mirrors on axes, mirrors on diagonals.
    characters: [f64; 5],
}

static PARTS: [Part; 5] = [
    Part {
        id: "a1",
        about: "The share of the energy that no flip or turn changes: blobs and rings.",
        dimension: 1.0,
        characters: [1.0, 1.0, 1.0, 1.0, 1.0],
    },
    Part {
        id: "a2",
        about: "The share of the energy that turns do not change and mirrors negate: whirls.",
        dimension: 1.0,
        characters: [1.0, 1.0, 1.0, -1.0, -1.0],
    },
    Part {
        id: "b1",
        about: "The share of the energy of the kind x² − y²: upright lines and saddles.",
        dimension: 1.0,
        characters: [1.0, 1.0, -1.0, 1.0, -1.0],
    },
    Part {
        id: "b2",
        about: "The share of the energy of the kind x y: slanted lines and corners.",
        dimension: 1.0,
        characters: [1.0, 1.0, -1.0, -1.0, 1.0],
    },
    Part {
        id: "e",
        about: "The share of the energy that a half turn negates: edges and slopes.",
        dimension: 2.0,
        characters: [2.0, -2.0, 0.0, 0.0, 0.0],
    },
];

impl Part {
    fn subspace(&self, size: Size) -> Option<Subspace> {
        if !size.is_square() {
            return None;
        }
        let count = size.count();
        let mut columns = vec![vec![0.0; count]; count];
        for flip in Flip::ALL {
            let weight = self.dimension / 8.0 * self.character(flip);
            for (from, to) in flip.places(size)?.into_iter().enumerate() {
                columns[from][to] += weight;
            }
        }
        Some(Subspace::spanned_by(count, &columns))
    }

    fn character(&self, flip: Flip) -> f64 {
        self.characters[match flip {
            Flip::None => 0,
            Flip::HalfTurn => 1,
            Flip::QuarterTurn | Flip::ThreeQuarterTurn => 2,
            Flip::LeftRight | Flip::UpDown => 3,
            Flip::Diagonal | Flip::Antidiagonal => 4,
        }]
    }
}
