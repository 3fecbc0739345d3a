//! Images to tiles and back.

use std::marker::PhantomData;

use convscope_model::Shape;

use super::form::{Back, Form, Input, Kernel, MOST, Output, Slope, both};
use crate::simd::{LANES, Lanes, Simd, Span, Work, floats_mut};
use crate::tensor::{Grid, Image};

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

    /// Returns the block of a tile, and its first row and column.
    #[inline(always)]
    pub(super) fn place(self, tile: usize) -> (usize, usize, usize) {
        let within = tile % self.count();
        let (row, column) = (within / self.across(), within % self.across());
        (tile / self.count(), row * self.tile, column * self.tile)
    }

    fn across(self) -> usize {
        self.shape.width.div_ceil(self.tile)
    }
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
    pub(super) image: Image<'a>,
    /// Channels of the image.
    pub(super) channels: std::ops::Range<usize>,
    /// The first row and column of outputs.
    pub(super) place: (usize, usize),
    pub(super) to: &'a mut [Lanes],
    pub(super) elements: Elements,
}

impl<F: Form> Work for Inputs<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { image, to, elements, .. } = self;
        let (top, left) = (self.place.0 as isize - 1, self.place.1 as isize - 1);
        for (index, channel) in self.channels.enumerate() {
            let to = &mut to[index * elements.channel..];
            let to = &mut to[..(F::SIDE * F::SIDE - 1) * elements.element + 1];
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

/// From the slopes by outputs to the slopes by products.
pub(super) struct Slopes<'a, F>(pub(super) Inputs<'a, F>);

impl<F: Form> Work for Slopes<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Inputs { image, to, elements, channels, place, .. } = self.0;
        let (top, left) = (place.0 as isize, place.1 as isize);
        for (index, channel) in channels.enumerate() {
            let to = &mut to[index * elements.channel..];
            let to = &mut to[..(F::SIDE * F::SIDE - 1) * elements.element + 1];
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

/// From products to images.
pub(super) struct Outputs<'a, F> {
    pub(super) form: PhantomData<F>,
    pub(super) from: &'a [Lanes],
    pub(super) elements: Elements,
    /// What is added to each channel.
    pub(super) bias: Option<&'a [f32]>,
    pub(super) grid: Grid,
    /// How many channels the image has here.
    pub(super) channels: usize,
    pub(super) image: &'a mut [Lanes],
    pub(super) place: (usize, usize),
}

impl<F: Form> Work for Outputs<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { from, elements, bias, grid, image, place, .. } = self;
        let height = (grid.shape.height - place.0).min(F::TILE);
        let width = (grid.shape.width - place.1).min(F::TILE);
        for channel in 0..self.channels {
            let from = &from[channel * elements.channel..];
            let from = &from[..(F::SIDE * F::SIDE - 1) * elements.element + 1];
            let start = grid.at(channel, place.0) + place.1;
            let image = &mut image[start..][..(height - 1) * grid.row + width];
            let bias = simd.splat(bias.map_or(0.0, |bias| bias[channel]));
            for part in S::parts() {
                both::<S, Output<F>>(
                    simd,
                    |i| {
                        let mut values = [simd.splat(0.0); MOST];
                        for j in 0..F::SIDE {
                            values[j] =
                                simd.part(&from[(i * F::SIDE + j) * elements.element], part);
                        }
                        values
                    },
                    |i, j, x| {
                        if i < height && j < width {
                            simd.set_part(&mut image[i * grid.row + j], part, simd.add(x, bias));
                        }
                    },
                );
            }
        }
    }
}

/// From kernels to the factors of the products.
pub(super) struct Kernels<'a, F> {
    pub(super) form: PhantomData<F>,
    pub(super) kernels: &'a [f32],
    /// Rows and numbers of a row of the matrix of each element.
    pub(super) size: (usize, usize),
    /// Whether filters are the numbers of a row, and kernels are turned by half a turn.
    pub(super) back: bool,
    /// Which numbers of a row.
    pub(super) span: std::ops::Range<usize>,
    /// `[element][row][number]`, each row filled up to whole lanes.
    pub(super) to: &'a mut [Lanes],
}

impl<F: Form> Work for Kernels<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { kernels, size: (rows, depth), back, span, to, .. } = self;
        let wide = span.len().div_ceil(LANES);
        for index in 0..rows * wide {
            let (row, column) = (index / wide, index % wide);
            let mut kernel = [[Lanes::ZERO; 3]; 3];
            for lane in 0..LANES.min(span.len() - column * LANES) {
                let k = span.start + column * LANES + lane;
                let pair = if back { k * rows + row } else { row * depth + k };
                let pair = &kernels[pair * 9..][..9];
                for tap in 0..9 {
                    kernel[tap / 3][tap % 3].0[lane] = pair[if back { 8 - tap } else { tap }];
                }
            }
            let to = &mut to[index..][..(F::SIDE * F::SIDE - 1) * rows * wide + 1];
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
