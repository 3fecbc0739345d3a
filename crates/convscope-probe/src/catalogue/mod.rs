//! The structures that kernels can have, one list.

pub(crate) mod curved;
mod tied;

use convscope_core::Subspace;

use crate::Flip::{Antidiagonal, Diagonal, HalfTurn, LeftRight, QuarterTurn, UpDown};
use crate::singular::singular;
use crate::{Flips, Size};
use tied::Move::{AlongColumns, AlongRows, By};
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
    /// The flips under which such kernels stay such kernels.
    pub unseen: Flips,
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
    tied("constant", "One number everywhere.", Flips::All, &[same(AlongRows), same(AlongColumns)]),
    tied(
        "identical-columns-mirrored",
        "All columns are identical, and the lower half mirrors the upper: horizontal lines.",
        Flips::Upright,
        &[same(AlongRows), same(By(UpDown))],
    ),
    tied(
        "identical-rows-mirrored",
        "All rows are identical, and the right half mirrors the left: vertical lines.",
        Flips::Upright,
        &[same(AlongColumns), same(By(LeftRight))],
    ),
    tied(
        "identical-columns-opposed",
        "All columns are identical, and the lower half is the negative of the upper: horizontal edges.",
        Flips::Upright,
        &[same(AlongRows), opposed(By(UpDown))],
    ),
    tied(
        "identical-rows-opposed",
        "All rows are identical, and the right half is the negative of the left: vertical edges.",
        Flips::Upright,
        &[same(AlongColumns), opposed(By(LeftRight))],
    ),
    tied("identical-columns", "All columns are identical.", Flips::Upright, &[same(AlongRows)]),
    tied("identical-rows", "All rows are identical.", Flips::Upright, &[same(AlongColumns)]),
    Structure {
        id: "central-row",
        about: "Nothing but the row in the middle: a kernel of one dimension.",
        source: "Szegedy et al. 2016, Rethinking the Inception architecture, arXiv:1512.00567",
        unseen: Flips::Upright,
        kind: Kind::Spanned(curved::central_row),
    },
    Structure {
        id: "central-column",
        about: "Nothing but the column in the middle: a kernel of one dimension.",
        source: "Szegedy et al. 2016, Rethinking the Inception architecture, arXiv:1512.00567",
        unseen: Flips::Upright,
        kind: Kind::Spanned(curved::central_column),
    },
    Structure {
        id: "first-order-steerable",
        about: "The slope of a Gaussian in any direction: edges that need not lie along an axis.",
        source: "Freeman & Adelson 1991, The design and use of steerable filters",
        unseen: Flips::All,
        kind: Kind::Spanned(curved::first_order),
    },
    Structure {
        id: "second-order-steerable",
        about: "The curvature of a Gaussian in any direction: lines and blobs.",
        source: "Freeman & Adelson 1991, The design and use of steerable filters",
        unseen: Flips::All,
        kind: Kind::Spanned(curved::second_order),
    },
    Structure {
        id: "smooth-radial",
        about: "A smooth function of the distance from the middle.",
        source: "least squares in even powers of the distance: r² below five rows or columns, r⁴ from there on",
        unseen: Flips::All,
        kind: Kind::Spanned(curved::smooth_radial),
    },
    tied(
        "all-flips",
        "Unchanged by all eight flips and rotations: rings (D4).",
        Flips::All,
        &[same(By(LeftRight)), same(By(QuarterTurn))],
    ),
    tied("quarter-turn", "Unchanged by a quarter turn (C4).", Flips::All, &[same(By(QuarterTurn))]),
    tied(
        "mirror-both",
        "The right half mirrors the left, and the lower the upper.",
        Flips::All,
        &[same(By(LeftRight)), same(By(UpDown))],
    ),
    tied(
        "mirror-left-right",
        "The right half mirrors the left.",
        Flips::Upright,
        &[same(By(LeftRight))],
    ),
    tied(
        "mirror-up-down",
        "The lower half mirrors the upper.",
        Flips::Upright,
        &[same(By(UpDown))],
    ),
    tied(
        "mirror-diagonal",
        "Unchanged when rows and columns change places.",
        Flips::Slanted,
        &[same(By(Diagonal))],
    ),
    tied(
        "mirror-antidiagonal",
        "Unchanged when rows and columns change places about the other diagonal.",
        Flips::Slanted,
        &[same(By(Antidiagonal))],
    ),
    tied("half-turn", "Unchanged by a half turn (C2).", Flips::All, &[same(By(HalfTurn))]),
    tied(
        "opposed-left-right",
        "The right half is the negative of the left.",
        Flips::Upright,
        &[opposed(By(LeftRight))],
    ),
    tied(
        "opposed-up-down",
        "The lower half is the negative of the upper.",
        Flips::Upright,
        &[opposed(By(UpDown))],
    ),
    tied(
        "opposed-diagonal",
        "The negative of itself when rows and columns change places.",
        Flips::Slanted,
        &[opposed(By(Diagonal))],
    ),
    tied(
        "opposed-antidiagonal",
        "The negative of itself when rows and columns change places about the other diagonal.",
        Flips::Slanted,
        &[opposed(By(Antidiagonal))],
    ),
    tied(
        "opposed-half-turn",
        "The negative of itself after a half turn.",
        Flips::All,
        &[opposed(By(HalfTurn))],
    ),
    Structure {
        id: "separable",
        about: "The product of a column and a row: rank 1.",
        source: "Rigamonti et al. 2013, Learning separable filters",
        unseen: Flips::All,
        kind: Kind::Separable,
    },
    Structure {
        id: "free",
        about: "Any kernel.",
        source: "what is left when nothing shorter describes it",
        unseen: Flips::All,
        kind: Kind::Free,
    },
];

const fn tied(
    id: &'static str,
    about: &'static str,
    unseen: Flips,
    ties: &'static [Tie],
) -> Structure {
    let source = "Hu et al. 2019, SymNet, arXiv:1906.04252; group averages";
    Structure { id, about, source, unseen, kind: Kind::Tied(ties) }
}

/// Returns the nearest kernel of rank 1.
pub(crate) fn nearest_separable(kernel: &[f64], size: Size) -> Vec<f64> {
    singular(kernel, size).first()
}
