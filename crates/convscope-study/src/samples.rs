//! Images kept for figures.

use convscope_core::{Seed, Shape};
use convscope_data::{DataError, Images};
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

/// Draws images and writes them as they are kept; where their pixels are permuted or they are transformed,
/// also as they were before.
pub(crate) fn draw_samples(data: &Drawn, per_class: u32, seed: Seed) -> Result<Vec<u8>, DataError> {
    let first = |images: Images| images.first_of_each_class(per_class as usize);
    let drawn = first(data.untransformed(seed)?)?;
    let mut groups = match data.permutation(seed) {
        None => vec![group("as drawn", &drawn)],
        Some(permutation) => {
            let before = drawn.permuted(&permutation.inverse())?;
            vec![group("before the permutation", &before), group("after the permutation", &drawn)]
        }
    };
    if !data.transforms.is_empty() {
        groups.push(group("after the transforms", &first(data.load(seed)?)?));
    }
    Ok(serde_json::to_vec(&groups).expect("names and bytes can be written"))
}

/// Values outside 0..1 are shown by stretching all that are there over the shades.
fn group(name: &str, images: &Images) -> SampleGroup {
    let ends = |(low, high): (f32, f32), pixel: &f32| (low.min(*pixel), high.max(*pixel));
    let (low, high) = images.pixels().iter().fold((0.0, 1.0), ends);
    let shade = |pixel: &f32| ((pixel - low) / (high - low) * 255.0).round() as u8;
    let image = |sample: usize| SampleImage {
        class: images.classes()[usize::from(images.labels()[sample])].clone(),
        shape: images.shape(),
        pixels: images.sample(sample).iter().map(shade).collect(),
    };
    SampleGroup { name: name.into(), images: (0..images.len()).map(image).collect() }
}
