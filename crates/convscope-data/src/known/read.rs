//! From the files of a published set to its images.

use std::path::Path;

use super::files::{Content, Place};
use super::{Known, Layout, SplitName};
use crate::files::{FilesError, idx};
use crate::stored::{Pixels, Stored};

impl Known {
    /// Reads the images of a split and holds them against what was published.
    pub(crate) fn read(&self, place: &Place, split: SplitName) -> Result<Stored, FilesError> {
        let read = || {
            let contents = self.contents(place, split)?;
            let stored = self.decoded(&contents, split)?;
            let members = self.split(split).files;
            members.iter().zip(&contents).try_for_each(|(member, file)| member.check(file))?;
            Ok(stored)
        };
        read().map_err(|error: FilesError| error.or_help(|| self.how_to_get()))
    }

    /// Finds images and labels in files that may be damaged.
    pub(super) fn decoded(
        &self,
        contents: &[Content],
        split: SplitName,
    ) -> Result<Stored, FilesError> {
        let (pixels, labels) = match self.layout {
            Layout::Idx => self.read_idx(contents, split)?,
            Layout::Records { labels, label } => {
                self.read_records(contents, labels, label, split)?
            }
        };
        let labels = labels.into_iter().map(u16::from).collect();
        let pixels = Pixels::Bytes(pixels);
        Ok(Stored::new(self.shape(), self.classes(), pixels, labels))
    }

    fn read_idx(
        &self,
        contents: &[Content],
        split: SplitName,
    ) -> Result<(Vec<u8>, Vec<u8>), FilesError> {
        let [images, labels] = contents else {
            unreachable!("an IDX set has a file of images and one of labels")
        };
        let samples = self.samples(split);
        let [channels, height, width] = self.shape;
        let (file, bytes) = images;
        let (dimensions, pixels) = idx::read(bytes).map_err(|why| FilesError::of(file, why))?;
        let wanted = [samples, height * channels, width];
        if dimensions != wanted {
            let [wanted, came] =
                [wanted, dimensions].map(|sizes| sizes.map(|size| size.to_string()).join("×"));
            return Err(FilesError::of(
                file,
                format!("it holds {came} pixels; {wanted} are wanted"),
            ));
        }
        let (file, bytes) = labels;
        let ([count], labels) = idx::read(bytes).map_err(|why| FilesError::of(file, why))?;
        if count != samples {
            let why = format!("it holds {count} labels; there are {samples} images");
            return Err(FilesError::of(file, why));
        }
        self.check_labels(file, labels.iter().copied())?;
        Ok((pixels.to_vec(), labels.to_vec()))
    }

    fn read_records(
        &self,
        contents: &[Content],
        labels: usize,
        label: usize,
        split: SplitName,
    ) -> Result<(Vec<u8>, Vec<u8>), FilesError> {
        let record = labels + self.shape().len();
        let members = self.split(split).files;
        let (mut pixels, mut classes) = (Vec::new(), Vec::new());
        for ((file, bytes), member) in contents.iter().zip(members) {
            if bytes.len() as u64 != member.bytes {
                let why = format!(
                    "it holds {} bytes; {} are wanted, {} records of {record}",
                    bytes.len(),
                    member.bytes,
                    member.bytes / record as u64
                );
                return Err(FilesError::of(file, why));
            }
            let records = bytes.chunks_exact(record);
            self.check_labels(file, records.clone().map(|record| record[label]))?;
            for record in records {
                classes.push(record[label]);
                pixels.extend_from_slice(&record[labels..]);
            }
        }
        Ok((pixels, classes))
    }

    fn check_labels(
        &self,
        file: &Path,
        mut labels: impl Iterator<Item = u8> + Clone,
    ) -> Result<(), FilesError> {
        let classes = self.classes.len();
        let outside = labels.clone().position(|label| usize::from(label) >= classes);
        let Some(sample) = outside else { return Ok(()) };
        let label = labels.nth(sample).unwrap_or_default();
        let why = format!(
            "labels are below the number of classes, {classes}; sample {sample} has {label}"
        );
        Err(FilesError::of(file, why))
    }
}
