//! The folder that everything is kept in.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use convscope_core::Identity;

use crate::{
    Fault, Flaw, Provenance, Record, StoreError, StudyCopy, Writer, aside, compact, folder, format,
    merge::{self, Kept, Place},
    name, segment, studies,
    writer::{ENDING, SEGMENTS},
};

/// Where the files of jobs are.
const JOBS: &str = "jobs";

/// A folder with records, the files of jobs, and studies.
///
/// Any number of processes on any number of hosts may write to it at once: each appends to a
/// segment of its own, and whole files appear by renaming. There are no locks.
///
/// ```
/// use convscope_core::{Identity, Value};
/// use convscope_store::{Named, Outcome, Provenance, Record, Store};
///
/// let folder = std::env::temp_dir().join(format!("convscope-doc-{}", std::process::id()));
/// let store = Store::create(&folder)?;
/// let job = Identity::of_bytes(b"settings");
/// let record = Record {
///     job: job.clone(),
///     settings: serde_json::json!({ "net": "simple-cnn" }),
///     outcome: Outcome::Done,
///     values: vec![Named::new("valid-accuracy", Value::Number(0.93))],
///     curves: Vec::new(),
///     tables: Vec::new(),
/// };
/// let provenance = Provenance {
///     job: job.clone(),
///     tool: "0.1.0".into(),
///     level: "avx2".into(),
///     threads: 2,
///     wall_seconds: 1.5,
///     peak_memory_bytes: 20_000_000,
///     data: Default::default(),
/// };
/// let mut writer = store.writer()?;
/// writer.keep(&record, &provenance)?;
/// writer.finish()?;
/// assert_eq!(store.read()?.records[&job], record);
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), convscope_store::StoreError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

/// All that could be read of a store.
#[derive(Debug, Default)]
pub struct Contents {
    /// The records, one for each job.
    pub records: BTreeMap<Identity, Record>,
    /// Where they came from.
    pub provenance: BTreeMap<Identity, Provenance>,
    /// What was left out, and why.
    pub faults: Vec<Fault>,
}

/// The copies that are current, one for each study name.
#[derive(Debug, Default)]
pub struct Studies {
    /// The copies, by name.
    pub copies: Vec<StudyCopy>,
    /// What was left out, and why.
    pub faults: Vec<Fault>,
}

/// What publishing a file found in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// Nothing.
    New,
    /// The same bytes; nothing was written.
    Same,
    /// Other bytes, which were replaced: the same job gave two results.
    Replaced,
}

impl Store {
    /// Opens a store.
    ///
    /// # Errors
    /// [`StoreError::NotAStore`], and [`StoreError::Newer`] for one that a later convscope made.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, StoreError> {
        let root = folder.as_ref().to_owned();
        format::check(&root)?;
        Ok(Self { root })
    }

    /// Opens a store, and makes one where there is none.
    ///
    /// # Errors
    /// [`StoreError::System`] when the folder cannot be made, and [`StoreError::Newer`].
    pub fn create(folder: impl AsRef<Path>) -> Result<Self, StoreError> {
        let root = folder.as_ref().to_owned();
        fs::create_dir_all(&root).map_err(StoreError::system("create", &root))?;
        format::write(&root)?;
        Ok(Self { root })
    }

    /// Returns the store's folder.
    pub fn folder(&self) -> &Path {
        &self.root
    }

    /// Starts a segment of its own for this process.
    ///
    /// # Errors
    /// [`StoreError::System`] when nothing can be written to the store.
    pub fn writer(&self) -> Result<Writer, StoreError> {
        Writer::start(&self.root)
    }

    /// Reads all segments and Parquet files.
    ///
    /// Of two records of one job a completed one goes before a failure, then the one with the lower
    /// checksum; the choice does not depend on file names or their order. Whatever cannot be read
    /// is a fault, and the rest is read.
    ///
    /// # Errors
    /// [`StoreError::System`] when a folder cannot be listed.
    pub fn read(&self) -> Result<Contents, StoreError> {
        let (mut found, mut faults) = (Vec::new(), Vec::new());
        // Segments before Parquet files: one that vanishes in between was compacted before.
        for name in folder::files(&self.root.join(SEGMENTS), ENDING)? {
            let file = Path::new(SEGMENTS).join(name);
            match folder::read(&self.root.join(&file)) {
                Ok(content) => found.extend(segment::read(&file, &content, &mut faults)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    let flaw = Flaw::Unreadable { reason: error.to_string() };
                    faults.push(Place { file, line: None }.fault(flaw));
                }
            }
        }
        found.extend(compact::read(&self.root, &mut faults)?);
        let mut contents = Contents::default();
        for (job, kept) in merge::merge(found, &mut faults) {
            let Kept { record, provenance, .. } = kept;
            contents.provenance.extend(provenance.map(|provenance| (job.clone(), provenance)));
            contents.records.insert(job, record);
        }
        contents.faults = faults;
        Ok(contents)
    }

    /// Returns where a file of a job is, or would be.
    ///
    /// Not a way to wait for a file: over NFS a path that was looked at too early stays invisible
    /// for half a minute.
    pub fn job_file(&self, job: &Identity, name: &str) -> PathBuf {
        self.root.join(JOBS).join(&job.as_str()[..2]).join(job.as_str()).join(name)
    }

    /// Reads a file of a job; `None` if there is none.
    ///
    /// # Errors
    /// [`StoreError::System`] when it is there and cannot be read.
    pub fn read_job_file(&self, job: &Identity, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let file = self.job_file(job, name);
        match folder::read(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            content => content.map(Some).map_err(StoreError::system("read", file)),
        }
    }

    /// Returns the files of all jobs, seen from the store's folder, sorted.
    ///
    /// # Errors
    /// [`StoreError::System`] when a folder cannot be listed.
    pub fn job_files(&self) -> Result<Vec<PathBuf>, StoreError> {
        let mut found = vec![PathBuf::from(JOBS)];
        // Jobs lie in folders of those whose names begin alike.
        for _ in 0..3 {
            let mut within = Vec::new();
            for folder in found.into_iter().filter(|folder| self.root.join(folder).is_dir()) {
                let names = folder::files(&self.root.join(&folder), "")?;
                within.extend(names.into_iter().map(|name| folder.join(name)));
            }
            found = within;
        }
        Ok(found)
    }

    /// Publishes a file of a job: readers see all of it or nothing, even after a power cut.
    ///
    /// # Errors
    /// [`StoreError::Name`] for a name that is no plain file name, [`StoreError::System`] when it
    /// cannot be written.
    pub fn publish(
        &self,
        job: &Identity,
        name: &str,
        bytes: &[u8],
    ) -> Result<Published, StoreError> {
        name::check("file of a job", name)?;
        let published = match self.read_job_file(job, name)? {
            None => Published::New,
            Some(there) if there == bytes => return Ok(Published::Same),
            Some(_) => Published::Replaced,
        };
        aside::publish(&self.job_file(job, name), bytes)?;
        Ok(published)
    }

    /// Takes back a file of a job, if there is one.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    pub fn withdraw(&self, job: &Identity, name: &str) -> Result<(), StoreError> {
        name::check("file of a job", name)?;
        let file = self.job_file(job, name);
        match fs::remove_file(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(StoreError::system("remove", file)),
        }
    }

    /// Publishes a copy of a study, which becomes the current one of its name.
    ///
    /// # Errors
    /// [`StoreError::Name`] for a name that cannot be a folder's, [`StoreError::Axis`] for an axis
    /// that cannot be a column, [`StoreError::System`] when it cannot be written.
    pub fn publish_study(&self, study: &StudyCopy) -> Result<(), StoreError> {
        studies::publish(&self.root, study)
    }

    /// Reads the current copy of every study, sorted by name.
    ///
    /// # Errors
    /// [`StoreError::System`] when the folder cannot be listed.
    pub fn current_studies(&self) -> Result<Studies, StoreError> {
        let mut faults = Vec::new();
        let copies = studies::read_current(&self.root, &mut faults)?;
        Ok(Studies { copies, faults })
    }

    /// Returns the folder of a study's copy.
    pub fn study_folder(&self, study: &StudyCopy) -> PathBuf {
        self.root.join(studies::STUDIES).join(study.folder_name())
    }

    /// Publishes a file, such as the report, in the folder of a study's copy; returns where.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    pub fn publish_in_study(
        &self,
        study: &StudyCopy,
        name: &str,
        bytes: &[u8],
    ) -> Result<PathBuf, StoreError> {
        name::check("file of a study", name)?;
        let file = self.study_folder(study).join(name);
        aside::publish(&file, bytes)?;
        Ok(file)
    }
}
