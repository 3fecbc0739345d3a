//! What is wrong with a store, where reading could go on without it.

use std::{fmt, path::PathBuf};

use convscope_core::Identity;

/// Something in a store that was left out of the reading, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file, seen from the store's folder.
    pub file: PathBuf,
    /// The line, counted from 1, in a file of lines.
    pub line: Option<usize>,
    /// What is wrong.
    pub flaw: Flaw,
}

/// What is wrong with a file or a line of a store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// The last line has no end: its writer was stopped in it, or is at it just now.
    #[error("the last line is unfinished and was ignored: its writer was stopped, or is writing")]
    Unfinished,
    /// The content is not what was written.
    #[error("damaged and skipped: {why}")]
    Damaged {
        /// How that is known.
        why: String,
    },
    /// A later convscope wrote it.
    #[error("skipped: it has format {found}, this convscope reads formats up to {known}")]
    Newer {
        /// The format of the file.
        found: u32,
        /// The newest format that can be read.
        known: u32,
    },
    /// The same job gave two results.
    #[error(
        "nondeterminism: job {job} has a second record, which was ignored; it differs in {how}"
    )]
    Differs {
        /// The job.
        job: Identity,
        /// The first difference: where, the number kept and the number ignored.
        how: String,
    },
    /// The operating system refused to read it.
    #[error("cannot be read: {reason}")]
    Unreadable {
        /// The system's words.
        reason: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.flaw)
    }
}
