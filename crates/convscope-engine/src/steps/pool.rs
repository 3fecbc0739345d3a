//! Pools, and the positive part where nothing else is computed with it.

use convscope_model::Shape;
use convscope_model::layer::Pool;

use crate::simd::{Lanes, Simd, at_each_level};
use crate::tensor::{Grid, Image, ImageMut, Tensor};

/// The maximum over windows side by side, taken while a convolution's rows are at hand.
#[derive(Debug, Clone)]
pub(crate) struct MaxRows {
    pub(crate) side: usize,
    /// The rows of one row of windows.
    pub(crate) values: Vec<Lanes>,
    /// Where they stand.
    pub(crate) rows: Grid,
    /// Outputs of a block.
    area: usize,
    /// Which value of its window was the largest, for every output of every block.
    winners: Vec<Lanes>,
}

impl MaxRows {
    /// Takes room for a convolution's outputs.
    pub(crate) fn new(side: usize, shape: Shape, blocks: usize) -> Self {
        let rows = Grid::new(Shape { height: side, ..shape }, 0);
        let area = shape.len() / (side * side);
        let winners = vec![Lanes::ZERO; area * blocks];
        Self { side, values: vec![Lanes::ZERO; rows.len()], rows, area, winners }
    }

    /// Returns the number of each window's largest value.
    pub(crate) fn winners(&self, block: usize) -> &[Lanes] {
        &self.winners[block * self.area..][..self.area]
    }

    /// Reduces the rows at hand to a row of outputs.
    pub(crate) fn reduce<S: Simd>(
        &mut self,
        simd: S,
        output: &mut Tensor,
        (block, row): (usize, usize),
        positive: bool,
    ) {
        let winners = &mut self.winners[block * self.area..][..self.area];
        let rows = Image { grid: self.rows, lanes: &self.values };
        reduce(simd, rows, self.side, winners, output.image_mut(block), row, positive);
    }
}

at_each_level! {
    fn reduce<'a>(
        simd,
        rows: Image<'a>,
        side: usize,
        winners: &'a mut [Lanes],
        output: ImageMut<'a>,
        row: usize,
        positive: bool,
    ) {
        let mut output = output;
        let Shape { channels, height, width } = output.grid.shape;
        for channel in 0..channels {
            let lines = &rows.lanes[rows.grid.at(channel, 0)..];
            let winners = &mut winners[(channel * height + row) * width..][..width];
            let outputs = output.line(channel, row).iter_mut();
            for (x, (output, winner)) in outputs.zip(winners).enumerate() {
                let window = &lines[x * side..];
                let to = (output, winner);
                // The common side, known to the compiler.
                match side {
                    2 => largest(simd, window, rows.grid.row, 2, positive, to),
                    _ => largest(simd, window, rows.grid.row, side, positive, to),
                }
            }
        }
    }

    fn maxima<'a>(
        simd,
        input: Image<'a>,
        output: ImageMut<'a>,
        size: usize,
        step: usize,
        winners: &'a mut [Lanes],
    ) {
        let mut output = output;
        let width = output.grid.shape.width;
        for (index, (channel, row)) in lines(output.grid.shape).enumerate() {
            let values = &input.lanes[input.grid.at(channel, row * step)..];
            let winners = &mut winners[index * width..][..width];
            let outputs = output.line(channel, row).iter_mut();
            for (x, to) in outputs.zip(winners).enumerate() {
                largest(simd, &values[x * step..], input.grid.row, size, false, to);
            }
        }
    }

    fn means<'a>(simd, input: Image<'a>, output: ImageMut<'a>, size: usize, step: usize) {
        let mut output = output;
        let zero = simd.splat(0.0);
        let share = simd.splat(1.0 / (size * size) as f32);
        for (channel, row) in lines(output.grid.shape) {
            let values = &input.lanes[input.grid.at(channel, row * step)..];
            for (x, output) in output.line(channel, row).iter_mut().enumerate() {
                for part in S::parts() {
                    let mut sum = zero;
                    for i in 0..size {
                        for value in &values[i * input.grid.row + x * step..][..size] {
                            sum = simd.add(sum, simd.part(value, part));
                        }
                    }
                    simd.set_part(output, part, simd.mul_add(sum, share, zero));
                }
            }
        }
    }

    fn slopes<'a>(
        simd,
        slope: Image<'a>,
        back: ImageMut<'a>,
        size: usize,
        step: usize,
        winners: Option<&'a [Lanes]>,
    ) {
        let ImageMut { grid, lanes } = back;
        lanes.fill(Lanes::ZERO);
        let (width, zero) = (slope.grid.shape.width, simd.splat(0.0));
        let share = simd.splat(1.0 / (size * size) as f32);
        for (index, (channel, row)) in lines(slope.grid.shape).enumerate() {
            let back = &mut lanes[grid.at(channel, row * step)..];
            for (x, slope) in slope.line(channel, row).iter().enumerate() {
                for number in 0..size * size {
                    let back = &mut back[number / size * grid.row + x * step + number % size];
                    let number = simd.splat(number as f32);
                    for part in S::parts() {
                        let slope = simd.part(slope, part);
                        let more = match winners {
                            Some(winners) => {
                                let winner = simd.part(&winners[index * width + x], part);
                                simd.where_equal(slope, winner, number)
                            }
                            None => simd.mul_add(slope, share, zero),
                        };
                        simd.set_part(back, part, simd.add(simd.part(back, part), more));
                    }
                }
            }
        }
    }

    /// Writes the positive part of an image.
    pub(crate) fn positive<'a>(simd, input: Image<'a>, output: ImageMut<'a>) {
        let mut output = output;
        for (channel, row) in lines(input.grid.shape) {
            let values = input.line(channel, row);
            for (output, value) in output.line(channel, row).iter_mut().zip(values) {
                for part in S::parts() {
                    simd.set_part(output, part, simd.positive(simd.part(value, part)));
                }
            }
        }
    }

    /// Writes the slopes by an image whose positive part was taken.
    pub(crate) fn positive_slopes<'a>(
        simd,
        output: Image<'a>,
        slope: Image<'a>,
        back: ImageMut<'a>,
    ) {
        let mut back = back;
        for (channel, row) in lines(output.grid.shape) {
            let values = slope.line(channel, row).iter().zip(output.line(channel, row));
            for (back, (slope, output)) in back.line(channel, row).iter_mut().zip(values) {
                for part in S::parts() {
                    let (slope, output) = (simd.part(slope, part), simd.part(output, part));
                    simd.set_part(back, part, simd.where_positive(slope, output));
                }
            }
        }
    }
}

/// Finds the first of the largest values of a window, lane by lane, and its number; a value that is
/// not a number is larger than all before it. Of the value only the positive part may be wanted.
#[inline(always)]
fn largest<S: Simd>(
    simd: S,
    values: &[Lanes],
    row: usize,
    size: usize,
    positive: bool,
    (value, number): (&mut Lanes, &mut Lanes),
) {
    for part in S::parts() {
        let mut best = (simd.part(&values[0], part), simd.splat(0.0));
        for i in 0..size {
            for (j, value) in values[i * row..][..size].iter().enumerate() {
                // The first value meets itself and does not win.
                best = simd.meet(best, (simd.part(value, part), simd.splat((i * size + j) as f32)));
            }
        }
        let kept = if positive { simd.positive(best.0) } else { best.0 };
        simd.set_part(value, part, kept);
        simd.set_part(number, part, best.1);
    }
}

/// The maximum or the mean over windows of any step.
#[derive(Debug, Clone)]
pub(crate) struct PoolStep {
    size: usize,
    step: usize,
    /// Which value of its window was the largest, for every output of every block; a mean has none.
    winners: Option<Vec<Lanes>>,
    /// Outputs of a block.
    area: usize,
}

impl PoolStep {
    /// Plans a maximum.
    pub(crate) fn max(pool: &Pool, shape: Shape, blocks: usize) -> Self {
        let winners = Some(vec![Lanes::ZERO; shape.len() * blocks]);
        Self { size: pool.size, step: pool.step(), winners, area: shape.len() }
    }

    /// Plans a mean.
    pub(crate) fn mean(pool: &Pool, shape: Shape) -> Self {
        Self { size: pool.size, step: pool.step(), winners: None, area: shape.len() }
    }

    /// Computes a block.
    pub(crate) fn forward<S: Simd>(
        &mut self,
        simd: S,
        input: &Tensor,
        output: &mut Tensor,
        block: usize,
    ) {
        let (from, to) = (input.image(block), output.image_mut(block));
        match &mut self.winners {
            Some(winners) => {
                let winners = &mut winners[block * self.area..][..self.area];
                maxima(simd, from, to, self.size, self.step, winners);
            }
            None => means(simd, from, to, self.size, self.step),
        }
    }

    /// Computes the slopes by a block's input.
    pub(crate) fn backward<S: Simd>(
        &self,
        simd: S,
        slope: &Tensor,
        input_slope: &mut Tensor,
        block: usize,
    ) {
        let winners = self.winners.as_ref().map(|all| &all[block * self.area..][..self.area]);
        let (from, to) = (slope.image(0), input_slope.image_mut(0));
        slopes(simd, from, to, self.size, self.step, winners);
    }
}

/// Returns every channel and row.
#[inline(always)]
fn lines(shape: Shape) -> impl Iterator<Item = (usize, usize)> {
    (0..shape.channels * shape.height).map(move |i| (i / shape.height, i % shape.height))
}
