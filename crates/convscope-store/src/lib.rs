//! What convscope keeps, and how it is asked for.
//!
//! ```text
//! store/format.json                            the version of all below
//! store/segments/<writer>.jsonl                one file for each writing process, one line for each record
//! store/records/<writer>-<checksum>.parquet    finished segments: every number, in long form
//! store/outcomes/<writer>-<checksum>.parquet   finished segments: one row for each job
//! store/jobs/<hh>/<id>/<file>                  weights, checkpoints, and whatever else needs a file
//! store/studies/<name>-<hash>/                 studies as they were run
//!
//! jobs ─► Writer ─► segment ─► Parquet
//!                       └─────────┴─► Contents ─► Database ─► Rows
//! ```
//!
//! Many hosts may write to one store on a shared file system. There are no locks, no file with two
//! writers and no database on disk, because none of these works everywhere; what is kept are
//! appended lines that know whether they are whole, and files that appear by renaming. The key of
//! everything is the job's identity, which is made from its settings: work done twice gives the
//! same record twice, and is counted once.

mod aside;
mod axes;
mod compact;
mod database;
mod difference;
mod error;
mod fault;
mod folder;
mod format;
mod line;
mod log;
mod merge;
mod name;
mod provenance;
mod record;
mod rows;
mod segment;
mod store;
mod studies;
mod study;
mod writer;

pub use axes::{AxisNameError, FIXED_COLUMNS, check_axis_names};
pub use database::{Database, QueryError};
pub use error::StoreError;
pub use fault::{Fault, Flaw};
pub use provenance::Provenance;
pub use record::{Curve, Named, Outcome, Record, Table};
pub use rows::{Cell, Rows};
pub use store::{Contents, Published, Store, Studies};
pub use study::{Axis, JobKind, Placement, StudyCopy};
pub use writer::Writer;
