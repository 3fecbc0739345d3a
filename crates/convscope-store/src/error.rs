//! Why a store cannot be used.

use std::{io, path::PathBuf};

use convscope_core::Identity;

/// Why a store could not be opened, written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The folder is not a store.
    #[error("there is no store in {}: it has no format.json; name the folder that a run wrote to", folder.display())]
    NotAStore {
        /// The folder.
        folder: PathBuf,
    },
    /// A later convscope made the store.
    #[error("{} has format {found}, this convscope reads formats up to {known}; use a newer convscope or another store", file.display())]
    Newer {
        /// The file that says so.
        file: PathBuf,
        /// The store's format.
        found: u32,
        /// The newest format that can be read.
        known: u32,
    },
    /// A file that the whole store rests on is not what was written.
    #[error("{} is damaged: {why}", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// How that is known.
        why: String,
    },
    /// The operating system refused.
    #[error("cannot {doing} {}: {reason}{}", file.display(), advice(reason))]
    System {
        /// What was to be done ("write", "read").
        doing: &'static str,
        /// To which file.
        file: PathBuf,
        /// The system's words.
        reason: io::Error,
    },
    /// A name that cannot be part of a path everywhere.
    #[error(
        "`{name}` cannot name a {what}: use letters, digits, `-`, `_` and `.`, beginning with a letter or a digit, 100 characters at most"
    )]
    Name {
        /// What was to be named.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A number that is not finite, where a missing one should carry its reason.
    #[error(
        "job {job} has a number in {place} that is not finite; state it as missing, with the reason"
    )]
    NotFinite {
        /// The job.
        job: Identity,
        /// Where the number stands.
        place: String,
    },
    /// A table whose counts do not fill its rows and columns.
    #[error(
        "table `{table}` of job {job} has {counts} counts for {rows} rows and {columns} columns"
    )]
    TableShape {
        /// The job.
        job: Identity,
        /// The table.
        table: String,
        /// How many counts came.
        counts: usize,
        /// How many rows are named.
        rows: usize,
        /// How many columns are named.
        columns: usize,
    },
    /// An axis that could not be a column.
    #[error(transparent)]
    Axis(#[from] crate::AxisNameError),
}

impl StoreError {
    pub(crate) fn system(
        doing: &'static str,
        file: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let file = file.into();
        move |reason| Self::System { doing, file, reason }
    }
}

fn advice(reason: &io::Error) -> &'static str {
    match reason.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; all that was kept before is intact: make room and run again"
        }
        _ => "",
    }
}
