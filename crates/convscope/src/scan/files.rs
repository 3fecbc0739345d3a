//! Which files are scanned.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use convscope_arrays::FORMATS;

use crate::complaint::Complaint;
use crate::kernels::counted;

/// The files that were named, and those in folders that were.
#[derive(Default)]
pub(super) struct Files {
    /// In the order in which they were named, those of a folder by their paths.
    pub(super) list: Vec<File>,
    /// What cannot be looked into, and why.
    pub(super) closed: Vec<(PathBuf, String)>,
    /// How many files of folders are of other kinds.
    pub(super) others: usize,
    /// How many links in folders lead to folders, which are not followed: they may lead back.
    pub(super) links: usize,
    /// How many files are there under another path too.
    pub(super) again: usize,
    known: BTreeSet<PathBuf>,
}

/// A file.
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
}

impl Files {
    /// Looks for the files of paths.
    ///
    /// # Errors
    /// When a path does not exist, or a folder holds no file that can be read.
    pub(super) fn of(paths: &[PathBuf]) -> Result<Self, Complaint> {
        let mut files = Self::default();
        for path in paths {
            let shown = path.display();
            let facts = fs::metadata(path)
                .map_err(|error| Complaint::usage(format!("{shown}: {error}")))?;
            if !facts.is_dir() {
                files.add(path.clone(), facts.len());
                continue;
            }
            let before = [files.list.len(), files.closed.len(), files.again, files.others];
            files.walk(path);
            if before[..3] == [files.list.len(), files.closed.len(), files.again] {
                let others = counted(files.others - before[3], "file");
                return Err(Complaint::Usage {
                    message: format!("{shown} holds no file of kernels"),
                    help: Some(format!(
                        "what is looked for is {}; it has {others} of other kinds",
                        extensions()
                    )),
                });
            }
        }
        Ok(files)
    }

    /// Looks through a folder and the folders in it.
    fn walk(&mut self, folder: &Path) {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.closed.push((folder.to_path_buf(), error.to_string())),
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
            match fs::metadata(&path) {
                Ok(facts) if facts.is_dir() && is_link => self.links += 1,
                Ok(facts) if facts.is_dir() => self.walk(&path),
                _ if !is_known(&path) => self.others += 1,
                Ok(facts) => self.add(path, facts.len()),
                Err(error) => self.closed.push((path, error.to_string())),
            }
        }
    }

    fn add(&mut self, path: PathBuf, bytes: u64) {
        let same = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        if self.known.insert(same) {
            self.list.push(File { path, bytes });
        } else {
            self.again += 1;
        }
    }
}

/// Whether a file is called as one that can be read.
fn is_known(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let extension = extension.to_lowercase();
    FORMATS.iter().any(|format| format.extensions.contains(&extension.as_str()))
}

fn extensions() -> String {
    let all: BTreeSet<&str> =
        FORMATS.iter().flat_map(|format| format.extensions).copied().collect();
    all.iter().map(|name| format!(".{name}")).collect::<Vec<_>>().join(", ")
}
