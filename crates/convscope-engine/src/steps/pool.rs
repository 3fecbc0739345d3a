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

/// The first of the largest values so far, lane by lane; one that is not a number beats all before.
#[derive(Debug, Clone, Copy)]
struct Best {
    value: Lanes,
    number: Lanes,
}

impl Best {
    #[inline(always)]
    fn new(value: Lanes) -> Self {
        Self { value, number: Lanes::ZERO }
    }

    #[inline(always)]
    fn meet(&mut self, value: Lanes, number: usize) {
        for lane in 0..value.0.len() {
            let (new, old) = (value.0[lane], self.value.0[lane]);
            let better = new > old || new.is_nan();
            self.value.0[lane] = if better { new } else { old };
            self.number.0[lane] = if better { number as f32 } else { self.number.0[lane] };
        }
    }
}

at_each_level! {
    fn reduce<'a>(
        rows: Image<'a>,
        side: usize,
        winners: &'a mut [Lanes],
        output: ImageMut<'a>,
        row: usize,
        positive: bool,
    ) {
        let mut output = output;
        let Shape { channels, height, width } = output.grid.shape;
        let step = rows.grid.row;
        for channel in 0..channels {
            let lines = &rows.lanes[rows.grid.at(channel, 0)..];
            let winners = &mut winners[(channel * height + row) * width..][..width];
            let outputs = output.line(channel, row);
            for (x, (output, winner)) in outputs.iter_mut().zip(winners).enumerate() {
                let mut best = Best::new(lines[x * side]);
                for i in 0..side {
                    for j in usize::from(i == 0)..side {
                        best.meet(lines[i * step + x * side + j], i * side + j);
                    }
                }
                *winner = best.number;
                *output = if positive { best.value.positive() } else { best.value };
            }
        }
    }

    /// Writes the positive part of an image.
    pub(crate) fn positive<'a>(input: Image<'a>, output: ImageMut<'a>) {
        let mut output = output;
        for (channel, row) in lines(input.grid.shape) {
            let values = input.line(channel, row);
            for (output, value) in output.line(channel, row).iter_mut().zip(values) {
                *output = value.positive();
            }
        }
    }

    /// Writes the slopes by an image whose positive part was taken.
    pub(crate) fn positive_slopes<'a>(output: Image<'a>, slope: Image<'a>, back: ImageMut<'a>) {
        let mut back = back;
        for (channel, row) in lines(output.grid.shape) {
            let outputs = output.line(channel, row).iter();
            let slopes = slope.line(channel, row).iter();
            for ((back, slope), &output) in back.line(channel, row).iter_mut().zip(slopes).zip(outputs) {
                *back = slope.where_positive(output);
            }
        }
    }

    fn maxima<'a>(
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
            for (x, (output, winner)) in outputs.zip(winners).enumerate() {
                let mut best = Best::new(values[x * step]);
                for number in 1..size * size {
                    let place = number / size * input.grid.row + x * step + number % size;
                    best.meet(values[place], number);
                }
                (*output, *winner) = (best.value, best.number);
            }
        }
    }

    fn means<'a>(input: Image<'a>, output: ImageMut<'a>, size: usize, step: usize) {
        let mut output = output;
        for (channel, row) in lines(output.grid.shape) {
            let values = &input.lanes[input.grid.at(channel, row * step)..];
            for (x, output) in output.line(channel, row).iter_mut().enumerate() {
                let mut sum = Lanes::ZERO;
                for i in 0..size {
                    for j in 0..size {
                        sum = sum.plus(values[i * input.grid.row + x * step + j]);
                    }
                }
                *output = sum.divided((size * size) as f32);
            }
        }
    }

    fn slopes<'a>(
        slope: Image<'a>,
        back: ImageMut<'a>,
        size: usize,
        step: usize,
        winners: Option<&'a [Lanes]>,
    ) {
        let ImageMut { grid, lanes } = back;
        lanes.fill(Lanes::ZERO);
        let width = slope.grid.shape.width;
        for (index, (channel, row)) in lines(slope.grid.shape).enumerate() {
            let back = &mut lanes[grid.at(channel, row * step)..];
            for (x, &slope) in slope.line(channel, row).iter().enumerate() {
                let share = slope.divided((size * size) as f32);
                for number in 0..size * size {
                    let back = &mut back[number / size * grid.row + x * step + number % size];
                    *back = back.plus(match winners {
                        Some(winners) => slope.where_equal(winners[index * width + x], number as f32),
                        None => share,
                    });
                }
            }
        }
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
