//! Whole files, or none: written aside, synced, and renamed.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use crate::{StoreError, name};

/// Writes a file so that every reader sees all of it or what was there before, even after a
/// power cut.
pub(crate) fn publish(file: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = file.parent().expect("every file of a store lies in a folder");
    fs::create_dir_all(folder).map_err(StoreError::system("create", folder))?;
    let aside = folder.join(format!(".{}.aside", name::unique()?));
    let written = write_new(&aside, bytes).and_then(|()| rename(&aside, file, bytes));
    if written.is_err() {
        // Best effort: the write itself failed, and that is what is reported.
        let _ = fs::remove_file(&aside);
    }
    written.map_err(StoreError::system("write", file))?;
    sync_folder(folder)
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    if cfg!(unix) {
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        // Some shared file systems cannot sync folders; their servers keep names by themselves.
        return match synced {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
                ) =>
            {
                Ok(())
            }
            synced => synced.map_err(StoreError::system("sync", folder)),
        };
    }
    Ok(())
}

fn write_new(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(file)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Over NFS a rename that was done may be answered with "not found" when the request was sent
/// twice; then the file itself tells.
fn rename(aside: &Path, file: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::rename(aside, file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::read(file) {
            Ok(published) if published == bytes => Ok(()),
            _ => Err(error),
        },
        renamed => renamed,
    }
}
