//! What can be wrong with a file of arrays.

use crate::FORMATS;

/// Arrays that cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ArraysError {
    /// The file begins as none that is known.
    #[error("this is no file of arrays; what is read is {}", extensions())]
    Unknown,
    /// The file system does not hand out the bytes.
    #[error("it cannot be read: {0}")]
    File(String),
    /// The bytes are not what their format says.
    #[error("these {format} cannot be read: {why}")]
    Format {
        /// The format.
        format: &'static str,
        /// What was wanted and what came.
        why: String,
    },
    /// The arrays are inside of what only a program can make.
    #[error(
        "the file holds no tensors that can be found without running `{global}`, and nothing in a \
         file is run; save a dictionary of tensors instead"
    )]
    Code {
        /// What would have to be run.
        global: String,
    },
}

/// Lists what files of arrays are called.
fn extensions() -> String {
    let mut names: Vec<&str> =
        FORMATS.iter().flat_map(|format| format.extensions).copied().collect();
    names.sort_unstable();
    names.dedup();
    names.iter().map(|name| format!(".{name}")).collect::<Vec<_>>().join(", ")
}
