//! Where the bytes of a file are: in memory, or on the disk.

use std::borrow::Cow;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::beside::Beside;
use crate::bytes::Why;

/// The bytes of a file.
///
/// What is on the disk is read piece by piece, at places: a map of the file into memory would be
/// undefined when another process writes to it.
#[derive(Debug)]
pub enum Source<'a> {
    /// All of them, in memory.
    Memory(&'a [u8]),
    /// On the disk.
    File(OnDisk),
}

/// An open file, its length when it was opened, and those beside it that hold some of its numbers.
#[derive(Debug)]
pub struct OnDisk {
    file: Mutex<File>,
    length: u64,
    folder: PathBuf,
    beside: Vec<Beside>,
}

/// How much is held at once of what is only looked through.
const PIECE: u64 = 1 << 20;

impl Source<'static> {
    /// Opens a file.
    ///
    /// # Errors
    /// What the file system says, and for folders, pipes and devices, which have no length.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let (file, length) = open(path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_path_buf();
        let file = Mutex::new(file);
        Ok(Self::File(OnDisk { file, length, folder, beside: Vec::new() }))
    }
}

impl<'a> Source<'a> {
    /// Returns how many bytes the file has.
    pub fn length(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(on_disk) => on_disk.length,
        }
    }

    /// Returns how many bytes the file has together with those beside it that hold some of its
    /// numbers.
    pub fn length_with_beside(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(on_disk) => {
                on_disk.beside.last().map_or(on_disk.length, |last| last.place.end)
            }
        }
    }

    /// Returns the folder in which the file lies; `None` for bytes in memory.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Memory(_) => None,
            Self::File(on_disk) => Some(&on_disk.folder),
        }
    }

    /// Puts other files behind the file, so that places beyond its end are in them.
    pub(crate) fn with_beside(mut self, files: Vec<Beside>) -> Self {
        if let Self::File(on_disk) = &mut self {
            on_disk.beside = files;
        }
        self
    }

    /// Reads `count` bytes from a place on; what is not there is an error before memory is taken.
    pub(crate) fn read(&self, place: u64, count: u64) -> Result<Cow<'a, [u8]>, Why> {
        let end = place.checked_add(count).ok_or(SHORT)?;
        match self {
            Self::Memory(bytes) if end <= bytes.len() as u64 => {
                Ok(Cow::Borrowed(&bytes[place as usize..end as usize]))
            }
            Self::Memory(_) => Err(SHORT.into()),
            Self::File(on_disk) => on_disk.read(place..end).map(Cow::Owned),
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

impl OnDisk {
    fn read(&self, range: Range<u64>) -> Result<Vec<u8>, Why> {
        let count = range.end - range.start;
        if range.end <= self.length {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            let read = at(&mut file, range.start, count);
            return read.map_err(|error| format!("reading it failed: {error}"));
        }
        let holds = |file: &&Beside| file.place.start <= range.start && range.end <= file.place.end;
        let beside = self.beside.iter().find(holds).ok_or(SHORT)?;
        // Opened anew each time: a model may have a file for each of its arrays.
        let read = open(&beside.path);
        let read =
            read.and_then(|(mut file, _)| at(&mut file, range.start - beside.place.start, count));
        read.map_err(|error| format!("reading {} failed: {error}", beside.path.display()))
    }
}

/// Opens a file that has a length, and returns it.
pub(crate) fn open(path: &Path) -> std::io::Result<(File, u64)> {
    // Opening a pipe would wait for somebody to write into it.
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("it is no file"));
    }
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    Ok((file, length))
}

/// Reads bytes that are known to be there.
fn at(file: &mut File, place: u64, count: u64) -> std::io::Result<Vec<u8>> {
    let count = usize::try_from(count).map_err(std::io::Error::other)?;
    let mut bytes = Vec::with_capacity(count);
    file.seek(SeekFrom::Start(place))?;
    file.take(count as u64).read_to_end(&mut bytes)?;
    if bytes.len() < count {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

const SHORT: &str = "it ends before it should";
