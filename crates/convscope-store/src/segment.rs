//! Reading what one writer appended.

use std::path::Path;

use crate::{
    Fault, Flaw, Provenance,
    format::VERSION,
    line::{self, Line},
    merge::{Kept, Place},
};

/// Reads all whole lines of a segment.
///
/// A record's provenance stands in the line before it, so that a whole record always has one.
pub(crate) fn read(file: &Path, content: &[u8], faults: &mut Vec<Fault>) -> Vec<(Place, Kept)> {
    let mut found = Vec::new();
    let mut provenance: Option<Provenance> = None;
    let mut lines = content.split(|byte| *byte == b'\n').collect::<Vec<_>>();
    let rest = lines.pop().unwrap_or_default();
    let count = lines.len();
    for (index, bytes) in lines.into_iter().enumerate() {
        let place = Place { file: file.to_owned(), line: Some(index + 1) };
        match line::decode(bytes) {
            Ok((Line::Segment(header), _)) if header.version > VERSION => {
                let flaw = Flaw::Newer { found: header.version, known: VERSION };
                faults.push(place.fault(flaw));
                return found;
            }
            Ok((Line::Segment(_), _)) => {}
            Ok((Line::Provenance(line), _)) => provenance = Some(line),
            Ok((Line::Record(record), digest)) => {
                let provenance = provenance.take().filter(|line| line.job == record.job);
                found.push((place, Kept { digest: digest.to_owned(), record, provenance }));
            }
            Err(why) => faults.push(place.fault(Flaw::Damaged { why })),
        }
    }
    if !rest.is_empty() {
        let place = Place { file: file.to_owned(), line: Some(count + 1) };
        faults.push(place.fault(Flaw::Unfinished));
    }
    found
}
