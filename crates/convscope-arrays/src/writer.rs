//! A file of safetensors, written in blocks of rows.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

/// Writes arrays of 32-bit floats whose rows come in blocks, larger than memory if need be.
///
/// The file appears under its name when it is whole; until then it stands beside it, under
/// `.NAME.part`, and is removed when it is given up.
///
/// ```
/// use convscope_arrays::{Arrays, Writer};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("acts.safetensors");
/// let layers = [("conv1".to_owned(), vec![3, 2])];
/// let mut writer = Writer::create(&path, &layers, &Default::default())?;
/// writer.write("conv1", &[1.0, 2.0, 3.0, 4.0])?;
/// writer.write("conv1", &[5.0, 6.0])?;
/// writer.finish()?;
/// let arrays = Arrays::open(&path)?;
/// assert_eq!(arrays.get("conv1").map(|array| array.dimensions()), Some(&[3, 2][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Writer {
    file: File,
    path: PathBuf,
    aside: PathBuf,
    whole: bool,
    arrays: BTreeMap<String, Slot>,
}

/// Where an array's next numbers go, and where it ends.
#[derive(Debug)]
struct Slot {
    next: u64,
    end: u64,
}

/// The entry of a header that is no array.
const METADATA: &str = "__metadata__";
/// A header of more is refused by the readers of others.
const LONGEST_HEADER: usize = 100_000_000;

impl Writer {
    /// Starts a file of arrays whose dimensions are known.
    ///
    /// # Errors
    /// What the file system says; that sizes overflow, two arrays have one name, or the header is
    /// longer than other readers take.
    pub fn create(
        path: &Path,
        arrays: &[(String, Vec<usize>)],
        metadata: &BTreeMap<String, String>,
    ) -> io::Result<Self> {
        let mut header = Map::new();
        if !metadata.is_empty() {
            header.insert(METADATA.into(), json!(metadata));
        }
        let (mut slots, mut place) = (BTreeMap::new(), 0_u64);
        for (name, dimensions) in arrays {
            if name == METADATA {
                return Err(invalid(format!("no array may be called `{METADATA}`")));
            }
            let bytes = dimensions.iter().try_fold(4_u64, |b, &size| b.checked_mul(size as u64));
            let end = bytes.and_then(|bytes| place.checked_add(bytes));
            let end =
                end.ok_or_else(|| invalid(format!("`{name}` of {dimensions:?} has no end")))?;
            let facts =
                json!({ "dtype": "F32", "shape": dimensions, "data_offsets": [place, end] });
            header.insert(name.clone(), facts);
            slots.insert(name.clone(), Slot { next: place, end });
            place = end;
        }
        if header.len() != arrays.len() + usize::from(!metadata.is_empty()) {
            return Err(invalid("two arrays have one name".into()));
        }
        let mut header = Value::Object(header).to_string();
        header.extend(std::iter::repeat_n(' ', header.len().next_multiple_of(8) - header.len()));
        if header.len() > LONGEST_HEADER {
            return Err(invalid(format!("the header of {} bytes is too long", header.len())));
        }
        let before = 8 + header.len() as u64;
        for slot in slots.values_mut() {
            (slot.next, slot.end) = (slot.next + before, slot.end + before);
        }
        let name = path.file_name().ok_or_else(|| invalid("it has no name".into()))?;
        let aside = path.with_file_name(format!(".{}.part", name.display()));
        let mut file = File::create_new(&aside).map_err(|error| told(error, &aside))?;
        let written = file
            .write_all(&(header.len() as u64).to_le_bytes())
            .and_then(|()| file.write_all(header.as_bytes()))
            .and_then(|()| file.set_len(before + place));
        let writer = Self { file, path: path.to_owned(), aside, whole: false, arrays: slots };
        written.map(|()| writer)
    }

    /// Writes the next rows of an array.
    ///
    /// # Errors
    /// What the file system says.
    ///
    /// # Panics
    /// If there is no such array or it has not so many rows: a caller's bug.
    pub fn write(&mut self, name: &str, rows: &[f32]) -> io::Result<()> {
        let slot = self.arrays.get_mut(name).expect("caller's bug: no such array");
        let bytes: Vec<u8> = rows.iter().flat_map(|number| number.to_le_bytes()).collect();
        let end = slot.next + bytes.len() as u64;
        assert!(end <= slot.end, "caller's bug: no such rows");
        self.file.seek(SeekFrom::Start(slot.next))?;
        self.file.write_all(&bytes)?;
        slot.next = end;
        Ok(())
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// What the file system says.
    ///
    /// # Panics
    /// If rows are missing: a caller's bug.
    pub fn finish(mut self) -> io::Result<()> {
        let full = self.arrays.values().all(|slot| slot.next == slot.end);
        assert!(full, "caller's bug: rows are missing");
        self.file.sync_all()?;
        fs::rename(&self.aside, &self.path)?;
        self.whole = true;
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.whole {
            // Best effort: the reason why it is not whole is told elsewhere.
            let _ = fs::remove_file(&self.aside);
        }
    }
}

fn invalid(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

fn told(error: io::Error, aside: &Path) -> io::Error {
    if error.kind() != io::ErrorKind::AlreadyExists {
        return error;
    }
    let aside = aside.display();
    let why = "is being written, or was left by a process that was killed; remove it";
    io::Error::new(error.kind(), format!("{aside} {why}"))
}
