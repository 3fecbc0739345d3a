//! One process's own file in the store.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use convscope_core::Value;

use crate::{
    Flaw, Provenance, Record, StoreError, aside, compact,
    format::VERSION,
    line::{self, Header, Written},
    log::Log,
    name, segment,
};

/// The folder of segments.
pub(crate) const SEGMENTS: &str = "segments";
/// The ending of a segment's file name.
pub(crate) const ENDING: &str = ".jsonl";

/// Appends finished jobs to a segment that no other process writes to.
///
/// A process makes one and shares it among its threads behind a lock. After an error it can be
/// used again: what was kept before is intact, what was refused is not there. One that is dropped
/// before [`finish`](Self::finish) leaves its segment, which is read as it is.
#[derive(Debug)]
pub struct Writer {
    root: PathBuf,
    name: String,
    log: Log<File>,
    records: u64,
}

impl Writer {
    pub(crate) fn start(root: &Path) -> Result<Self, StoreError> {
        let name = name::unique()?;
        let file = segment_file(root, &name);
        let folder = root.join(SEGMENTS);
        fs::create_dir_all(&folder).map_err(StoreError::system("create", &folder))?;
        let medium = File::options()
            .append(true)
            .create_new(true)
            .open(&file)
            .map_err(StoreError::system("create", &file))?;
        aside::sync_folder(&folder)?;
        let mut log = Log::new(medium);
        log.append(&line::encode(&Written::Segment(&Header { version: VERSION })))
            .map_err(StoreError::system("write", file))?;
        Ok(Self { root: root.to_owned(), name, log, records: 0 })
    }

    /// Returns the name, which no other writer has: host, process and random digits.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Appends a finished job; when this returns, it would survive a power cut.
    ///
    /// # Errors
    /// [`StoreError::NotFinite`] and [`StoreError::TableShape`] for a record that could not be
    /// read again. [`StoreError::System`], with file and reason, when it could not be written: the
    /// record is then not in the store, and can be given again.
    ///
    /// # Cost
    /// One write and one sync: some milliseconds, on a local disk as over NFS.
    pub fn keep(&mut self, record: &Record, provenance: &Provenance) -> Result<(), StoreError> {
        check(record, provenance)?;
        let mut lines = line::encode(&Written::Provenance(provenance));
        lines.extend(line::encode(&Written::Record(record)));
        self.log
            .append(&lines)
            .map_err(StoreError::system("write", segment_file(&self.root, &self.name)))?;
        self.records += 1;
        Ok(())
    }

    /// Compacts the segment to Parquet and removes it.
    ///
    /// The Parquet files are complete before the segment goes, so that a crash at any moment loses
    /// and doubles nothing. A writer that kept nothing leaves nothing.
    ///
    /// # Errors
    /// [`StoreError::System`] when the files could not be written, and [`StoreError::Damaged`] when
    /// the segment does not read back as written; the segment then stays.
    pub fn finish(self) -> Result<(), StoreError> {
        let file = segment_file(&self.root, &self.name);
        if self.records > 0 {
            let content = fs::read(&file).map_err(StoreError::system("read", &file))?;
            let mut faults = Vec::new();
            let kept: Vec<_> = segment::read(&file, &content, &mut faults)
                .into_iter()
                .map(|(_, kept)| kept)
                .collect();
            // A piece that could neither be written nor cut off was reported when it was refused.
            if let Some(fault) = faults.iter().find(|fault| fault.flaw != Flaw::Unfinished) {
                return Err(StoreError::Damaged { file, why: fault.to_string() });
            }
            if kept.len() as u64 != self.records {
                let why = format!("{} records of {} are in it", kept.len(), self.records);
                return Err(StoreError::Damaged { file, why });
            }
            compact::publish(&self.root, &self.name, &kept)?;
        }
        fs::remove_file(&file).map_err(StoreError::system("remove", file))
    }
}

fn segment_file(root: &Path, writer: &str) -> PathBuf {
    root.join(SEGMENTS).join(format!("{writer}{ENDING}"))
}

/// Refuses what would not read back as it was: JSON has no infinities, tables are rectangles.
fn check(record: &Record, provenance: &Provenance) -> Result<(), StoreError> {
    let finite = |place: &str, mut numbers: Box<dyn Iterator<Item = f64> + '_>| {
        if numbers.all(f64::is_finite) {
            return Ok(());
        }
        Err(StoreError::NotFinite { job: record.job.clone(), place: place.to_owned() })
    };
    finite("its wall time", Box::new(std::iter::once(provenance.wall_seconds)))?;
    for named in &record.values {
        finite(&format!("value `{}`", named.name), Box::new(named.value.number().into_iter()))?;
    }
    for curve in &record.curves {
        let numbers = curve.values.iter().filter_map(Value::number);
        finite(&format!("curve `{}`", curve.name), Box::new(numbers))?;
    }
    for table in &record.tables {
        finite(&format!("table `{}`", table.name), Box::new(table.counts.iter().copied()))?;
        if table.counts.len() != table.rows.len() * table.columns.len() {
            return Err(StoreError::TableShape {
                job: record.job.clone(),
                table: table.name.clone(),
                counts: table.counts.len(),
                rows: table.rows.len(),
                columns: table.columns.len(),
            });
        }
    }
    Ok(())
}
