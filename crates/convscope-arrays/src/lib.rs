//! Named arrays in the files of others, found without running anything in them.
//!
//! ```text
//! .npy ─────────┐                       ┌─ names, dimensions, types
//! .npz          ├─ open, read ─► Arrays ─┼─ numbers(name, rows): a block at a time
//! .safetensors  │                       └─ sample_ids
//! .pt, .pth    ─┤
//! .onnx        ─┘   (and what it says is in files beside it)
//! ```
//!
//! [`Arrays::open`] reads what a file says of itself and leaves the numbers on the disk;
//! [`Arrays::read`] does the same with bytes in memory. Numbers are read in blocks of rows, so that
//! a file may be larger than memory. [`Writer`] writes safetensors the same way.
//!
//! Files come from anywhere. Nothing in them is run, no size that they state is believed before it
//! has been held against the file's own, and what is taken of memory stays within a small multiple
//! of what is asked for, which is at most the file.

mod archive;
mod array;
mod arrays;
mod beside;
mod bytes;
mod error;
mod kind;
pub mod names;
mod npy;
mod npz;
pub mod onnx;
mod pickle;
pub mod protobuf;
mod pytorch;
mod safetensors;
mod sample_ids;
mod source;
mod writer;

pub use array::Array;
pub use arrays::Arrays;
pub use error::ArraysError;
pub use kind::Number;
pub use sample_ids::{Order, SAMPLE_IDS, SampleIds, Unmatched};
pub use source::{OnDisk, Source};
pub use writer::Writer;

use arrays::Found;

/// A kind of file that arrays are read from.
#[derive(Debug)]
pub struct Format {
    /// Its name for a reader.
    pub name: &'static str,
    /// What its files are usually called.
    pub extensions: &'static [&'static str],
    /// Whether its arrays have names; a file of a format without holds one, under an empty name.
    pub named: bool,
    /// Whether its arrays stand in the order in which they were saved.
    pub in_order: bool,
    /// Whether bytes begin as its files do.
    begins: fn(&[u8]) -> bool,
    /// Finds the arrays.
    find: fn(&Source<'_>) -> Result<Found, ArraysError>,
}

/// Every format that is read.
pub static FORMATS: &[Format] = &[
    pytorch::ARCHIVE,
    npz::FORMAT,
    npy::FORMAT,
    pytorch::LEGACY,
    safetensors::FORMAT,
    onnx::FORMAT,
];
