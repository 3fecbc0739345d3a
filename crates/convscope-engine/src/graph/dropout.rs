//! Values left out at random.

use convscope_core::Seed;
use convscope_model::layer::Dropout;

use super::blocks::{Back, Way, over_blocks};
use crate::crew::each;
use crate::noise::scales;
use crate::simd::{LANES, Lanes, Simd, at_each_level};
use crate::tensor::{Grid, Image, ImageMut, Tensor};

/// A dropout and the draws of the last batch.
#[derive(Debug, Clone)]
pub(crate) struct DropoutNode {
    layer: String,
    dropout: Dropout,
    /// What every value is multiplied by.
    scales: Tensor,
}

impl DropoutNode {
    /// Plans a dropout.
    pub(crate) fn new(layer: &str, dropout: &Dropout, grid: Grid, blocks: usize) -> Self {
        let scales = Tensor::images(Grid::new(grid.shape, 0), blocks);
        Self { layer: layer.to_owned(), dropout: dropout.clone(), scales }
    }

    /// Draws, and leaves values out; without noise nothing is left out.
    pub(crate) fn forward<S: Simd>(
        &mut self,
        simd: S,
        way: Way,
        noise: Option<Seed>,
        (input, output): (&Tensor, &mut Tensor),
    ) {
        match noise {
            None => self.scales.values.fill(Lanes([1.0; LANES])),
            Some(noise) => self.draw(way, noise),
        }
        let scales = &self.scales;
        over_blocks(way, output, |block, to| {
            scale(simd, input.image(block), scales.image(block), to, false);
        });
    }

    /// Passes on the slopes by values that stayed.
    pub(crate) fn backward<S: Simd>(&self, simd: S, way: Way, slope: &Tensor, back: Back<'_>) {
        let Back { to: all, add } = back;
        over_blocks(way, all, |block, to| {
            scale(simd, slope.image(block), self.scales.image(block), to, add);
        });
    }

    fn draw(&mut self, way: Way, noise: Seed) {
        let Self { layer, dropout, scales: tensor } = self;
        let step = tensor.step;
        let blocks = tensor.values.chunks_mut(step).take(way.blocks()).enumerate();
        each(way.threads, blocks.collect(), |(block, lanes)| {
            for lane in 0..way.live(block) {
                let drawn = scales(noise, layer, dropout, block * LANES + lane);
                lanes.iter_mut().zip(drawn).for_each(|(to, scale)| to.0[lane] = scale);
            }
        });
    }
}

at_each_level! {
    fn scale<'a>(_simd, input: Image<'a>, scales: Image<'a>, output: ImageMut<'a>, add: bool) {
        let mut output = output;
        for (channel, row) in output.grid.lines() {
            let from = input.line(channel, row).iter().zip(scales.line(channel, row));
            for (to, (value, scale)) in output.line(channel, row).iter_mut().zip(from) {
                let more = value.zip(*scale, |x, scale| x * scale);
                *to = if add { to.plus(more) } else { more };
            }
        }
    }
}
