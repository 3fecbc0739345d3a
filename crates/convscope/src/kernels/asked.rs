//! What was asked for.

use std::path::PathBuf;

use convscope_core::Seed;

use super::layout::Layout;
use crate::args::KernelsArgs;
use crate::complaint::Complaint;

/// A file, and how its kernels are looked at.
pub(crate) struct Asked {
    pub(crate) path: PathBuf,
    /// Another file that it is held against.
    against: Option<PathBuf>,
    /// Whether each pattern must fit an array.
    pub(crate) strict: bool,
    /// Patterns of names; all arrays when there are none.
    pub(crate) patterns: Vec<String>,
    /// One layout at most for each count of dimensions.
    pub(crate) layouts: Vec<Layout>,
    /// Where chance comes from.
    pub(crate) seed: Seed,
}

impl Asked {
    /// Checks what was typed.
    pub(crate) fn of(args: &KernelsArgs) -> Result<Self, Complaint> {
        let mut layouts: Vec<Layout> = Vec::new();
        for letters in &args.layout {
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
        Ok(Self {
            path: args.file.clone(),
            against: args.against.clone(),
            strict: true,
            patterns: args.layer.clone(),
            layouts,
            seed: Seed::root(u64::from(args.seed)).child("kernels"),
        })
    }

    /// Returns what is asked of the other file: the same, but that a layer may be missing there.
    pub(super) fn other(&self) -> Option<Self> {
        Some(Self {
            path: self.against.clone()?,
            against: None,
            strict: false,
            patterns: self.patterns.clone(),
            layouts: self.layouts.clone(),
            seed: self.seed,
        })
    }
}
