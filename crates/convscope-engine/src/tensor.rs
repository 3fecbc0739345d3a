//! Where the values of a batch stand.

use convscope_model::Shape;

use crate::simd::{LANES, Lanes, at_each_level};

/// Where the pixels of an image stand in a block of lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grid {
    /// The image without its border.
    pub(crate) shape: Shape,
    /// Rows and columns kept on each side.
    pub(crate) border: usize,
    /// Where the first pixel stands that is not border.
    pub(crate) start: usize,
    /// From one row to the next.
    pub(crate) row: usize,
    /// From one channel to the next.
    pub(crate) channel: usize,
}

impl Grid {
    /// Lays out an image with a border.
    pub(crate) fn new(shape: Shape, border: usize) -> Self {
        let row = shape.width + 2 * border;
        let channel = row * (shape.height + 2 * border);
        Self { shape, border, start: border * row + border, row, channel }
    }

    /// Returns how many lanes the image and its border take.
    pub(crate) fn len(&self) -> usize {
        self.shape.channels * self.channel
    }

    /// Returns where a row of a channel starts.
    pub(crate) fn at(&self, channel: usize, row: usize) -> usize {
        self.start + channel * self.channel + row * self.row
    }

    /// Returns every channel and row.
    #[inline(always)]
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let height = self.shape.height;
        (0..self.shape.channels * height).map(move |line| (line / height, line % height))
    }

    /// Returns where the border's first corner stands.
    pub(crate) fn corner(&self) -> usize {
        self.start - self.border * self.row - self.border
    }
}

/// The pixels of a block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Image<'a> {
    pub(crate) grid: Grid,
    pub(crate) lanes: &'a [Lanes],
}

impl<'a> Image<'a> {
    /// Returns a row of a channel.
    #[inline(always)]
    pub(crate) fn line(&self, channel: usize, row: usize) -> &'a [Lanes] {
        &self.lanes[self.grid.at(channel, row)..][..self.grid.shape.width]
    }
}

/// The pixels of a block, to be written.
#[derive(Debug)]
pub(crate) struct ImageMut<'a> {
    pub(crate) grid: Grid,
    pub(crate) lanes: &'a mut [Lanes],
}

impl ImageMut<'_> {
    /// Returns a row of a channel.
    #[inline(always)]
    pub(crate) fn line(&mut self, channel: usize, row: usize) -> &mut [Lanes] {
        &mut self.lanes[self.grid.at(channel, row)..][..self.grid.shape.width]
    }
}

at_each_level! {
    /// Fills the border with the image mirrored at its outermost pixels.
    pub(crate) fn reflect<'a>(_simd, image: ImageMut<'a>) {
        let ImageMut { grid, lanes } = image;
        let Shape { channels, height, width } = grid.shape;
        for channel in 0..channels {
            for row in 0..height {
                let start = grid.at(channel, row);
                for k in 1..=grid.border {
                    lanes[start - k] = lanes[start + k];
                    lanes[start + width - 1 + k] = lanes[start + width - 1 - k];
                }
            }
            let (first, last) = (grid.at(channel, 0), grid.at(channel, height - 1));
            for k in 1..=grid.border {
                let line = |from: usize| from - grid.border..from - grid.border + grid.row;
                lanes.copy_within(line(first + k * grid.row), first - k * grid.row - grid.border);
                lanes.copy_within(line(last - k * grid.row), last + k * grid.row - grid.border);
            }
        }
    }

    /// Adds what stands on the border to the pixels that [`reflect`] copied there.
    pub(crate) fn fold<'a>(_simd, image: ImageMut<'a>) {
        let ImageMut { grid, lanes } = image;
        let Shape { channels, height, width } = grid.shape;
        for channel in 0..channels {
            let (first, last) = (grid.at(channel, 0), grid.at(channel, height - 1));
            for k in 1..=grid.border {
                for x in 0..grid.row {
                    let (first, last) = (first - grid.border + x, last - grid.border + x);
                    let away = k * grid.row;
                    lanes[first + away] = lanes[first + away].plus(lanes[first - away]);
                    lanes[last - away] = lanes[last - away].plus(lanes[last + away]);
                }
            }
            for row in 0..height {
                let start = grid.at(channel, row);
                let end = start + width - 1;
                for k in 1..=grid.border {
                    lanes[start + k] = lanes[start + k].plus(lanes[start - k]);
                    lanes[end - k] = lanes[end - k].plus(lanes[end + k]);
                }
            }
        }
    }
}

/// The values that a step leaves, or the slopes by them.
#[derive(Debug, Clone)]
pub(crate) struct Tensor {
    /// All blocks, or all samples.
    pub(crate) values: Vec<Lanes>,
    /// From one block to the next, or from one sample to the next.
    pub(crate) step: usize,
    /// Where a block's pixels stand; rows of samples use only its shape.
    pub(crate) grid: Grid,
}

impl Tensor {
    /// Takes room for some blocks of images.
    pub(crate) fn images(grid: Grid, blocks: usize) -> Self {
        Self { values: vec![Lanes::ZERO; grid.len() * blocks], step: grid.len(), grid }
    }

    /// Takes room for whole blocks of samples as rows of features, each row filled up with zeros to
    /// whole lanes, and for one row more that stays 0.
    pub(crate) fn rows(features: usize, blocks: usize) -> Self {
        let step = features.div_ceil(LANES);
        let grid = Grid::new(Shape::flat(features), 0);
        Self { values: vec![Lanes::ZERO; step * (blocks * LANES + 1)], step, grid }
    }

    /// Returns how many rows there are for samples.
    pub(crate) fn samples(&self) -> usize {
        self.values.len() / self.step - 1
    }

    /// Returns the numbers of one sample, or of one pixel for all samples.
    pub(crate) fn features(&self) -> usize {
        self.grid.shape.len()
    }

    /// Returns a block's pixels.
    pub(crate) fn image(&self, block: usize) -> Image<'_> {
        Image { grid: self.grid, lanes: self.block(block) }
    }

    /// Returns a block's pixels.
    pub(crate) fn image_mut(&mut self, block: usize) -> ImageMut<'_> {
        ImageMut { grid: self.grid, lanes: self.block_mut(block) }
    }

    /// Returns a block.
    pub(crate) fn block(&self, block: usize) -> &[Lanes] {
        &self.values[block * self.step..][..self.step]
    }

    /// Returns a block.
    pub(crate) fn block_mut(&mut self, block: usize) -> &mut [Lanes] {
        &mut self.values[block * self.step..][..self.step]
    }
}

#[cfg(test)]
mod tests {
    use convscope_model::Shape;

    use super::{Grid, Image, ImageMut, fold, reflect};
    use crate::simd::{Lanes, Plain};

    #[test]
    fn folding_is_the_transpose_of_reflecting() {
        let grid = Grid::new(Shape::image(2, 4, 5), 3);
        let lanes = |seed: usize| -> Vec<Lanes> {
            (0..grid.len()).map(|i| Lanes([((i * seed) % 11) as f32; 16])).collect()
        };
        // ⟨reflect(x), y⟩ = ⟨x, fold(y)⟩ for all x and y.
        let (mut x, mut y) = (lanes(3), lanes(7));
        reflect(Plain, ImageMut { grid, lanes: &mut x });
        let left: f32 = x.iter().zip(&y).map(|(a, b)| a.0[0] * b.0[0]).sum();
        fold(Plain, ImageMut { grid, lanes: &mut y });
        let mut right = 0.0;
        for (channel, row) in (0..2).flat_map(|c| (0..4).map(move |r| (c, r))) {
            let line = |lanes| Image { grid, lanes }.line(channel, row).iter();
            right += line(&x).zip(line(&y)).map(|(a, b)| a.0[0] * b.0[0]).sum::<f32>();
        }
        assert_eq!(left.to_bits(), right.to_bits());
    }
}
