//! Reading files whole, packed or not, without ever taking more memory than was agreed.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::FilesError;

/// The first bytes of a gzip file.
pub(crate) const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Reads a file, unpacked if it is gzip, of at most `most` bytes then.
///
/// # Errors
/// [`FilesError`] from the file system, for damaged gzip, and for a file that holds more.
pub(crate) fn plain(path: &Path, most: u64) -> Result<Vec<u8>, FilesError> {
    let wrong = |why: String| FilesError::of(path, why);
    let file = File::open(path).map_err(|error| wrong(format!("it cannot be opened: {error}")))?;
    let packed = begins(path)?.starts_with(&GZIP);
    let mut bytes = Vec::new();
    // One byte more than is wanted tells that there is more, and no more than that is unpacked.
    let read = if packed {
        MultiGzDecoder::new(std::io::BufReader::new(file)).take(most + 1).read_to_end(&mut bytes)
    } else {
        file.take(most + 1).read_to_end(&mut bytes)
    };
    let what = if packed { "unpacked, it" } else { "it" };
    read.map_err(|error| wrong(damage(&error, packed, bytes.len())))?;
    if bytes.len() as u64 > most {
        return Err(wrong(format!("{what} holds more than the {most} bytes that are wanted")));
    }
    Ok(bytes)
}

/// Reads a file as it is, of at most `most` bytes.
///
/// # Errors
/// [`FilesError`] from the file system, and for a file that holds more.
pub(crate) fn packed(path: &Path, most: u64) -> Result<Vec<u8>, FilesError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
    read.map_err(|error| FilesError::of(path, format!("it cannot be read: {error}")))?;
    if bytes.len() as u64 > most {
        return Err(FilesError::of(path, format!("it holds more than {most} bytes")));
    }
    Ok(bytes)
}

/// Returns the SHA-256 of a file as it is.
///
/// # Errors
/// [`FilesError`] from the file system.
pub(crate) fn sha256(path: &Path) -> Result<String, FilesError> {
    let mut hasher = Sha256::new();
    let read = File::open(path).and_then(|mut file| std::io::copy(&mut file, &mut hasher));
    read.map_err(|error| FilesError::of(path, format!("it cannot be read: {error}")))?;
    Ok(hexadecimal(&hasher.finalize()))
}

/// Writes bytes as hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn begins(path: &Path) -> Result<Vec<u8>, FilesError> {
    let mut first = Vec::new();
    let read = File::open(path).and_then(|file| file.take(2).read_to_end(&mut first));
    read.map_err(|error| FilesError::of(path, format!("it cannot be read: {error}")))?;
    Ok(first)
}

pub(super) fn damage(error: &std::io::Error, packed: bool, read: usize) -> String {
    match (packed, error.kind()) {
        (true, std::io::ErrorKind::UnexpectedEof) => {
            format!("the gzip file ends before it should, after {read} bytes of content")
        }
        (true, _) => format!("the gzip file is damaged after {read} bytes of content: {error}"),
        (false, _) => format!("it cannot be read: {error}"),
    }
}
