//! All 3 × 3 kernels of many files: which structures and scores they have, beside chance.
//!
//! ```text
//! paths ─► Files ─► Found: layers ─► Blocks ─┬─ first pass: largest number, Sample ─┐
//!                                            └─ second pass: Scanner ──────────────┴─► Tallied: of a layer,
//!                                                     normal kernels, own numbers ─┘   a file, all
//!                                            Tallied ─► Summary ─► text, json, page
//! ```
//!
//! Numbers are read in blocks, twice. Memory holds some blocks and some numbers of as many layers as there are
//! cores, whatever the files have; of layouts that neither begin with outputs or inputs nor with rows and columns the
//! array.

mod asked;
mod blocks;
mod chance;
mod file;
mod files;
mod json;
mod layer;
mod page;
mod progress;
mod sample;
mod skips;
mod summary;
mod tallied;
mod text;

pub(crate) use self::asked::Asked;
use self::file::{ScannedFile, scanned};
pub(crate) use self::json::Written;
use self::layer::Tools;
pub(crate) use self::page::Paged;
use self::progress::Progress;
use self::skips::Skips;
use self::summary::Summary;
use self::tallied::Tallied;
pub(crate) use self::text::Told;
use crate::complaint::Complaint;
use crate::kernels::counted;

/// Who is told what is found, file by file.
pub(crate) trait Hears {
    /// Hears of a file.
    fn file(&mut self, file: &ScannedFile) -> Result<(), Complaint>;
}

/// What all files have.
pub(crate) struct Total {
    tallied: Tallied,
    summary: Summary,
    /// How many files have kernels of 3 × 3, and in how many layers.
    files: usize,
    layers: usize,
    /// How many have none.
    without: usize,
    /// Files and folders that cannot be read, and why.
    unread: Vec<(String, String)>,
    skips: Skips,
}

impl Total {
    /// Scans all files, and tells of each when it is done.
    ///
    /// A file alone that cannot be read is a complaint; one of several is counted.
    pub(crate) fn scan(asked: &Asked, hearers: &mut [&mut dyn Hears]) -> Result<Self, Complaint> {
        let (files, tools) = (&asked.files, Tools::new(asked.seed));
        let alone = files.list.len() == 1 && files.closed.is_empty();
        let closed =
            files.closed.iter().map(|(path, why)| (path.display().to_string(), why.clone()));
        let tallied = Tallied::new();
        let mut total = Self {
            summary: Summary::of(&tallied, tools.zero),
            tallied,
            files: 0,
            layers: 0,
            without: 0,
            unread: closed.collect(),
            skips: Skips::default(),
        };
        let progress =
            Progress::new(files.list.len(), files.list.iter().map(|file| file.bytes).sum());
        for file in &files.list {
            match scanned(&asked.sought.at(&file.path, alone), &tools, &progress) {
                Ok((found, tallied)) => {
                    total.add(&found, &tallied);
                    for hearer in hearers.iter_mut() {
                        hearer.file(&found)?;
                    }
                }
                Err(complaint) if alone => return Err(complaint),
                Err(complaint) => {
                    total.cannot_read(file.path.display().to_string(), complaint.message());
                }
            }
            progress.file(file.bytes);
        }
        total.summary = Summary::of(&total.tallied, tools.zero);
        Ok(total)
    }

    fn add(&mut self, found: &ScannedFile, tallied: &Tallied) {
        self.tallied.merge(tallied);
        self.layers += found.layers.len();
        let with = usize::from(!found.layers.is_empty());
        (self.files, self.without) = (self.files + with, self.without + 1 - with);
        self.skips.add(found);
    }

    fn cannot_read(&mut self, path: String, why: &str) {
        let why = why.strip_prefix(&format!("{path}: ")).unwrap_or(why).to_owned();
        self.unread.push((path, why));
    }

    /// Complains where nothing could be scanned.
    pub(crate) fn check(&self) -> Result<(), Complaint> {
        if self.layers > 0 {
            return Ok(());
        }
        let mut parts = Vec::new();
        if self.without > 0 {
            let holds =
                if self.skips.is_empty() { "no array at all".into() } else { self.skips.told() };
            parts.push(format!(
                "{} without kernels of 3 × 3, which hold {holds}",
                counted(self.without, "file")
            ));
        }
        parts.extend(self.unread());
        Err(Complaint::Usage {
            message: format!("there is nothing to scan: {}", parts.join("; ")),
            help: Some("`convscope kernels FILE` looks at kernels of other sizes; --layout says what dimensions are".into()),
        })
    }

    /// Returns what could not be read, in words; nothing where all could.
    pub(crate) fn unread(&self) -> Option<String> {
        const NAMED: usize = 8;
        let count = self.unread.len();
        let mut named: Vec<String> =
            self.unread.iter().take(NAMED).map(|(path, why)| format!("{path}: {why}")).collect();
        if count > NAMED {
            named.push(format!("{} more", count - NAMED));
        }
        (count > 0).then(|| {
            let paths = counted(count, "path");
            format!("{paths} cannot be read: {}", named.join("; "))
        })
    }
}
