//! Labelled images and where they come from.
//!
//! In come settings and a seed, out come [`Images`]: brightness in 0..1, one label for each sample.
//! A [`Source`] is a member of the family [`SOURCES`]; it tells shape, classes and length before
//! anything is drawn, so that a study can be planned without its images. A [`Transform`] of the family [`TRANSFORMS`] makes
//! one image of one image; a [`Chain`](transforms::Chain) applies several.
//!
//! ```text
//! settings ─ build ─▶ Source ─ load(Draw) ─▶ Images ─ Chain ─▶ Images ─▶ training
//!                     shape, classes, len       └────▶ Picture ─▶ PNG
//! ```
//!
//! ```
//! use convscope_core::{Seed, registry::find};
//! use convscope_data::{Draw, Picture, SOURCES};
//! use serde_json::json;
//!
//! let edges = (find(SOURCES, "data source", "edges")?.build)(json!({ "per-class": 20 }))?;
//! assert_eq!((edges.shape().to_string(), edges.len()), ("1×28×28".into(), 60));
//!
//! let images = edges.load(Draw { seed: Seed::root(10) })?;
//! let sheet = Picture::contact_sheet(&images, 8, 1)?.magnified(4);
//! assert!(sheet.png().starts_with(b"\x89PNG"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod images;
mod permutation;
mod picture;
pub mod sources;
pub mod transforms;

pub use images::{DataError, Images};
pub use permutation::Permutation;
pub use picture::{Picture, PictureError};
pub use sources::{Draw, SOURCES, Source};
pub use transforms::{TRANSFORMS, Transform};
