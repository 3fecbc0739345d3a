//! What jobs left in the store, read again.

use std::path::Path;

use convscope_core::Identity;
use convscope_model::Net;
use convscope_model::formats::{self, WeightsError, safetensors};
use convscope_store::{Fault, Flaw, Store, StoreError};
use convscope_train::{Checkpoint, CheckpointError};

use crate::job::{CHECKPOINT_FILE, Job, Kept, SAMPLES_FILE, Work};
use crate::samples::SampleGroup;

/// Why something that a job should have left cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum KeptError {
    /// Nobody kept it, or somebody took it away.
    #[error("{0} is not in the store; `convscope run` makes it")]
    Missing(String),
    /// It is there and is not what was written.
    #[error("{0}")]
    Damaged(Fault),
    /// It is what was written, and some weights are infinite or no numbers.
    #[error("{file}: {why}")]
    NotFinite {
        /// The file, seen from the store's folder.
        file: String,
        /// Which weight.
        why: WeightsError,
    },
}

/// Reads the weights that a job left of a model with this net.
///
/// Whether the file is whole is told from its form, the names and dimensions in it, and its length: no
/// checksum is kept of the numbers themselves.
///
/// # Errors
/// [`KeptError`] when there is no such file, or it does not hold finite weights of this net.
pub fn kept_weights(
    store: &Store,
    job: &Identity,
    kept: Kept,
    net: &Net,
) -> Result<Vec<f32>, KeptError> {
    let bytes = kept_file(store, job, kept.file())?;
    safetensors::read(net, &bytes).map_err(|error| match error {
        WeightsError::NotFinite { .. } => {
            KeptError::NotFinite { file: shown(store, job, kept.file()), why: error }
        }
        other => damaged(store, job, kept.file(), &other),
    })
}

/// Reads the images that a sampling job left.
///
/// # Errors
/// [`KeptError`] when there is no such file, or it holds no images.
pub fn kept_samples(store: &Store, job: &Identity) -> Result<Vec<SampleGroup>, KeptError> {
    let bytes = kept_file(store, job, SAMPLES_FILE)?;
    serde_json::from_slice(&bytes).map_err(|error| damaged(store, job, SAMPLES_FILE, &error))
}

/// Reads where a training that was interrupted can go on.
///
/// # Errors
/// The fault, when there is something and it is not what was written.
pub(crate) fn kept_checkpoint(store: &Store, job: &Identity) -> Result<Option<Checkpoint>, Fault> {
    let unusable = |flaw| fault(store, job, CHECKPOINT_FILE, flaw);
    let bytes = store.read_job_file(job, CHECKPOINT_FILE);
    match bytes.map_err(|error| unusable(Flaw::Unreadable { reason: error.to_string() }))? {
        None => Ok(None),
        Some(bytes) => {
            Checkpoint::from_bytes(&bytes).map(Some).map_err(|error| unusable(not_whole(&error)))
        }
    }
}

/// Looks at every file that jobs left, as far as it tells by itself whether it is whole.
///
/// Reads all of them; which nets their weights belong to is not known here.
///
/// # Errors
/// [`StoreError`] when a folder cannot be listed.
pub fn damaged_files(store: &Store) -> Result<Vec<Fault>, StoreError> {
    let found = |file: &Path| -> Option<Flaw> {
        let bytes = match std::fs::read(store.folder().join(file)) {
            Ok(bytes) => bytes,
            Err(error) => return Some(Flaw::Unreadable { reason: error.to_string() }),
        };
        let name = file.file_name()?.to_str()?;
        let why = if name == SAMPLES_FILE {
            serde_json::from_slice::<Vec<SampleGroup>>(&bytes).err()?.to_string()
        } else if [Kept::Initial, Kept::Final].iter().any(|kept| kept.file() == name) {
            match formats::read(&bytes).err()? {
                WeightsError::Unknown => "it does not begin as weights do".into(),
                other => other.to_string(),
            }
        } else if name == CHECKPOINT_FILE {
            let error = Checkpoint::from_bytes(&bytes).err()?;
            return Some(not_whole(&error));
        } else {
            return None;
        };
        Some(flaw(&why))
    };
    let files = store.job_files()?.into_iter();
    Ok(files.filter_map(|file| found(&file).map(|flaw| Fault { file, line: None, flaw })).collect())
}

/// Returns whether all is there, and whole, that figures or other jobs read of this one.
pub(crate) fn is_whole(job: &Job, store: &Store) -> bool {
    match &job.work {
        Work::Train { training, .. } => job.keep.iter().all(|kept| {
            let read = kept_weights(store, &job.id, *kept, &training.net);
            matches!(read, Ok(_) | Err(KeptError::NotFinite { .. }))
        }),
        Work::Sample { .. } => kept_samples(store, &job.id).is_ok(),
        Work::Measure { .. } => true,
    }
}

fn kept_file(store: &Store, job: &Identity, name: &str) -> Result<Vec<u8>, KeptError> {
    match store.read_job_file(job, name) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(KeptError::Missing(shown(store, job, name))),
        Err(error) => {
            let flaw = Flaw::Unreadable { reason: error.to_string() };
            Err(KeptError::Damaged(fault(store, job, name, flaw)))
        }
    }
}

fn damaged(store: &Store, job: &Identity, name: &str, why: &impl ToString) -> KeptError {
    KeptError::Damaged(fault(store, job, name, flaw(why)))
}

fn flaw(why: &impl ToString) -> Flaw {
    Flaw::Damaged { why: format!("{}; `convscope run` makes it again", why.to_string()) }
}

fn not_whole(error: &CheckpointError) -> Flaw {
    Flaw::Damaged { why: format!("{error}; its training begins anew") }
}

fn fault(store: &Store, job: &Identity, name: &str, flaw: Flaw) -> Fault {
    Fault { file: shown(store, job, name).into(), line: None, flaw }
}

/// Names a file as it is seen from the store's folder: a page says no place of a machine.
fn shown(store: &Store, job: &Identity, name: &str) -> String {
    let file = store.job_file(job, name);
    file.strip_prefix(store.folder()).unwrap_or(&file).display().to_string()
}
