//! Images that are drawn anew in every epoch.

use convscope_data::Images;
use convscope_data::transforms::{Chain, Worker};
use convscope_engine::Samples;

use crate::training::Training;

/// The images of one epoch after another.
///
/// The draws of epoch e, the first being 1, come from `training.seed.child("augment").nth(e − 1)` and the
/// sample: an epoch's images depend on no epoch before it.
pub struct Augmented<'a> {
    training: &'a Training<'a>,
    worker: Worker<'a>,
    pixels: Vec<f32>,
    image: Vec<f32>,
}

impl<'a> Augmented<'a> {
    /// Starts to draw a training's images; `None` where they stay the same.
    pub fn of(training: &'a Training<'a>) -> Option<Self> {
        let chain: &Chain = training.augment.filter(|chain| !chain.is_empty())?;
        let length = training.images.pixels().len();
        Some(Self {
            training,
            worker: chain.worker(training.seed),
            pixels: vec![0.0; length],
            image: Vec::new(),
        })
    }

    /// Draws the images of an epoch and returns their values, one image after another.
    pub fn draw(&mut self, epoch: u32) -> &[f32] {
        let Training { images, seed, .. } = *self.training;
        self.worker.restart(seed.child("augment").nth(u64::from(epoch) - 1));
        let places = self.pixels.chunks_exact_mut(images.shape().len());
        for (sample, place) in places.enumerate() {
            self.worker.apply(sample as u64, images.sample(sample), &mut self.image);
            place.copy_from_slice(&self.image);
        }
        &self.pixels
    }
}

/// Returns what the engine trains on: the images as they are, or as they were drawn last.
pub(crate) fn samples<'s>(images: &'s Images, drawn: Option<&'s Augmented<'_>>) -> Samples<'s> {
    let pixels = drawn.map_or(images.pixels(), |drawn| &drawn.pixels);
    Samples { pixels, labels: images.labels() }
}
