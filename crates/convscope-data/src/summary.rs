//! Images in a few numbers.

use crate::Images;

/// What a set of images is like: counts, and brightness by channel.
///
/// ```
/// use convscope_core::Shape;
/// use convscope_data::{Images, Summary};
///
/// let classes = vec!["dark".to_owned(), "bright".to_owned()];
/// let images = Images::new(Shape::image(1, 1, 2), vec![0.0, 0.5, 0.5, 1.0], vec![0, 1], classes)?;
/// let summary = Summary::of(&images);
/// assert_eq!((summary.counts, summary.means), (vec![1, 1], vec![0.5]));
/// # Ok::<(), convscope_data::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// How many samples each class has.
    pub counts: Vec<usize>,
    /// The mean of each channel over all pixels of all samples.
    pub means: Vec<f64>,
    /// The standard deviation of each channel about that mean, divided by the count of pixels.
    pub deviations: Vec<f64>,
    /// The darkest and the brightest pixel.
    pub range: [f32; 2],
}

impl Summary {
    /// Counts and measures; two passes over the pixels.
    pub fn of(images: &Images) -> Self {
        let shape = images.shape();
        let area = shape.height * shape.width;
        let pixels = (images.len() * area) as f64;
        let channel = |channel: usize| {
            let samples = images.pixels().chunks_exact(shape.len());
            samples.flat_map(move |sample| &sample[channel * area..][..area]).map(|p| f64::from(*p))
        };
        let means: Vec<f64> =
            (0..shape.channels).map(|c| channel(c).sum::<f64>() / pixels).collect();
        let deviation = |(c, mean): (usize, &f64)| {
            (channel(c).map(|pixel| (pixel - mean).powi(2)).sum::<f64>() / pixels).sqrt()
        };
        let deviations = means.iter().enumerate().map(deviation).collect();
        let mut counts = vec![0; images.classes().len()];
        images.labels().iter().for_each(|label| counts[usize::from(*label)] += 1);
        let range = images
            .pixels()
            .iter()
            .fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], p| [low.min(*p), high.max(*p)]);
        Self { counts, means, deviations, range }
    }
}
