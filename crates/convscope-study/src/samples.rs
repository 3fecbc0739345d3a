//! Images kept for figures.

use convscope_core::{Seed, Shape};
use convscope_data::{Draw, Images};
use serde::{Deserialize, Serialize};

use crate::job::Drawn;

/// One version of some images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SampleGroup {
    /// The version.
    pub name: String,
    /// The images, class by class.
    pub images: Vec<SampleImage>,
}

/// One image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SampleImage {
    /// Its class.
    pub class: String,
    /// Its shape.
    pub shape: Shape,
    /// Its pixels, from 0 (black) to 255.
    pub pixels: Vec<u8>,
}

/// Reads the images that a sampling job left; nothing of what cannot be read.
pub fn read_samples(bytes: &[u8]) -> Vec<SampleGroup> {
    serde_json::from_slice(bytes).unwrap_or_default()
}
