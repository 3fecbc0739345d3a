//! Draws that depend on shapes alone, kept in files of the user's cache.
//!
//! A file is a line that says what it holds, the draws, and their checksum. Nothing in it is believed unless the line
//! is the one that this version would write.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use convscope_probe::{Lot, Shelf};

/// The version of the format; that of the program stands beside it.
const FORMAT: u32 = 1;

/// No file is larger; 4,096 kernels of nine numbers take 0.3 MB.
const MOST: u64 = 1 << 24;

/// Returns where draws are kept: a folder of the user's cache, if there is one.
pub(crate) fn shelf() -> Option<Arc<dyn Shelf>> {
    let folder = crate::library::cache()?.join("nulls");
    Some(Arc::new(Files { folder }))
}

/// A folder of draws, a file for each lot.
#[derive(Debug)]
struct Files {
    folder: PathBuf,
}

impl Shelf for Files {
    fn take(&self, lot: &Lot) -> Option<Vec<Vec<f64>>> {
        let (path, head) = self.place(lot);
        if fs::metadata(&path).ok()?.len() > MOST {
            return None;
        }
        let bytes = fs::read(&path).ok()?;
        let (rest, sum) = bytes.split_last_chunk::<4>()?;
        if crc32fast::hash(rest) != u32::from_le_bytes(*sum) {
            return None;
        }
        draws(rest.strip_prefix(head.as_bytes())?)
    }

    fn put(&self, lot: &Lot, draws: &[Vec<f64>]) {
        let (path, head) = self.place(lot);
        let mut bytes = head.into_bytes();
        for draw in draws {
            bytes.extend((draw.len() as u32).to_le_bytes());
            bytes.extend(draw.iter().flat_map(|value| value.to_le_bytes()));
        }
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        let too_large = bytes.len() as u64 > MOST;
        // A folder that cannot be written costs time, no more: whoever asked knows nothing of it.
        if !too_large && fs::create_dir_all(&self.folder).is_ok() {
            let _ = replace(&path, &bytes);
        }
    }
}

impl Files {
    /// Returns the file of a lot, and the line that it begins with.
    fn place(&self, Lot { purpose, shape, draws, names }: &Lot) -> (PathBuf, String) {
        let sides: Vec<String> = shape.iter().map(usize::to_string).collect();
        let what = format!("{purpose}-{}-{draws}", sides.join("x"));
        let mut head = format!("convscope nulls {FORMAT} {} {what}", env!("CARGO_PKG_VERSION"));
        for name in names {
            let _ = write!(head, " {name}");
        }
        head.push('\n');
        let name = format!("{what}-{:08x}.nulls", crc32fast::hash(head.as_bytes()));
        (self.folder.join(name), head)
    }
}

/// Reads draws, each after the count of its numbers.
fn draws(mut bytes: &[u8]) -> Option<Vec<Vec<f64>>> {
    let mut draws = Vec::new();
    while !bytes.is_empty() {
        let (count, rest) = bytes.split_first_chunk::<4>()?;
        let length = (u32::from_le_bytes(*count) as usize).checked_mul(8)?;
        let (draw, rest) = rest.split_at_checked(length)?;
        draws
            .push(draw.as_chunks::<8>().0.iter().map(|value| f64::from_le_bytes(*value)).collect());
        bytes = rest;
    }
    Some(draws)
}

/// Writes a file aside and puts it in its place: whoever reads it meanwhile finds one whole file or another.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let aside = path.with_extension(format!("{}.part", std::process::id()));
    let done = fs::write(&aside, bytes).and_then(|()| fs::rename(&aside, path));
    if done.is_err() {
        let _ = fs::remove_file(&aside);
    }
    done
}
