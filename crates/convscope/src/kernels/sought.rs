//! Which arrays of a file are taken for kernels.

use std::path::{Path, PathBuf};

use convscope_arrays::names::matches;

use super::layout::Layout;
use crate::complaint::Complaint;

/// A file, which of its arrays are wanted, and how these are read.
#[derive(Debug, Clone)]
pub(crate) struct Sought {
    pub(crate) path: PathBuf,
    /// The option by which arrays are named.
    pub(super) option: &'static str,
    /// Whether each pattern must fit an array.
    pub(super) strict: bool,
    /// Patterns of names; all arrays when there are none.
    pub(super) patterns: Vec<String>,
    /// One layout at most for each count of dimensions.
    pub(super) layouts: Vec<Layout>,
}

impl Sought {
    /// Checks what was typed: patterns of names, the option that gave them, and layouts.
    pub(crate) fn of(
        path: &Path,
        (option, patterns): (&'static str, &[String]),
        typed: &[String],
    ) -> Result<Self, Complaint> {
        let mut layouts: Vec<Layout> = Vec::new();
        for letters in typed {
            let layout = Layout::of(letters)?;
            if let Some(other) = layouts.iter().find(|other| other.rank() == layout.rank()) {
                return Err(Complaint::usage(format!(
                    "`{}` and `{}` are both layouts of {} dimensions",
                    other.letters(),
                    layout.letters(),
                    layout.rank()
                )));
            }
            layouts.push(layout);
        }
        let (path, patterns) = (path.to_path_buf(), patterns.to_vec());
        Ok(Self { path, option, strict: true, patterns, layouts })
    }

    /// Returns the same of another file, in which patterns need not fit unless it is `strict`.
    pub(crate) fn at(&self, path: &Path, strict: bool) -> Self {
        Self { path: path.to_path_buf(), strict, ..self.clone() }
    }

    /// Returns whether an array is wanted.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.patterns.is_empty() || self.names(name)
    }

    /// Returns whether a pattern fits an array.
    pub(super) fn names(&self, name: &str) -> bool {
        self.patterns.iter().any(|pattern| matches(pattern, name))
    }
}
