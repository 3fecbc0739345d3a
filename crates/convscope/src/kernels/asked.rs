//! What was asked for.

use std::path::PathBuf;

use convscope_core::Seed;

use super::sought::Sought;
use crate::args::KernelsArgs;
use crate::complaint::Complaint;

/// A file, and how its kernels are looked at.
pub(crate) struct Asked {
    pub(crate) sought: Sought,
    /// Another file that it is held against.
    against: Option<PathBuf>,
    /// Where chance comes from.
    pub(crate) seed: Seed,
}

impl Asked {
    /// Checks what was typed.
    pub(crate) fn of(args: &KernelsArgs) -> Result<Self, Complaint> {
        Ok(Self {
            sought: Sought::of(&args.file, ("--layer", &args.sought.layer), &args.sought.layout)?,
            against: args.against.clone(),
            seed: Seed::root(u64::from(args.seed)).child("kernels"),
        })
    }

    /// Returns what is asked of the other file: the same, but that a layer may be missing there.
    pub(super) fn other(&self) -> Option<Self> {
        let sought = self.sought.at(self.against.as_ref()?, false);
        Some(Self { sought, against: None, seed: self.seed })
    }
}
