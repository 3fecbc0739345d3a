//! Finished segments as Parquet: two files, each named after its writer and its own checksum.
//!
//! ```text
//! records/<writer>-<checksum>.parquet    every number, in long form
//! outcomes/<writer>-<checksum>.parquet   one row for each job, names the records file
//! ```
//!
//! The records file is published first. A reader begins at the outcomes files, so a crash between
//! the two leaves nothing half-read; one before the segment's removal leaves equal records twice.

mod long;
mod outcomes;
mod outline;
mod sheet;

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
};

use crate::{
    Fault, Flaw, StoreError, aside, folder,
    format::VERSION,
    line,
    merge::{Kept, Place},
    writer,
};
use sheet::Sheet;

const RECORDS: &str = "records";
const OUTCOMES: &str = "outcomes";
const ENDING: &str = ".parquet";

/// Publishes the records of a finished writer.
pub(crate) fn publish(root: &Path, writer: &str, kept: &[Kept]) -> Result<(), StoreError> {
    let records = publish_file(root, RECORDS, writer, long::write(kept))?;
    publish_file(root, OUTCOMES, writer, outcomes::write(kept, &records))?;
    Ok(())
}

/// Reads all published records.
pub(crate) fn read(root: &Path, faults: &mut Vec<Fault>) -> Result<Vec<(Place, Kept)>, StoreError> {
    let mut found = Vec::new();
    let mut unnamed: BTreeSet<String> =
        folder::files(&root.join(RECORDS), ENDING)?.into_iter().collect();
    for name in folder::files(&root.join(OUTCOMES), ENDING)? {
        let place = Place { file: Path::new(OUTCOMES).join(&name), line: None };
        match read_pair(root, &name, &mut unnamed) {
            Ok(kept) => found.extend(kept.into_iter().map(|kept| (place.clone(), kept))),
            Err((file, flaw)) => faults.push(Place { file, line: None }.fault(flaw)),
        }
    }
    for name in unnamed {
        if !is_being_compacted(root, &name)? {
            let why = "no file in outcomes/ names it, and its segment is gone".to_owned();
            let place = Place { file: Path::new(RECORDS).join(name), line: None };
            faults.push(place.fault(Flaw::Damaged { why }));
        }
    }
    Ok(found)
}

/// Looks again, because a writer may have finished since: its outcomes file comes before its
/// segment goes.
fn is_being_compacted(root: &Path, records: &str) -> Result<bool, StoreError> {
    let (writer, _) = records.rsplit_once('-').unwrap_or((records, ""));
    let segment = format!("{writer}{}", writer::ENDING);
    if folder::files(&root.join(writer::SEGMENTS), writer::ENDING)?.contains(&segment) {
        return Ok(true);
    }
    let outcomes = folder::files(&root.join(OUTCOMES), ENDING)?;
    Ok(outcomes.iter().any(|name| name.starts_with(writer)))
}

type Flawed = (PathBuf, Flaw);

fn read_pair(root: &Path, name: &str, unnamed: &mut BTreeSet<String>) -> Result<Vec<Kept>, Flawed> {
    let outcomes = Path::new(OUTCOMES).join(name);
    let damaged = |why| (outcomes.clone(), Flaw::Damaged { why });
    let sheet = open(root, &outcomes)?;
    let records =
        sheet.note("records").ok_or_else(|| damaged("it names no records file".into()))?;
    let records_file = Path::new(RECORDS).join(&records);
    unnamed.remove(&records);
    let rows = outcomes::read(&sheet).map_err(damaged)?;
    let damaged = |why| (records_file.clone(), Flaw::Damaged { why });
    let mut numbers = long::Numbers::read(&open(root, &records_file)?).map_err(damaged)?;
    let kept: Vec<Kept> = rows
        .into_iter()
        .map(|row| row.rebuild(&mut numbers))
        .collect::<Option<_>>()
        .ok_or_else(|| damaged("it has fewer rows than its outcomes file states".into()))?;
    if !numbers.is_used_up() {
        return Err(damaged("it has more rows than its outcomes file states".into()));
    }
    Ok(kept)
}

/// Opens a file whose name holds its checksum, so that no damaged byte is ever interpreted.
fn open(root: &Path, file: &Path) -> Result<Sheet, Flawed> {
    let flawed = |flaw| (file.to_owned(), flaw);
    let content = folder::read(&root.join(file))
        .map_err(|error| flawed(Flaw::Unreadable { reason: error.to_string() }))?;
    let actual = line::checksum(&content);
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if !stem.ends_with(&actual) {
        let why = format!("its checksum is {actual}, which is not in its name");
        return Err(flawed(Flaw::Damaged { why }));
    }
    let sheet = Sheet::open(content).map_err(|why| flawed(Flaw::Damaged { why }))?;
    match sheet.note("convscope-store").and_then(|version| version.parse().ok()) {
        Some(found) if found > VERSION => Err(flawed(Flaw::Newer { found, known: VERSION })),
        Some(_) => Ok(sheet),
        None => Err(flawed(Flaw::Damaged { why: "it states no format version".into() })),
    }
}

fn publish_file(
    root: &Path,
    family: &str,
    writer: &str,
    content: Result<Vec<u8>, parquet::errors::ParquetError>,
) -> Result<String, StoreError> {
    let content = content.map_err(|error| {
        StoreError::system("compact to", root.join(family))(io::Error::other(error))
    })?;
    let name = format!("{writer}-{}{ENDING}", line::checksum(&content));
    aside::publish(&root.join(family).join(&name), &content)?;
    Ok(name)
}
