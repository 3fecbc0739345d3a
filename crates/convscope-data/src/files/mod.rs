//! Files of images: what they hold, and what is wrong with them.

mod bytes;
mod error;
pub(crate) mod idx;
mod raster;
mod tar;

pub(crate) use bytes::{GZIP, hexadecimal, packed, plain, sha256};
pub use error::FilesError;
pub(crate) use raster::{EXTENSIONS, Raster};
pub(crate) use tar::archived;
