//! Files of images: what they hold, and what is wrong with them.

mod bytes;
mod error;
pub(crate) mod idx;
mod tar;

pub(crate) use bytes::{hexadecimal, packed, plain};
pub use error::FilesError;
pub(crate) use tar::archived;
