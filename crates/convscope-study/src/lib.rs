//! Studies: from a question in TOML to a plan, from a plan to jobs, from jobs to records.
//!
//! ```text
//! Text (values and places) ─► StudyFile (what was written) ─► Plan (all names resolved) ─► Jobs ─► run
//! ```
//!
//! Nothing runs before everything is checked: nets against the shape of their images, initialisers
//! against nets, queries against the views of the store. A [`StudyError`] names the place.
//!
//! ```
//! use convscope_data::Library;
//! use convscope_study::{BUILTIN, Plan, Text};
//!
//! let hello = &BUILTIN[0];
//! let plan = Plan::of(hello.name, Text::parse(hello.text)?, &Library::default())?;
//! assert_eq!(plan.arms.len(), 2);
//! # Ok::<(), convscope_study::StudyError>(())
//! ```

mod bounds;
mod builtin;
mod claims;
mod described;
mod error;
mod estimate;
mod file;
mod groups;
mod job;
mod kept;
mod lineage;
mod made;
mod measure;
mod measures;
mod plan;
mod population;
mod quantity;
mod queue;
mod resolve;
mod run;
mod samples;
mod settings;
mod shelf;
mod show;
mod start;
mod sweep;
mod text;
mod work;
mod worker;

pub use bounds::{grouped, size};
pub use builtin::{BUILTIN, BuiltIn};
pub use claims::{PlannedClaim, Test};
pub use described::Described;
pub use error::{Place, StudyError};
pub use estimate::{disk_bytes, seconds};
pub use file::{
    Between, Claim, DataTable, FromFile, KernelShow, MeasureTable, ModelTable, SampleShow, Show,
    StudyFile, What,
};
pub use job::{
    Drawn, Job, Kept, SAMPLES_FILE, StartError, Training, Work, multiply_adds, replicate_seed,
};
pub use kept::{KeptError, damaged_files, kept_samples, kept_weights};
pub use measure::Measurement;
pub use plan::{Arm, Plan};
pub use quantity::Quantity;
pub use run::{Event, Run, Summary, missing, run};
pub use samples::{SampleGroup, SampleImage};
pub use settings::Settings;
pub use show::{Content, PlannedShow};
pub use start::{FileError, FileStart};
pub use text::Text;
