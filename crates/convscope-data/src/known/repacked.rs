//! Published files found again in arrays that somebody made of them.

use std::path::Path;

use convscope_arrays::{Array, Arrays};

use super::files::Content;
use super::{Known, Layout, Member, Sha256Of};
use crate::files::FilesError;

impl Known {
    /// Writes the IDX files of the set from a file of arrays, such as `mnist.npz`, whatever these are called.
    ///
    /// Each array that could be the content of a file is held against its checksum.
    ///
    /// # Errors
    /// [`FilesError`] for a file that is no file of arrays, in which a part is missing, and for a set whose
    /// content is not known by a checksum.
    pub(super) fn repacked(&self, from: &Path) -> Result<Vec<Content>, FilesError> {
        let wrong = |why: String| FilesError::of(from, why);
        let by_content = |member: &Member| matches!(member.sha256, Sha256Of::Content(_));
        let mut members = self.splits.iter().flat_map(|split| split.files);
        if self.layout != Layout::Idx || !members.all(by_content) {
            return Err(wrong(format!(
                "only its own files are known as {}, not arrays of them",
                self.name
            )));
        }
        let arrays = Arrays::open(from).map_err(|error| wrong(error.to_string()))?;
        let mut files = Vec::new();
        for split in &self.splits {
            for (member, size) in split.files.iter().zip([self.shape().len(), 1]) {
                let header = self.idx_header(split.samples, size > 1);
                let found = arrays.names().filter_map(|name| arrays.get(name)).find_map(|array| {
                    let numbers = bytes(&arrays, array, split.samples * size)?;
                    let file = (from.join(member.name), [header.as_slice(), &numbers].concat());
                    member.check(&file).is_ok().then_some(file)
                });
                files.push(found.ok_or_else(|| {
                    let names: Vec<&str> = arrays.names().collect();
                    wrong(format!(
                        "none of its arrays ({}) is the content of {}",
                        names.join(", "),
                        member.name
                    ))
                })?);
            }
        }
        Ok(files)
    }

    fn idx_header(&self, samples: usize, images: bool) -> Vec<u8> {
        let [_, height, width] = self.shape;
        let dimensions = [samples, height, width];
        let dimensions = if images { &dimensions[..] } else { &dimensions[..1] };
        let lengths = dimensions.iter().flat_map(|length| (*length as u32).to_be_bytes());
        [0, 0, 8, dimensions.len() as u8].into_iter().chain(lengths).collect()
    }
}

/// Returns the numbers of an array of so many, where all of them are bytes.
fn bytes(arrays: &Arrays<'_>, array: &Array, count: usize) -> Option<Vec<u8>> {
    if array.count() != count {
        return None;
    }
    if let Some(bytes) = array.octets(arrays.source()).ok()? {
        return Some(bytes);
    }
    arrays.words(array).ok()??.iter().map(|word| word.parse().ok()).collect()
}
