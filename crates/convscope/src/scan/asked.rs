//! What was asked for.

use std::path::Path;

use convscope_core::Seed;

use super::files::Files;
use crate::args::ScanArgs;
use crate::complaint::Complaint;
use crate::kernels::Sought;

/// Files, and how their kernels are looked at.
pub(crate) struct Asked {
    /// The paths as they were typed.
    pub(super) paths: Vec<String>,
    pub(super) files: Files,
    /// Which arrays of each file are wanted; it is of no file itself.
    pub(super) sought: Sought,
    /// The number from which chance comes, and where.
    pub(super) number: u32,
    pub(super) seed: Seed,
}

impl Asked {
    /// Checks what was typed, and looks for the files.
    pub(crate) fn of(args: &ScanArgs) -> Result<Self, Complaint> {
        Ok(Self {
            paths: args.paths.iter().map(|path| path.display().to_string()).collect(),
            sought: Sought::of(
                Path::new(""),
                ("--layer", &args.sought.layer),
                &args.sought.layout,
            )?,
            files: Files::of(&args.paths)?,
            number: args.seed,
            seed: Seed::root(u64::from(args.seed)).child("scan"),
        })
    }
}
