//! Studies.
mod error;
mod file;
mod sweep;
mod text;
pub use error::{Place, StudyError};
pub use file::{Claim, DataTable, KernelShow, ModelTable, SampleShow, Show, StudyFile};
pub use text::Text;
