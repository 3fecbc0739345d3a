//! What structure kernels have: the ideal kernel that each is near, and how many bits that takes.
//!
//! A [`Structure`] is a set of kernels that a few numbers describe, such as those whose columns are
//! identical. Most are linear subspaces; the nearest kernel of a structure is then a projection. A
//! [`Catalogue`] holds those that exist at one [`Size`] and describes a kernel by the one with the
//! shortest code.
//!
//! ```
//! use convscope_probe::{Catalogue, Grid, Size};
//!
//! let lines = [
//!     0.0, 0.1, 0.0, 0.0, 0.0, //
//!     1.0, 1.0, 1.1, 0.5, 0.9, //
//!     3.0, 3.3, 3.1, 2.9, 3.2, //
//!     1.1, 1.0, 1.1, 0.9, 1.0, //
//!     0.1, 0.3, 0.1, 0.1, 0.1,
//! ];
//! let catalogue = Catalogue::new(Size::square(5));
//! let description = catalogue.describe(&lines, Grid::of(&lines, 8));
//! assert_eq!(description.structure.id, "identical-columns-mirrored");
//! assert_eq!(description.dimension, 3);
//! let rows: Vec<f64> = description.ideal.chunks(5).map(|row| (row[0] * 100.0).round()).collect();
//! assert_eq!(rows, [8.0, 96.0, 310.0, 96.0, 8.0]);
//! ```

mod card;
mod catalogue;
mod chance;
mod description;
mod flip;
mod layer;
mod layers;
mod own;
mod probes;
mod scan;
mod shelf;
mod singular;
mod size;
mod solve;
mod workbench;

pub use card::{Card, Details, Scored};
pub use catalogue::{STRUCTURES, Structure};
pub use chance::{Chance, Share};
pub use description::{Catalogue, Description, Grid};
pub use flip::{Flip, Flips};
pub use layer::{Layer, LayerError};
pub use layers::{
    Colour, Components, Dealt, Drift, DriftError, Duplicates, Judged, Kse, LayerCard, Level, Nulls,
    Ranked, Shift, drift, shift,
};
pub use probes::gabor::Gabor;
pub use probes::operators::{Match, OPERATORS, Operator};
pub use probes::{Absent, PROBES, Probe, Unseen};
pub use scan::{BINS, Scan, Scanner, Tally};
pub use shelf::{Lot, Shelf};
pub use singular::{Singular, singular};
pub use size::Size;
pub use workbench::{DRAWS, PERMUTED_DRAWS, Reading, Workbench};
