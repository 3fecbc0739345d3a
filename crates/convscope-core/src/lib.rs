//! What every stage of convscope shares: seeds, statistics, numbers that may be missing,
//! families of named things, and content identities.
//!
//! Nothing here knows of images, networks or files.
//!
//! ```
//! use convscope_core::{Seed, stats};
//!
//! let mut draws = Seed::root(7).child("weights").stream();
//! let sample: Vec<f64> = (0..100).map(|_| draws.normal()).collect();
//! let interval = stats::mean_interval(&sample).expect("a hundred finite numbers");
//! assert!(interval.low < 0.0 && 0.0 < interval.high);
//! ```

pub mod draws;
mod identity;
mod mixture;
mod philox;
pub mod registry;
mod seed;
mod shape;
pub mod stats;
mod subspace;
mod value;
pub mod verdict;

pub use identity::{Identity, canonical_json};
pub use mixture::{Mixture, Prior};
pub use registry::{Entry, SettingError, UnknownName};
pub use seed::{Seed, Stream};
pub use shape::Shape;
pub use subspace::Subspace;
pub use value::{Missing, Value};
