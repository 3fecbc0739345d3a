//! The images of a population on a device.

use burn_tensor::{Device, Int, Tensor, TensorData};
use convscope_core::Shape;
use convscope_data::Images;
use convscope_train::Augmented;

use crate::learning::Batch;
use crate::numbers::upload;

/// Sets of images, each brought to the device once, whoever shares it.
pub(crate) struct Sets<'a> {
    /// All images of all sets, one a row.
    rows: Tensor<2>,
    /// The row that each member's set starts at.
    starts: Vec<usize>,
    of_members: Vec<&'a Images>,
    shape: Shape,
}

impl<'a> Sets<'a> {
    /// Brings each member's images to the device.
    pub(crate) fn upload(sets: Vec<&'a Images>, device: &Device) -> Self {
        let shape = sets[0].shape();
        let (mut known, mut starts) = (Vec::<&Images>::new(), Vec::with_capacity(sets.len()));
        let mut pixels = Vec::new();
        for set in &sets {
            let place = known.iter().position(|known| std::ptr::eq(*known, *set));
            let place = place.unwrap_or_else(|| {
                pixels.extend_from_slice(set.pixels());
                known.push(set);
                known.len() - 1
            });
            starts.push(known[..place].iter().map(|known| known.len()).sum());
        }
        let count = pixels.len() / shape.len();
        Self { rows: upload(pixels, [count, shape.len()], device), starts, of_members: sets, shape }
    }

    /// Brings the images that every member's training draws for an epoch in the place of those before.
    pub(crate) fn redraw(&mut self, drawn: &mut [Option<Augmented<'a>>], epoch: u32) {
        if drawn.iter().all(Option::is_none) {
            return;
        }
        let mut pixels = Vec::new();
        for (own, images) in drawn.iter_mut().zip(&self.of_members) {
            pixels.extend_from_slice(match own {
                Some(own) => own.draw(epoch),
                None => images.pixels(),
            });
        }
        let (count, members, device) = (self.count(), drawn.len(), self.rows.device());
        self.starts = (0..members).map(|member| member * count).collect();
        self.rows = upload(pixels, [members * count, self.shape.len()], &device);
    }

    /// Returns how many images every set has.
    pub(crate) fn count(&self) -> usize {
        self.of_members[0].len()
    }

    /// Gathers batches, one for each member, on the device.
    pub(crate) fn batch(&self, batches: &[&[u32]]) -> Batch {
        let (size, members, shape) = (batches[0].len(), batches.len(), self.shape);
        let (mut rows, mut labels) = (Vec::new(), Vec::new());
        for place in 0..size {
            for (member, batch) in batches.iter().enumerate() {
                let image = batch[place] as usize;
                rows.push((self.starts[member] + image) as i32);
                labels.push(self.of_members[member].labels()[image]);
            }
        }
        let device = self.rows.device();
        let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [size * members]), &device);
        let gathered = self.rows.clone().select(0, rows);
        let dimensions = [size, members * shape.channels, shape.height, shape.width];
        Batch { input: gathered.reshape(dimensions), labels }
    }
}
