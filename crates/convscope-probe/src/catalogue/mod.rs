//! The structures that kernels can have, one list.

mod curved;
mod tied;

use convscope_core::Subspace;

use crate::Size;
use crate::singular::singular;
use tied::Move::{
    AlongColumns, AlongRows, Antidiagonal, Diagonal, HalfTurn, LeftRight, QuarterTurn, UpDown,
};
use tied::{Tie, opposed, same};

/// A set of kernels that fewer numbers describe than they have.
#[derive(Debug)]
pub struct Structure {
    /// Its name.
    pub id: &'static str,
    /// One sentence on what such kernels look like.
    pub about: &'static str,
    /// Where it is described.
    pub source: &'static str,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// Numbers that are equal, or each other's negative, to those at other places.
    Tied(&'static [Tie]),
    /// Sums of a few kernels.
    Spanned(fn(Size) -> Vec<Vec<f64>>),
    /// Products of a column and a row.
    Separable,
    /// All kernels.
    Free,
}

impl Structure {
    /// Returns the subspace of its kernels at a size.
    ///
    /// Nothing where there is none: at a size at which the structure means nothing (a quarter turn of a
    /// kernel that is no square), all kernels have it, or none but 0; and for kernels that are
    /// [separable](Self::is_separable) or [free](Self::is_free), which make no subspace of their own.
    ///
    /// ```
    /// use convscope_probe::{STRUCTURES, Size};
    ///
    /// let mirrored = STRUCTURES.iter().find(|s| s.id == "mirror-both").unwrap();
    /// assert_eq!(mirrored.subspace(Size::square(5)).unwrap().dimension(), 9);
    /// assert!(mirrored.subspace(Size::square(1)).is_none(), "every kernel of one number is mirrored");
    /// ```
    pub fn subspace(&self, size: Size) -> Option<Subspace> {
        let vectors = match self.kind {
            Kind::Tied(ties) => tied::vectors(size, ties)?,
            Kind::Spanned(vectors) => vectors(size),
            Kind::Separable | Kind::Free => return None,
        };
        let subspace = Subspace::spanned_by(size.count(), &vectors);
        (1..size.count()).contains(&subspace.dimension()).then_some(subspace)
    }

    /// Returns whether its kernels are products of a column and a row.
    pub fn is_separable(&self) -> bool {
        matches!(self.kind, Kind::Separable)
    }

    /// Returns whether every kernel has it.
    pub fn is_free(&self) -> bool {
        matches!(self.kind, Kind::Free)
    }
}

/// Every structure, the simplest first; the last one is that of kernels without any.
pub static STRUCTURES: &[Structure] = &[
    tied("constant", "One number everywhere.", &[same(AlongRows), same(AlongColumns)]),
    tied(
        "identical-columns-mirrored",
        "All columns are identical, and the lower half mirrors the upper: horizontal lines.",
        &[same(AlongRows), same(UpDown)],
    ),
    tied(
        "identical-rows-mirrored",
        "All rows are identical, and the right half mirrors the left: vertical lines.",
        &[same(AlongColumns), same(LeftRight)],
    ),
    tied(
        "identical-columns-opposed",
        "All columns are identical, and the lower half is the negative of the upper: horizontal edges.",
        &[same(AlongRows), opposed(UpDown)],
    ),
    tied(
        "identical-rows-opposed",
        "All rows are identical, and the right half is the negative of the left: vertical edges.",
        &[same(AlongColumns), opposed(LeftRight)],
    ),
    tied("identical-columns", "All columns are identical.", &[same(AlongRows)]),
    tied("identical-rows", "All rows are identical.", &[same(AlongColumns)]),
    Structure {
        id: "central-row",
        about: "Nothing but the row in the middle: a kernel of one dimension.",
        source: "Szegedy et al. 2016, Rethinking the Inception architecture, arXiv:1512.00567",
        kind: Kind::Spanned(curved::central_row),
    },
    Structure {
        id: "central-column",
        about: "Nothing but the column in the middle: a kernel of one dimension.",
        source: "Szegedy et al. 2016, Rethinking the Inception architecture, arXiv:1512.00567",
        kind: Kind::Spanned(curved::central_column),
    },
    Structure {
        id: "first-order-steerable",
        about: "The slope of a Gaussian in any direction: edges that need not lie along an axis.",
        source: "Freeman & Adelson 1991, The design and use of steerable filters",
        kind: Kind::Spanned(curved::first_order),
    },
    Structure {
        id: "second-order-steerable",
        about: "The curvature of a Gaussian in any direction: lines and blobs.",
        source: "Freeman & Adelson 1991, The design and use of steerable filters",
        kind: Kind::Spanned(curved::second_order),
    },
    Structure {
        id: "smooth-radial",
        about: "A smooth function of the distance from the middle.",
        source: "least squares in even powers of the distance: r² below five rows or columns, r⁴ from there on",
        kind: Kind::Spanned(curved::smooth_radial),
    },
    tied(
        "all-flips",
        "Unchanged by all eight flips and rotations: rings (D4).",
        &[same(LeftRight), same(QuarterTurn)],
    ),
    tied("quarter-turn", "Unchanged by a quarter turn (C4).", &[same(QuarterTurn)]),
    tied(
        "mirror-both",
        "The right half mirrors the left, and the lower the upper.",
        &[same(LeftRight), same(UpDown)],
    ),
    tied("mirror-left-right", "The right half mirrors the left.", &[same(LeftRight)]),
    tied("mirror-up-down", "The lower half mirrors the upper.", &[same(UpDown)]),
    tied("mirror-diagonal", "Unchanged when rows and columns change places.", &[same(Diagonal)]),
    tied(
        "mirror-antidiagonal",
        "Unchanged when rows and columns change places about the other diagonal.",
        &[same(Antidiagonal)],
    ),
    tied("half-turn", "Unchanged by a half turn (C2).", &[same(HalfTurn)]),
    tied(
        "opposed-left-right",
        "The right half is the negative of the left.",
        &[opposed(LeftRight)],
    ),
    tied("opposed-up-down", "The lower half is the negative of the upper.", &[opposed(UpDown)]),
    tied(
        "opposed-diagonal",
        "The negative of itself when rows and columns change places.",
        &[opposed(Diagonal)],
    ),
    tied(
        "opposed-antidiagonal",
        "The negative of itself when rows and columns change places about the other diagonal.",
        &[opposed(Antidiagonal)],
    ),
    tied("opposed-half-turn", "The negative of itself after a half turn.", &[opposed(HalfTurn)]),
    Structure {
        id: "separable",
        about: "The product of a column and a row: rank 1.",
        source: "Rigamonti et al. 2013, Learning separable filters",
        kind: Kind::Separable,
    },
    Structure {
        id: "free",
        about: "Any kernel.",
        source: "what is left when nothing shorter describes it",
        kind: Kind::Free,
    },
];

const fn tied(id: &'static str, about: &'static str, ties: &'static [Tie]) -> Structure {
    let source = "Hu et al. 2019, SymNet, arXiv:1906.04252; group averages";
    Structure { id, about, source, kind: Kind::Tied(ties) }
}

/// Returns the nearest kernel of rank 1.
pub(crate) fn nearest_separable(kernel: &[f64], size: Size) -> Vec<f64> {
    singular(kernel, size).first()
}
