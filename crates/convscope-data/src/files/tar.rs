//! Files in a gzip archive.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::FilesError;
use super::bytes::damage;

/// What an archive may hold beside its files: headers, names of classes, a page to read.
const BESIDE: u64 = 1 << 20;

/// Reads files of given names and sizes out of an archive, wherever in it they lie, in the order of
/// the names; no more than `most` bytes and a little are unpacked.
///
/// # Errors
/// [`FilesError`] from the file system, for a damaged archive, and for a file in it that is missing or
/// has another size.
pub(crate) fn archived(
    archive: &Path,
    wanted: &[(&str, u64)],
    most: u64,
) -> Result<Vec<Vec<u8>>, FilesError> {
    let wrong = |why: String| FilesError::of(archive, why);
    let file = File::open(archive);
    let file = file.map_err(|error| wrong(format!("it cannot be opened: {error}")))?;
    let unpacked = MultiGzDecoder::new(BufReader::new(file)).take(most + BESIDE);
    let mut files = vec![None; wanted.len()];
    let mut archive = tar::Archive::new(unpacked);
    let damaged = |error: &std::io::Error| wrong(damage(error, true, 0));
    for entry in archive.entries().map_err(|error| damaged(&error))? {
        if files.iter().all(Option::is_some) {
            break;
        }
        let mut entry = entry.map_err(|error| damaged(&error))?;
        let path = entry.path_bytes().into_owned();
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let found = wanted.iter().position(|(wanted, _)| wanted.as_bytes() == name);
        let Some(place) = found.filter(|_| entry.header().entry_type().is_file()) else { continue };
        let (name, size) = wanted[place];
        if entry.size() != size {
            let why = format!("`{name}` in it has {} bytes; {size} are wanted", entry.size());
            return Err(wrong(why));
        }
        let mut bytes = Vec::with_capacity(size as usize);
        entry.read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
        if bytes.len() as u64 != size {
            return Err(wrong(format!("it ends within `{name}`, after {} bytes", bytes.len())));
        }
        files[place] = Some(bytes);
    }
    let missing = files.iter().zip(wanted).find(|(file, _)| file.is_none());
    if let Some((_, (name, _))) = missing {
        return Err(wrong(format!("there is no `{name}` in it, or not within what is unpacked")));
    }
    Ok(files.into_iter().flatten().collect())
}
