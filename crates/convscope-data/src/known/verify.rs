//! Files of a published set held against what was published, one by one.

use std::path::PathBuf;

use super::files::{Content, Place};
use super::{Known, Sha256Of, SplitName};
use crate::Library;
use crate::files::{FilesError, plain};

/// A file of a published set, held against what was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The part of the set.
    pub split: SplitName,
    /// The file; in an archive, the archive's path and the name in it.
    pub file: PathBuf,
    /// The SHA-256 that was published.
    pub sha256: &'static str,
    /// Whether it is that of the file's content, or of the gzip file.
    pub of_content: bool,
    /// What is wrong with the file, if something is.
    pub fault: Option<FilesError>,
}

impl Known {
    /// Reads every file of the set, first for its form and then for its checksum.
    ///
    /// # Errors
    /// [`FilesError`] when a part is missing, and for an archive that cannot be read.
    pub fn verify(&self, library: &Library) -> Result<Vec<Checked>, FilesError> {
        let places: Vec<(SplitName, Place)> = SplitName::ALL
            .into_iter()
            .map(|split| Ok((split, self.place(library, split)?)))
            .collect::<Result<_, FilesError>>()?;
        let mut checked = Vec::new();
        for (split, place) in &places {
            checked.extend(self.verify_split(place, *split)?);
        }
        Ok(checked)
    }

    fn verify_split(&self, place: &Place, split: SplitName) -> Result<Vec<Checked>, FilesError> {
        let members = self.split(split).files;
        let paths: Vec<PathBuf> = match place {
            Place::Files(files) => files.clone(),
            Place::Archive(archive) => members.iter().map(|file| archive.join(file.name)).collect(),
        };
        let read: Vec<Result<Content, FilesError>> = match place {
            Place::Files(files) => members
                .iter()
                .zip(files)
                .map(|(member, file)| Ok((file.clone(), plain(file, member.bytes)?)))
                .collect(),
            Place::Archive(_) => self.contents(place, split)?.into_iter().map(Ok).collect(),
        };
        let mut faults: Vec<Option<FilesError>> = members
            .iter()
            .zip(&read)
            .map(|(member, read)| {
                read.as_ref().map_or_else(|e| Some(e.clone()), |c| member.check(c).err())
            })
            .collect();
        // What is wrong with the form of a file says more than another checksum.
        let whole: Result<Vec<Content>, FilesError> = read.into_iter().collect();
        if let Ok(Err(malformed)) = whole.map(|contents| self.decoded(&contents, split)) {
            let at = paths.iter().position(|file| Some(file.as_path()) == malformed.file());
            if let Some(at) = at {
                faults[at] = Some(malformed);
            }
        }
        let checked = members.iter().zip(paths).zip(faults).map(|((member, file), fault)| {
            let (sha256, of_content) = match member.sha256 {
                Sha256Of::Content(sha256) => (sha256, true),
                Sha256Of::Gzip(sha256) => (sha256, false),
            };
            Checked { split, file, sha256, of_content, fault }
        });
        Ok(checked.collect())
    }
}
