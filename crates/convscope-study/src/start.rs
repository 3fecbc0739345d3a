//! Weights of a file, as a start.

use std::path::{Path, PathBuf};

use convscope_core::{Identity, SettingError};
use convscope_data::Library;
use convscope_model::Net;
use convscope_model::formats::{self, Loaded, WeightsError};

use crate::file::FromFile;

/// A file whose weights a model starts from.
///
/// Its identity is that of the numbers, in the order of the net: neither the name of the file nor its format counts.
#[derive(Debug, Clone)]
pub struct FileStart {
    /// As it is written in the study.
    written: String,
    path: PathBuf,
    content: Identity,
    notes: Vec<String>,
}

/// A file that a model cannot start from.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FileError {
    /// It has no weights for the net.
    #[error("{}: {why}", file.display())]
    Weights {
        /// The file.
        file: PathBuf,
        /// Why not.
        why: WeightsError,
    },
    /// It is not what it was when the study was planned.
    #[error("{}: its weights are not those that it had when the run began", .0.display())]
    Changed(PathBuf),
}

impl FileStart {
    /// Finds a file, as it is or in a library, that has weights for a net.
    pub(crate) fn find(
        written: &FromFile,
        library: &Library,
        net: &Net,
    ) -> Result<Self, SettingError> {
        let wrong = |message: String| SettingError::at("file", message);
        let path = library.find(Path::new(&written.file)).ok_or_else(|| {
            let roots = library.roots().iter().map(|root| format!(", {}", root.display()));
            wrong(format!("there is no `{}` here{}", written.file, roots.collect::<String>()))
        })?;
        let Loaded { weights, notes } =
            read(&path, net).map_err(|error| wrong(error.to_string()))?;
        Ok(Self { written: written.file.clone(), path, content: content(&weights), notes })
    }

    /// Returns the identity of the numbers.
    pub fn content(&self) -> &Identity {
        &self.content
    }

    /// Returns its name, as it is written in the study.
    pub fn name(&self) -> &str {
        &self.written
    }

    /// Returns what was done to the tensors of the file so that they fit the net, such as a prefix left out.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Reads the weights.
    ///
    /// # Errors
    /// [`FileError`] when they cannot be read any more, or were changed meanwhile.
    pub fn weights(&self, net: &Net) -> Result<Vec<f32>, FileError> {
        let weights = read(&self.path, net)?.weights;
        if content(&weights) == self.content {
            Ok(weights)
        } else {
            Err(FileError::Changed(self.path.clone()))
        }
    }
}

fn read(path: &Path, net: &Net) -> Result<Loaded, FileError> {
    let wrong = |why| FileError::Weights { file: path.to_owned(), why };
    formats::open(path).and_then(|found| found.weights(net)).map_err(wrong)
}

fn content(weights: &[f32]) -> Identity {
    Identity::of_parts(weights.iter().map(|weight| weight.to_le_bytes()))
}
