//! Labelled images as they are kept once read: a byte for each pixel.

use convscope_core::Shape;
use sha2::{Digest, Sha256};

use crate::{DataError, Images};

/// Labelled images of one shape, a byte for each pixel: channel after channel, row after row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) shape: Shape,
    pub(crate) classes: Vec<String>,
    pub(crate) pixels: Vec<u8>,
    /// One for each sample, below the number of classes.
    pub(crate) labels: Vec<u16>,
}

impl Stored {
    /// Returns the count of samples.
    pub(crate) fn len(&self) -> usize {
        self.labels.len()
    }

    /// Returns the pixels of one sample.
    pub(crate) fn sample(&self, sample: usize) -> &[u8] {
        &self.pixels[sample * self.shape.len()..][..self.shape.len()]
    }

    /// Returns how many samples each class has.
    pub(crate) fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        for label in &self.labels {
            counts[usize::from(*label)] += 1;
        }
        counts
    }

    /// Returns the SHA-256 of the arrays: all pixels, then two bytes for each label, the low one first.
    pub(crate) fn checksum(&self) -> String {
        let mut hasher = Sha256::new_with_prefix(&self.pixels);
        self.labels.iter().for_each(|label| hasher.update(label.to_le_bytes()));
        crate::files::hexadecimal(&hasher.finalize())
    }

    /// Takes samples in the order given, as numbers in 0..1.
    pub(crate) fn images(&self, samples: &[usize]) -> Result<Images, DataError> {
        let brightness: [f32; 256] = std::array::from_fn(|level| level as f32 / 255.0);
        let mut pixels = Vec::with_capacity(samples.len() * self.shape.len());
        for sample in samples {
            pixels.extend(self.sample(*sample).iter().map(|level| brightness[usize::from(*level)]));
        }
        let labels = samples.iter().map(|sample| self.labels[*sample]).collect();
        Images::new(self.shape, pixels, labels, self.classes.clone())
    }
}
