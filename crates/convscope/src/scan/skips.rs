//! Arrays of many files that are not scanned, by reason.

use std::collections::BTreeMap;

use super::file::ScannedFile;
use crate::kernels::{by_reason, counted};

/// How often each reason holds.
#[derive(Default)]
pub(super) struct Skips(BTreeMap<String, Skip>);

/// A reason why arrays are not scanned.
pub(super) struct Skip {
    pub(super) arrays: usize,
    pub(super) files: usize,
    /// The first array that it holds for: its file and name.
    pub(super) first: [String; 2],
}

impl Skips {
    /// Adds those of a file.
    pub(super) fn add(&mut self, file: &ScannedFile) {
        for (why, arrays) in by_reason(&file.skipped) {
            let first =
                || Skip { arrays: 0, files: 0, first: [file.path.clone(), arrays[0].name.clone()] };
            let skip = self.0.entry(why.to_owned()).or_insert_with(first);
            skip.arrays += arrays.len();
            skip.files += 1;
        }
    }

    /// Returns whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns each reason, the most frequent first.
    pub(super) fn all(&self) -> Vec<(&str, &Skip)> {
        let mut all: Vec<_> = self.0.iter().map(|(why, skip)| (why.as_str(), skip)).collect();
        all.sort_by_key(|(_, skip)| std::cmp::Reverse(skip.arrays));
        all
    }

    /// Counts those of each reason.
    pub(super) fn told(&self) -> String {
        let told = self
            .all()
            .into_iter()
            .map(|(why, skip)| format!("{}: {why}", counted(skip.arrays, "array")));
        told.collect::<Vec<_>>().join("; ")
    }
}
