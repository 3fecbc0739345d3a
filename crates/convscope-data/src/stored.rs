//! Labelled images as they are kept once read.

use std::sync::OnceLock;

use convscope_core::Shape;
use sha2::{Digest, Sha256};

use crate::files::hexadecimal;
use crate::{DataError, Images};

/// More pixels than this are a slip of the pen.
pub(crate) const MOST_BYTES: usize = 1 << 31;

/// Labelled images of one shape, with the pixels that it says and labels below the number of classes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stored {
    pub(crate) shape: Shape,
    pub(crate) classes: Vec<String>,
    pub(crate) pixels: Pixels,
    /// One for each sample.
    pub(crate) labels: Vec<u16>,
    /// Its checksum, once somebody asked for it.
    checksum: OnceLock<String>,
}

/// Pixels, sample after sample, channel after channel, row after row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Pixels {
    /// From 0 to 255, as nearly all images are.
    Bytes(Vec<u8>),
    /// In 0..1.
    Floats(Vec<f32>),
}

impl Stored {
    /// Keeps what was read and checked.
    pub(crate) fn new(
        shape: Shape,
        classes: Vec<String>,
        pixels: Pixels,
        labels: Vec<u16>,
    ) -> Self {
        Self { shape, classes, pixels, labels, checksum: OnceLock::new() }
    }

    /// Returns the count of samples.
    pub(crate) fn len(&self) -> usize {
        self.labels.len()
    }

    /// Returns the SHA-256 of the arrays: all pixels, then two bytes for each label, the low one first.
    pub(crate) fn checksum(&self) -> &str {
        self.checksum.get_or_init(|| self.hashed())
    }

    /// Takes samples in the order given, as numbers in 0..1.
    pub(crate) fn images(&self, samples: &[usize]) -> Result<Images, DataError> {
        let size = self.shape.len();
        let mut pixels = Vec::with_capacity(samples.len() * size);
        match &self.pixels {
            Pixels::Bytes(bytes) => {
                let brightness: [f32; 256] = std::array::from_fn(|level| level as f32 / 255.0);
                for sample in samples {
                    let levels = &bytes[sample * size..][..size];
                    pixels.extend(levels.iter().map(|level| brightness[usize::from(*level)]));
                }
            }
            Pixels::Floats(floats) => {
                for at in samples {
                    pixels.extend(&floats[at * size..][..size]);
                }
            }
        }
        let labels = samples.iter().map(|sample| self.labels[*sample]).collect();
        Images::new(self.shape, pixels, labels, self.classes.clone())
    }

    fn hashed(&self) -> String {
        let mut hasher = match &self.pixels {
            Pixels::Bytes(bytes) => Sha256::new_with_prefix(bytes),
            Pixels::Floats(floats) => {
                let mut hasher = Sha256::new_with_prefix(b"f32");
                for float in floats {
                    hasher.update(float.to_le_bytes());
                }
                hasher
            }
        };
        self.labels.iter().for_each(|label| hasher.update(label.to_le_bytes()));
        hexadecimal(&hasher.finalize())
    }
}

impl Pixels {
    /// Puts the channels of every sample one after another, which lay beside each other.
    pub(crate) fn channels_first(self, shape: Shape) -> Self {
        match self {
            Self::Bytes(bytes) => Self::Bytes(planes(&bytes, shape)),
            Self::Floats(floats) => Self::Floats(planes(&floats, shape)),
        }
    }
}

fn planes<T: Copy>(values: &[T], shape: Shape) -> Vec<T> {
    let samples = values.chunks_exact(shape.len());
    let planes = samples.flat_map(|sample| {
        let channel = |channel| sample.iter().skip(channel).step_by(shape.channels);
        (0..shape.channels).flat_map(channel)
    });
    planes.copied().collect()
}
