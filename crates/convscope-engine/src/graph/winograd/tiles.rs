//! Images to tiles and back.

use std::marker::PhantomData;
use std::ops::Range;

use convscope_model::Shape;

use super::form::{Back, Form, Input, Kernel, MOST, Output, Slope, both};
use crate::simd::{LANES, Lanes, Simd, Span, Work, floats_mut};
use crate::tensor::{Grid, Image, Tensor};

/// How images are cut into tiles of outputs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tiling {
    /// The image.
    pub(super) shape: Shape,
    /// The side of a tile.
    pub(super) tile: usize,
}

impl Tiling {
    /// Returns the tiles of an image.
    pub(super) fn count(self) -> usize {
        self.shape.height.div_ceil(self.tile) * self.across()
    }

    /// Returns where the tiles of some blocks stand.
    pub(super) fn spots(self, blocks: Range<usize>) -> Vec<Spot> {
        let tiles = blocks.start * self.count()..blocks.end * self.count();
        let spot = |tile: usize| {
            let within = tile % self.count();
            let (row, column) = (within / self.across(), within % self.across());
            Spot { block: tile / self.count(), row: row * self.tile, column: column * self.tile }
        };
        tiles.map(spot).collect()
    }

    fn across(self) -> usize {
        self.shape.width.div_ceil(self.tile)
    }
}

/// Where a tile of outputs stands: its block, and its first row and column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub(super) block: usize,
    pub(super) row: usize,
    pub(super) column: usize,
}

/// Reads a row of a tile whose first column may lie outside the image, as all after the image do.
#[inline(always)]
fn row<S: Simd>(
    simd: S,
    image: Image<'_>,
    channel: usize,
    (row, column): (isize, isize),
    side: usize,
    part: usize,
) -> [S::Vector; MOST] {
    let mut values = [simd.splat(0.0); MOST];
    let Shape { height, width, .. } = image.grid.shape;
    if row < 0 || row >= height as isize {
        return values;
    }
    let line = image.line(channel, row as usize);
    if column >= 0 && column as usize + side <= width {
        let line = &line[column as usize..][..side];
        for j in 0..side {
            values[j] = simd.part(&line[j], part);
        }
    } else {
        for j in 0..side {
            let column = column + j as isize;
            if column >= 0 && column < width as isize {
                values[j] = simd.part(&line[column as usize], part);
            }
        }
    }
    values
}

/// Where the factors or products of some tiles stand: `[element][channel][tile]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elements {
    /// From one element to the next, in lanes.
    pub(super) element: usize,
    /// From one channel to the next.
    pub(super) channel: usize,
}

/// From images to the factors of the products.
pub(super) struct Inputs<'a, F> {
    pub(super) form: PhantomData<F>,
    pub(super) images: &'a Tensor,
    pub(super) channels: Range<usize>,
    pub(super) spots: &'a [Spot],
    pub(super) to: &'a mut [Lanes],
    pub(super) elements: Elements,
}

impl<F: Form> Work for Inputs<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Inputs { images, to, elements, channels, spots, .. } = self;
        for (index, channel) in channels.enumerate() {
            for (tile, spot) in spots.iter().enumerate() {
                let to = &mut to[index * elements.channel + tile..];
                let to = &mut to[..=(F::SIDE * F::SIDE - 1) * elements.element];
                let image = images.image(spot.block);
                let (top, left) = (spot.row as isize - 1, spot.column as isize - 1);
                for part in S::parts() {
                    both::<S, Input<F>>(
                        simd,
                        |i| row(simd, image, channel, (top + i as isize, left), F::SIDE, part),
                        |i, j, x| {
                            simd.set_part(&mut to[(i * F::SIDE + j) * elements.element], part, x);
                        },
                    );
                }
            }
        }
    }
}

/// From the slopes by outputs to the slopes by products.
pub(super) struct Slopes<'a, F>(pub(super) Inputs<'a, F>);

impl<F: Form> Work for Slopes<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Inputs { images, to, elements, channels, spots, .. } = self.0;
        for (index, channel) in channels.enumerate() {
            for (tile, spot) in spots.iter().enumerate() {
                let to = &mut to[index * elements.channel + tile..];
                let to = &mut to[..=(F::SIDE * F::SIDE - 1) * elements.element];
                let image = images.image(spot.block);
                let (top, left) = (spot.row as isize, spot.column as isize);
                for part in S::parts() {
                    both::<S, Slope<F>>(
                        simd,
                        |i| row(simd, image, channel, (top + i as isize, left), F::TILE, part),
                        |i, j, x| {
                            simd.set_part(&mut to[(i * F::SIDE + j) * elements.element], part, x);
                        },
                    );
                }
            }
        }
    }
}

/// From products to images.
pub(super) struct Outputs<'a, 'b, F> {
    pub(super) form: PhantomData<F>,
    pub(super) from: &'a [Lanes],
    pub(super) elements: Elements,
    /// What is added to each channel.
    pub(super) bias: Option<&'a [f32]>,
    pub(super) grid: Grid,
    /// Which channels of the images.
    pub(super) channels: Range<usize>,
    /// These channels of each block, from some block on.
    pub(super) images: &'a mut [&'b mut [Lanes]],
    pub(super) first_block: usize,
    pub(super) spots: &'a [Spot],
}

impl<F: Form> Work for Outputs<'_, '_, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { from, elements, bias, grid, images, .. } = self;
        for (index, channel) in self.channels.enumerate() {
            let bias = simd.splat(bias.map_or(0.0, |bias| bias[channel]));
            for (tile, spot) in self.spots.iter().enumerate() {
                let height = (grid.shape.height - spot.row).min(F::TILE);
                let width = (grid.shape.width - spot.column).min(F::TILE);
                let from = &from[index * elements.channel + tile..];
                let from = &from[..=(F::SIDE * F::SIDE - 1) * elements.element];
                let start = grid.at(channel, spot.row) + spot.column;
                let image = &mut images[spot.block - self.first_block][start..];
                let image = &mut image[..(height - 1) * grid.row + width];
                for part in S::parts() {
                    both::<S, Output<F>>(
                        simd,
                        |i| {
                            let mut values = [simd.splat(0.0); MOST];
                            for j in 0..F::SIDE {
                                let place = (i * F::SIDE + j) * elements.element;
                                values[j] = simd.part(&from[place], part);
                            }
                            values
                        },
                        |i, j, x| {
                            if i < height && j < width {
                                let x = simd.add(x, bias);
                                simd.set_part(&mut image[i * grid.row + j], part, x);
                            }
                        },
                    );
                }
            }
        }
    }
}

/// From kernels to the factors of the products.
pub(super) struct Kernels<'a, F> {
    pub(super) form: PhantomData<F>,
    pub(super) values: &'a [f32],
    /// Rows and numbers of a row of the matrix of each element.
    pub(super) size: (usize, usize),
    /// Whether filters are the numbers of a row, and kernels are turned by half a turn.
    pub(super) back: bool,
    /// Which numbers of a row.
    pub(super) span: Range<usize>,
    /// `[element][row][number]`, each row filled up to whole lanes.
    pub(super) to: &'a mut [Lanes],
}

impl<F: Form> Work for Kernels<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { values, size: (rows, depth), back, span, to, .. } = self;
        let wide = span.len().div_ceil(LANES);
        for index in 0..rows * wide {
            let (row, column) = (index / wide, index % wide);
            let mut kernel = [[Lanes::ZERO; 3]; 3];
            for lane in 0..LANES.min(span.len() - column * LANES) {
                let k = span.start + column * LANES + lane;
                let pair = if back { k * rows + row } else { row * depth + k };
                let pair = &values[pair * 9..][..9];
                for tap in 0..9 {
                    kernel[tap / 3][tap % 3].0[lane] = pair[if back { 8 - tap } else { tap }];
                }
            }
            let to = &mut to[index..][..=(F::SIDE * F::SIDE - 1) * rows * wide];
            for part in S::parts() {
                both::<S, Kernel<F>>(
                    simd,
                    |i| {
                        let mut values = [simd.splat(0.0); MOST];
                        for j in 0..3 {
                            values[j] = simd.part(&kernel[i][j], part);
                        }
                        values
                    },
                    |i, j, x| {
                        simd.set_part(&mut to[(i * F::SIDE + j) * rows * wide], part, x);
                    },
                );
            }
        }
    }
}

/// From channels with their samples side by side to samples with their channels side by side.
pub(super) struct Turn<'a> {
    /// Sixteen channels of each element.
    pub(super) from: &'a [Lanes],
    pub(super) to: &'a mut [Lanes],
    /// From one element to the next, in lanes.
    pub(super) element: usize,
    /// From one sample to the next.
    pub(super) step: usize,
}

impl Work for Turn<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let to = floats_mut(self.to);
        let mut square = [simd.splat(0.0); LANES];
        for (element, from) in self.from.chunks_exact(LANES).enumerate() {
            for channels in S::parts() {
                for part in S::parts() {
                    let from = &from[channels..channels + S::WIDTH];
                    for (vector, from) in square.iter_mut().zip(from) {
                        *vector = simd.part(from, part);
                    }
                    simd.transpose(&mut square);
                    for (lane, &vector) in square[..S::WIDTH].iter().enumerate() {
                        let place = element * self.element + (part + lane) * self.step;
                        let place = place * LANES + channels;
                        simd.write(&mut to[place..place + S::WIDTH], vector);
                    }
                }
            }
        }
    }
}

/// From the slopes by factors to the slopes by kernels.
pub(super) struct KernelSlopes<'a, F> {
    pub(super) form: PhantomData<F>,
    /// `[element][group of channels][filter][channel]`.
    pub(super) sums: &'a [Lanes],
    pub(super) rows: usize,
    pub(super) channels: usize,
    pub(super) groups: &'a [Span],
    /// `[filter][channel][tap]`.
    pub(super) gradients: &'a mut [f32],
}

impl<F: Form> Work for KernelSlopes<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { sums, rows, channels, .. } = self;
        let element = channels.div_ceil(LANES) * rows;
        for row in 0..rows {
            for group in self.groups {
                for column in 0..group.len {
                    let sums = &sums[group.start * rows + row * group.len + column..];
                    let mut kernel = [[Lanes::ZERO; 3]; 3];
                    for part in S::parts() {
                        both::<S, Back<F>>(
                            simd,
                            |i| {
                                let mut values = [simd.splat(0.0); MOST];
                                for j in 0..F::SIDE {
                                    values[j] = simd.part(&sums[(i * F::SIDE + j) * element], part);
                                }
                                values
                            },
                            |i, j, x| simd.set_part(&mut kernel[i][j], part, x),
                        );
                    }
                    let first = (group.start + column) * LANES;
                    let to = &mut self.gradients[(row * channels + first) * 9..];
                    for (lane, to) in
                        to.chunks_exact_mut(9).take(LANES.min(channels - first)).enumerate()
                    {
                        for (tap, to) in to.iter_mut().enumerate() {
                            *to = kernel[tap / 3][tap % 3].0[lane];
                        }
                    }
                }
            }
        }
    }
}
