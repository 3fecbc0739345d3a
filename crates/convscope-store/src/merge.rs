//! One record for each job.

use std::{collections::BTreeMap, path::PathBuf};

use convscope_core::Identity;

use crate::{Fault, Flaw, Outcome, Provenance, Record, difference::difference};

/// A record as found in a file.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The checksum of the record's line.
    pub(crate) digest: String,
    pub(crate) record: Record,
    pub(crate) provenance: Option<Provenance>,
}

/// Where in the store something was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) file: PathBuf,
    pub(crate) line: Option<usize>,
}

impl Place {
    pub(crate) fn fault(&self, flaw: Flaw) -> Fault {
        Fault { file: self.file.clone(), line: self.line, flaw }
    }
}

/// Chooses one record for each job.
///
/// There is no clock that all writers share, so "first" is decided by content: a completed record
/// before a failure (which gives way silently, as the job was simply tried again), then the lower
/// checksum. The choice does not depend on the names or the order of files.
pub(crate) fn merge(
    found: Vec<(Place, Kept)>,
    faults: &mut Vec<Fault>,
) -> BTreeMap<Identity, Kept> {
    let mut candidates: BTreeMap<Identity, Vec<(Place, Kept)>> = BTreeMap::new();
    for (place, kept) in found {
        candidates.entry(kept.record.job.clone()).or_default().push((place, kept));
    }
    let chosen = |(job, mut candidates): (Identity, Vec<(Place, Kept)>)| {
        if candidates.len() > 1 {
            candidates.sort_by_cached_key(|(_, kept)| rank(kept));
        }
        let mut candidates = candidates.into_iter();
        let (_, first) = candidates.next().expect("every job was found at least once");
        for (place, other) in candidates {
            faults.extend(nondeterminism(&first, &other).map(|flaw| place.fault(flaw)));
        }
        (job, first)
    };
    candidates.into_iter().map(chosen).collect()
}

fn rank(kept: &Kept) -> (bool, String, bool, String) {
    let failed = matches!(kept.record.outcome, Outcome::Failed { .. });
    let provenance = serde_json::to_string(&kept.provenance).unwrap_or_default();
    (failed, kept.digest.clone(), kept.provenance.is_none(), provenance)
}

fn nondeterminism(first: &Kept, other: &Kept) -> Option<Flaw> {
    if first.digest == other.digest || matches!(other.record.outcome, Outcome::Failed { .. }) {
        return None;
    }
    let mut how = difference(&first.record, &other.record)?;
    if let (Some(one), Some(two)) = (&first.provenance, &other.provenance)
        && (&one.tool, &one.level) != (&two.tool, &two.level)
    {
        let made = |by: &Provenance| format!("convscope {} with {}", by.tool, by.level);
        how = format!("{how} ({} against {})", made(one), made(two));
    }
    Some(Flaw::Differs { job: first.record.job.clone(), how })
}
