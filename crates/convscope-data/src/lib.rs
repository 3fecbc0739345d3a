//! Labelled images and where they come from.
//!
//! In come settings and a seed, out come [`Images`]: brightness in 0..1, one label for each sample.
//! A [`Source`] is a member of the family [`SOURCES`]; opened with a [`Library`], which says where data
//! sets lie, it is a [`Set`] that tells shape, classes and length before anything is drawn, so that a
//! study can be planned without its images. A [`Transform`] of the family [`TRANSFORMS`] makes one
//! image of one image; a [`Chain`](transforms::Chain) applies several.
//!
//! ```text
//! settings ─ build ─▶ Source ─ open(Library) ─▶ Set ─ load(Draw) ─▶ Images ─ Chain ─▶ training
//!                                   shape, classes, len, pool            └──▶ Picture ─▶ PNG
//! ```
//!
//! ```
//! use convscope_core::{Seed, registry::find};
//! use convscope_data::{Draw, Library, Picture, SOURCES};
//! use serde_json::json;
//!
//! let edges = (find(SOURCES, "data source", "edges")?.build)(json!({ "per-class": 20 }))?;
//! let edges = edges.open(&Library::default())?;
//! assert_eq!((edges.shape().to_string(), edges.len()), ("1×28×28".into(), 60));
//!
//! let images = edges.load(Draw { seed: Seed::root(10) })?;
//! let sheet = Picture::contact_sheet(&images, 8, 1)?.magnified(4);
//! assert!(sheet.png().starts_with(b"\x89PNG"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod fetch;
mod files;
mod images;
mod known;
mod library;
mod permutation;
mod picture;
mod pool;
pub mod sources;
mod stored;
mod summary;
pub mod transforms;

pub use fetch::{FetchError, Fetcher, Pace, Step, Try};
pub use files::FilesError;
pub use images::{DataError, Images};
pub use known::{Added, Checked, KNOWN, Known, Present, SplitName};
pub use library::Library;
pub use permutation::Permutation;
pub use picture::{Picture, PictureError};
pub use pool::Pool;
pub use sources::{Draw, SOURCES, Set, Source};
pub use summary::Summary;
pub use transforms::{TRANSFORMS, Transform};
