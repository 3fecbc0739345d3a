//! Where the bytes of a file are: in memory, or on the disk.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::bytes::Why;

/// The bytes of a file.
///
/// What is on the disk is read piece by piece, at places: a map of the file into memory would be
/// undefined when another process writes to it.
#[derive(Debug)]
pub enum Source<'a> {
    /// All of them, in memory.
    Memory(&'a [u8]),
    /// An open file and its length when it was opened.
    File(Mutex<File>, u64),
}

/// How much is held at once of what is only looked through.
const PIECE: u64 = 1 << 20;

impl Source<'static> {
    /// Opens a file.
    ///
    /// # Errors
    /// What the file system says, and for folders, pipes and devices, which have no length.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        // Opening a pipe would wait for somebody to write into it.
        if !std::fs::metadata(path)?.is_file() {
            return Err(std::io::Error::other("it is no file"));
        }
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(Self::File(Mutex::new(file), length))
    }
}

impl<'a> Source<'a> {
    /// Returns how many bytes there are.
    pub fn length(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(_, length) => *length,
        }
    }

    /// Reads `count` bytes from a place on; what is not there is an error before memory is taken.
    pub(crate) fn read(&self, place: u64, count: u64) -> Result<Cow<'a, [u8]>, Why> {
        let end = place.checked_add(count).filter(|end| *end <= self.length()).ok_or(SHORT)?;
        match self {
            Self::Memory(bytes) => Ok(Cow::Borrowed(&bytes[place as usize..end as usize])),
            Self::File(file, _) => {
                let mut bytes = vec![0; usize::try_from(count).map_err(|_| SHORT)?];
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                let read = file.seek(SeekFrom::Start(place));
                let read = read.and_then(|_| file.read_exact(&mut bytes));
                read.map_err(|error| format!("reading it failed: {error}"))?;
                Ok(Cow::Owned(bytes))
            }
        }
    }

    /// Reads the first bytes, as many as there are up to `count`.
    pub(crate) fn beginning(&self, count: u64) -> Result<Cow<'a, [u8]>, Why> {
        self.read(0, count.min(self.length()))
    }

    /// Returns the checksum of a range, which is looked through a piece at a time.
    pub(crate) fn crc32(&self, range: Range<u64>) -> Result<u32, Why> {
        let mut hasher = crc32fast::Hasher::new();
        let mut place = range.start;
        while place < range.end {
            let count = PIECE.min(range.end - place);
            hasher.update(&self.read(place, count)?);
            place += count;
        }
        Ok(hasher.finalize())
    }
}

const SHORT: &str = "it ends before it should";
