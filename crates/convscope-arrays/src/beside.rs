//! Files beside a file, in which some of its numbers are.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use crate::Source;
use crate::bytes::Why;
use crate::source::open;

/// A file beside another.
#[derive(Debug)]
pub(crate) struct Beside {
    pub(crate) path: PathBuf,
    /// Where its bytes are counted to be, behind those of the other file.
    pub(crate) place: Range<u64>,
}

/// The files beside another that were asked for by name, one behind the other.
#[derive(Debug)]
pub(crate) struct BesideFiles<'s, 'a> {
    source: &'s Source<'a>,
    files: Vec<Beside>,
    known: BTreeMap<PathBuf, usize>,
}

impl<'s, 'a> BesideFiles<'s, 'a> {
    pub(crate) fn of(source: &'s Source<'a>) -> Self {
        Self { source, files: Vec::new(), known: BTreeMap::new() }
    }

    /// Finds `count` bytes from `offset` on in a file that is named from the folder of the other.
    pub(crate) fn find(&mut self, name: &str, offset: u64, count: u64) -> Result<Range<u64>, Why> {
        let index = self.index(name)?;
        let file = &self.files[index].place;
        let start = file.start.checked_add(offset);
        let end = start.and_then(|start| start.checked_add(count));
        let place = start.zip(end).filter(|(_, end)| *end <= file.end);
        let (start, end) = place.ok_or_else(|| {
            let held = file.end - file.start;
            format!(
                "{count} bytes from {offset} on were wanted of `{name}`, which has {held}; was it \
                 copied whole?"
            )
        })?;
        Ok(start..end)
    }

    pub(crate) fn into_files(self) -> Vec<Beside> {
        self.files
    }

    fn index(&mut self, name: &str) -> Result<usize, Why> {
        let elsewhere = |why: &str| format!("its numbers stand in another file, `{name}`, {why}");
        let Some(folder) = self.source.folder() else {
            return Err(format!(
                "its numbers stand in another file, `{name}`; put all into one: in Python \
                 `onnx.save(onnx.load(\"that.onnx\"), \"this.onnx\")`"
            ));
        };
        let outside = || elsewhere("outside of the model's folder: only what lies there is read");
        let inner = inner(name).ok_or_else(outside)?;
        if let Some(index) = self.known.get(&inner) {
            return Ok(*index);
        }
        let path = folder.join(&inner);
        let unread = |error: std::io::Error| elsewhere(&format!("which cannot be read: {error}"));
        // A link may lead out of the folder.
        let real = path.canonicalize().map_err(unread)?;
        if !real.starts_with(folder.canonicalize().map_err(unread)?) {
            return Err(outside());
        }
        let (_, length) = open(&real).map_err(unread)?;
        let start = self.files.last().map_or(self.source.length(), |last| last.place.end);
        let end = start.checked_add(length).ok_or_else(|| elsewhere("which is too long"))?;
        self.files.push(Beside { path: real, place: start..end });
        self.known.insert(inner, self.files.len() - 1);
        Ok(self.files.len() - 1)
    }
}

/// Returns a path without `.` that leads nowhere but down; `None` for any other.
fn inner(name: &str) -> Option<PathBuf> {
    let mut inner = PathBuf::new();
    for part in Path::new(name).components() {
        match part {
            Component::Normal(part) => inner.push(part),
            Component::CurDir => {}
            _ => return None,
        }
    }
    (!inner.as_os_str().is_empty()).then_some(inner)
}
