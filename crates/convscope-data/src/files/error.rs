//! What is wrong with the files of a data set.

use std::path::{Path, PathBuf};

/// Files of a data set that cannot be used: which, what was wanted, what came, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilesError {
    /// The set is in none of the folders.
    #[error("{set} is not there: {}", looked_in(.folders))]
    Missing {
        /// The name of the set.
        set: String,
        /// Where it was looked for.
        folders: Vec<PathBuf>,
        /// What gets or adds it.
        help: String,
    },
    /// A file is not what it should be.
    #[error("{}: {why}", .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What was wanted and what came.
        why: String,
        /// What to do about it, where there is something.
        help: Option<String>,
    },
}

impl FilesError {
    /// States what is wrong with a file.
    pub(crate) fn of(file: &Path, why: impl Into<String>) -> Self {
        Self::File { file: file.to_owned(), why: why.into(), help: None }
    }

    /// Adds what to do about it, unless that is said already.
    pub(crate) fn or_help(mut self, advice: impl FnOnce() -> String) -> Self {
        if let Self::File { help: help @ None, .. } = &mut self {
            *help = Some(advice());
        }
        self
    }

    /// States that something cannot be written.
    pub(crate) fn unwritable(path: &Path, error: &std::io::Error) -> Self {
        Self::of(path, format!("it cannot be written: {error}"))
            .or_help(|| "set CONVSCOPE_DATA to a folder that can be written".into())
    }

    /// Returns the file, if it is about one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Missing { .. } => None,
            Self::File { file, .. } => Some(file),
        }
    }

    /// Returns what to do about it, where there is something.
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Missing { help, .. } => Some(help),
            Self::File { help, .. } => help.as_deref(),
        }
    }
}

fn looked_in(folders: &[PathBuf]) -> String {
    if folders.is_empty() {
        return "there is no folder to look in".into();
    }
    let folders: Vec<String> = folders.iter().map(|path| path.display().to_string()).collect();
    format!("looked in {}", folders.join(", "))
}
