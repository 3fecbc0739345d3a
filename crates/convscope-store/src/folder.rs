//! Listing folders that other processes write to.

use std::{fs, io, path::Path};

use crate::StoreError;

/// Returns the names of the published files with an ending, sorted; none if there is no folder.
///
/// Listing, and not looking for an expected path, is what shows new files at once on NFS.
pub(crate) fn files(folder: &Path, ending: &str) -> Result<Vec<String>, StoreError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(StoreError::system("list", folder))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(StoreError::system("list", folder))?;
        if let Ok(name) = entry.file_name().into_string()
            && name.ends_with(ending)
            && !name.starts_with('.')
        {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Reads a whole file, once more if another client replaced it meanwhile.
pub(crate) fn read(file: &Path) -> io::Result<Vec<u8>> {
    match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::StaleNetworkFileHandle => fs::read(file),
        content => content,
    }
}
