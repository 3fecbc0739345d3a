//! Which files a published set lies in, and whether their bytes are what was published.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{KNOWN, Known, Member, Sha256Of, SplitName};
use crate::Library;
use crate::files::{FilesError, archived, hexadecimal, plain};

/// Where the files of a split lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// Each by itself, packed or not.
    Files(Vec<PathBuf>),
    /// All in one archive.
    Archive(PathBuf),
}

/// A file as it was read: what to call it in messages, and its content.
pub(crate) type Content = (PathBuf, Vec<u8>);

impl Known {
    /// Finds the files of a split.
    ///
    /// # Errors
    /// [`FilesError::Missing`] when no folder holds all, with the commands that get the set or add a
    /// copy.
    pub(crate) fn place(&self, library: &Library, split: SplitName) -> Result<Place, FilesError> {
        let mut folders = library
            .roots()
            .iter()
            .flat_map(|root| self.folders.iter().map(move |folder| root.join(folder)));
        let found = folders.find_map(|folder| self.place_in(&folder, split));
        let trusted = || library.trusts().then(|| Place::Files(Vec::new()));
        found.or_else(trusted).ok_or_else(|| FilesError::Missing {
            set: self.name.to_owned(),
            folders: library.roots().iter().map(|root| root.join(self.folders[0])).collect(),
            help: self.how_to_get(),
        })
    }

    /// Finds the files of a split in one folder.
    pub(crate) fn place_in(&self, folder: &Path, split: SplitName) -> Option<Place> {
        let files = self.split(split).files.iter().map(|file| file.in_folder(folder));
        let archive = || {
            let archive = folder.join(self.archive.as_ref()?.name);
            archive.is_file().then_some(Place::Archive(archive))
        };
        files.collect::<Option<_>>().map(Place::Files).or_else(archive)
    }

    /// Reads the files of a split.
    pub(crate) fn contents(
        &self,
        place: &Place,
        split: SplitName,
    ) -> Result<Vec<Content>, FilesError> {
        let members = self.split(split).files;
        match place {
            Place::Files(files) if files.len() == members.len() => {
                let read = |(member, file): (&Member, &PathBuf)| {
                    Ok((file.clone(), plain(file, member.bytes)?))
                };
                members.iter().zip(files).map(read).collect()
            }
            Place::Files(_) => Err(FilesError::Missing {
                set: self.name.to_owned(),
                folders: Vec::new(),
                help: self.how_to_get(),
            }),
            Place::Archive(archive) => {
                let wanted: Vec<_> = members.iter().map(|file| (file.name, file.bytes)).collect();
                let all = self.splits.iter().flat_map(|split| split.files);
                let files = archived(archive, &wanted, all.map(|file| file.bytes).sum())?;
                Ok(members.iter().map(|member| archive.join(member.name)).zip(files).collect())
            }
        }
    }

    /// Says what gets the set or adds a copy of it.
    pub(crate) fn how_to_get(&self) -> String {
        let name = self.name;
        let add = format!("`convscope data add {name} FOLDER` adds a copy");
        if self.hosts.is_empty() {
            return add;
        }
        format!("`convscope data get {name}` gets it, {add}")
    }

    /// Sets aside damaged files that would be read in the place of sound ones, as `NAME.damaged`.
    ///
    /// To be called where every file lies in the folder in one sound form or another.
    pub(crate) fn set_aside_damaged(&self, folder: &Path) -> Result<Vec<PathBuf>, FilesError> {
        let mut aside = Vec::new();
        for member in self.splits.iter().flat_map(|split| split.files) {
            while let Some(file) = member.in_folder(folder) {
                let content = plain(&file, member.bytes).map(|content| (file.clone(), content));
                if content.and_then(|content| member.check(&content)).is_ok() {
                    break;
                }
                let mut name = file.clone().into_os_string();
                name.push(".damaged");
                std::fs::rename(&file, &name)
                    .map_err(|error| FilesError::unwritable(&file, &error))?;
                aside.push(name.into());
            }
        }
        Ok(aside)
    }
}

impl Member {
    /// Finds the file in a folder: packed if the checksum is of the packed one, or else either way.
    fn in_folder(&self, folder: &Path) -> Option<PathBuf> {
        let packed = format!("{}.gz", self.name);
        let names = match self.sha256 {
            Sha256Of::Content(_) => vec![self.name.to_owned(), packed],
            Sha256Of::Gzip(_) => vec![packed],
        };
        names.iter().map(|name| folder.join(name)).find(|file| file.is_file())
    }

    /// Holds a file against what was published.
    pub(crate) fn check(&self, (file, content): &Content) -> Result<(), FilesError> {
        let of_content = hexadecimal(&Sha256::digest(content));
        let (wanted, came) = match self.sha256 {
            Sha256Of::Content(wanted) => (wanted, of_content.clone()),
            Sha256Of::Gzip(wanted) => {
                let most = content.len() as u64;
                let packed = crate::files::packed(file, most)?;
                (wanted, hexadecimal(&Sha256::digest(packed)))
            }
        };
        if came == wanted {
            return Ok(());
        }
        let other = KNOWN.iter().find(|known| {
            known.splits.iter().flat_map(|split| split.files).any(|file| match file.sha256 {
                Sha256Of::Content(sha256) => sha256 == of_content,
                Sha256Of::Gzip(sha256) => sha256 == came,
            })
        });
        Err(FilesError::of(
            file,
            match other {
                Some(other) => format!("this is a file of `{}`, another data set", other.name),
                None => format!(
                    "its content is not what was published: SHA-256 {wanted} is wanted, it has {came}"
                ),
            },
        ))
    }
}
