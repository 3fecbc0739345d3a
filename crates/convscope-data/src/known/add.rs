//! A copy that somebody has is put where published sets lie.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::files::Place;
use super::{Known, SplitName};
use crate::files::FilesError;

/// A published set as it lies in a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// Its files.
    pub files: Vec<PathBuf>,
    /// How many bytes they take together.
    pub bytes: u64,
}

/// What came of adding a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The files of the set as they now lie in the library.
    pub files: Vec<PathBuf>,
    /// Damaged files that lay in their place, under the names that they now have.
    pub set_aside: Vec<PathBuf>,
}

impl Known {
    /// Checks a copy of the set, in a folder, an archive or a file of arrays, and copies its files below
    /// `root`, or leaves links to them there.
    ///
    /// # Errors
    /// [`FilesError`] for files that are missing, damaged or not what was published, and when the
    /// folder cannot be written. Nothing half-written is left there then.
    pub fn add(&self, from: &Path, root: &Path, link: bool) -> Result<Added, FilesError> {
        let from = std::path::absolute(from).unwrap_or_else(|_| from.to_owned());
        if !from.exists() {
            return Err(FilesError::of(&from, "there is no such file or folder"));
        }
        let home = root.join(self.folders[0]);
        let extension = from.extension().and_then(|extension| extension.to_str());
        let of_arrays = matches!(extension, Some("npz" | "safetensors" | "pt"));
        let files = if from.is_file() && of_arrays {
            if link {
                return Err(FilesError::of(&from, "nothing can link to arrays in a file")
                    .or_help(|| "without --link its files are written anew".into()));
            }
            self.add_arrays(&from, &home)
        } else {
            self.add_files(&from, &home, link)
        };
        // A folder into which nothing could be put was not wanted.
        let _ = std::fs::remove_dir(&home);
        Ok(Added { files: files?, set_aside: self.set_aside_damaged(&home)? })
    }

    fn add_arrays(&self, from: &Path, home: &Path) -> Result<Vec<PathBuf>, FilesError> {
        let files = self.repacked(from)?;
        std::fs::create_dir_all(home).map_err(|error| FilesError::unwritable(home, &error))?;
        let put = |(file, content): &(PathBuf, Vec<u8>)| {
            put(file, home, |aside| std::fs::write(aside, content))
        };
        files.iter().map(put).collect()
    }

    fn add_files(&self, from: &Path, home: &Path, link: bool) -> Result<Vec<PathBuf>, FilesError> {
        let folder = if from.is_file() { from.parent().unwrap_or(from) } else { from };
        let mut files = BTreeSet::new();
        for split in SplitName::ALL {
            let place = self.place_in(folder, split).ok_or_else(|| self.lacks(from, split))?;
            self.read(&place, split)?;
            match place {
                Place::Files(paths) => files.extend(paths),
                Place::Archive(path) => files.extend([path]),
            }
        }
        std::fs::create_dir_all(home).map_err(|error| FilesError::unwritable(home, &error))?;
        let put = |file: &PathBuf| {
            put(file, home, |aside| {
                if link { linked(file, aside) } else { std::fs::copy(file, aside).map(drop) }
            })
        };
        files.iter().map(put).collect()
    }

    /// Returns the files of the set and their size, where all of it is there.
    pub fn present(&self, library: &crate::Library) -> Option<Present> {
        let mut files = BTreeSet::new();
        for split in SplitName::ALL {
            match self.place(library, split).ok()? {
                Place::Files(paths) => files.extend(paths),
                Place::Archive(path) => files.extend([path]),
            }
        }
        let bytes = files.iter().filter_map(|file| Some(file.metadata().ok()?.len())).sum();
        Some(Present { files: files.into_iter().collect(), bytes })
    }

    fn lacks(&self, from: &Path, split: SplitName) -> FilesError {
        let names: Vec<&str> = self.split(split).files.iter().map(|file| file.name).collect();
        let archive = self.archive.as_ref().map(|archive| format!(", or {}", archive.name));
        let why = format!(
            "it is no copy of {}: {} images are in {}, each as it is or with .gz{}",
            self.name,
            split.name(),
            names.join(", "),
            archive.unwrap_or_default()
        );
        FilesError::of(from, why)
    }
}

/// Puts into a folder, under the name of a file, what is made aside of it.
fn put(
    file: &Path,
    folder: &Path,
    make: impl FnOnce(&Path) -> std::io::Result<()>,
) -> Result<PathBuf, FilesError> {
    let name = file.file_name().unwrap_or_default();
    let target = folder.join(name);
    let same = |(a, b): (PathBuf, PathBuf)| a == b;
    if file.canonicalize().ok().zip(target.canonicalize().ok()).is_some_and(same) {
        return Ok(target);
    }
    let aside = folder.join(format!("{}.part", name.to_string_lossy()));
    let made = make(&aside).and_then(|()| std::fs::rename(&aside, &target));
    made.map_err(|error| {
        let _ = std::fs::remove_file(&aside);
        FilesError::unwritable(&target, &error)
    })?;
    Ok(target)
}

#[cfg(unix)]
fn linked(file: &Path, link: &Path) -> std::io::Result<()> {
    let _ = std::fs::remove_file(link);
    std::os::unix::fs::symlink(file, link)
}

#[cfg(not(unix))]
fn linked(file: &Path, link: &Path) -> std::io::Result<()> {
    let _ = std::fs::remove_file(link);
    std::fs::hard_link(file, link)
}
