//! Pools, and the positive part where nothing else is computed with it.

use convscope_model::Shape;
use convscope_model::layer::Pool;

use crate::simd::{Lanes, Loops, Simd};
use crate::tensor::{Grid, Tensor};

/// The maximum over windows side by side, taken while a convolution's rows are at hand.
#[derive(Debug, Clone)]
pub(crate) struct MaxRows {
    side: usize,
    /// The rows of one row of windows.
    values: Vec<Lanes>,
    rows: Grid,
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
        Self {
            side,
            values: vec![Lanes::ZERO; rows.len()],
            rows,
            area,
            winners: vec![Lanes::ZERO; area * blocks],
        }
    }

    /// Returns the side of a window.
    pub(crate) fn side(&self) -> usize {
        self.side
    }

    /// Returns where the rows at hand stand.
    pub(crate) fn rows(&self) -> Grid {
        self.rows
    }

    /// Returns the rows at hand.
    pub(crate) fn rows_mut(&mut self) -> &mut [Lanes] {
        &mut self.values
    }

    /// Returns the number of each window's largest value.
    pub(crate) fn winners(&self, block: usize) -> &[Lanes] {
        &self.winners[block * self.area..][..self.area]
    }

    /// Reduces the rows at hand to a row of outputs.
    #[inline(always)]
    pub(crate) fn reduce(&mut self, output: &mut Tensor, block: usize, row: usize, positive: bool) {
        let (area, side) = (self.area, self.side);
        let grid = output.grid;
        let Shape { channels, height, width } = grid.shape;
        for channel in 0..channels {
            let lines = &self.values[self.rows.at(channel, 0)..];
            let winners = block * area + (channel * height + row) * width;
            let winners = &mut self.winners[winners..][..width];
            let to = grid.line_mut(output.block_mut(block), channel, row);
            for (x, (to, winner)) in to.iter_mut().zip(winners).enumerate() {
                let mut best = Best::new(lines[x * side]);
                for number in 1..side * side {
                    let value = lines[number / side * self.rows.row + x * side + number % side];
                    best.meet(value, number);
                }
                *winner = best.number;
                *to = if positive { best.value.positive() } else { best.value };
            }
        }
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

/// The positive part of images.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PositiveStep;

impl PositiveStep {
    /// Computes a block.
    pub(crate) fn forward<S: Simd>(simd: S, input: &Tensor, output: &mut Tensor, block: usize) {
        let (from, to) = (input.grid, output.grid);
        simd.run(Loops(|| {
            for (channel, row) in lines(to.shape) {
                let values = from.line(input.block(block), channel, row);
                let outputs = to.line_mut(output.block_mut(block), channel, row);
                for (output, value) in outputs.iter_mut().zip(values) {
                    *output = value.positive();
                }
            }
        }));
    }

    /// Computes the slopes by a block's input.
    pub(crate) fn backward<S: Simd>(
        simd: S,
        (output, slope): (&Tensor, &Tensor),
        input_slope: &mut Tensor,
        block: usize,
    ) {
        let to = input_slope.grid;
        simd.run(Loops(|| {
            for (channel, row) in lines(to.shape) {
                let outputs = output.grid.line(output.block(block), channel, row);
                let slopes = slope.grid.line(slope.block(0), channel, row);
                let back = to.line_mut(input_slope.block_mut(0), channel, row);
                for ((back, slope), &output) in back.iter_mut().zip(slopes).zip(outputs) {
                    *back = slope.where_positive(output);
                }
            }
        }));
    }
}

/// The maximum or the mean over windows of any step.
#[derive(Debug, Clone)]
pub(crate) struct PoolStep {
    size: usize,
    step: usize,
    /// Which value of its window was the largest, for every output of every block; a mean has none.
    winners: Option<Vec<Lanes>>,
}

impl PoolStep {
    /// Plans a maximum.
    pub(crate) fn max(pool: &Pool, shape: Shape, blocks: usize) -> Self {
        let winners = Some(vec![Lanes::ZERO; shape.len() * blocks]);
        Self { size: pool.size, step: pool.step(), winners }
    }

    /// Plans a mean.
    pub(crate) fn mean(pool: &Pool) -> Self {
        Self { size: pool.size, step: pool.step(), winners: None }
    }

    /// Computes a block.
    pub(crate) fn forward<S: Simd>(
        &mut self,
        simd: S,
        input: &Tensor,
        output: &mut Tensor,
        block: usize,
    ) {
        let (from, to) = (input.grid, output.grid);
        let (size, step, area) = (self.size, self.step, to.shape.len());
        simd.run(Loops(|| {
            for (index, (channel, row)) in lines(to.shape).enumerate() {
                let values = &input.block(block)[from.at(channel, row * step)..];
                let outputs = to.line_mut(output.block_mut(block), channel, row);
                for (x, output) in outputs.iter_mut().enumerate() {
                    let mut window =
                        (0..size * size).map(|n| values[n / size * from.row + x * step + n % size]);
                    let Some(winners) = &mut self.winners else {
                        let sum = window.fold(Lanes::ZERO, Lanes::plus);
                        *output = sum.divided((size * size) as f32);
                        continue;
                    };
                    let mut best = Best::new(window.next().unwrap_or(Lanes::ZERO));
                    window.zip(1..).for_each(|(value, number)| best.meet(value, number));
                    *output = best.value;
                    winners[block * area + index * to.shape.width + x] = best.number;
                }
            }
        }));
    }

    /// Computes the slopes by a block's input.
    pub(crate) fn backward<S: Simd>(
        &self,
        simd: S,
        slope: &Tensor,
        input_slope: &mut Tensor,
        block: usize,
    ) {
        let (from, to) = (slope.grid, input_slope.grid);
        let (size, step, area) = (self.size, self.step, from.shape.len());
        simd.run(Loops(|| {
            let back = input_slope.block_mut(0);
            back.fill(Lanes::ZERO);
            for (index, (channel, row)) in lines(from.shape).enumerate() {
                let back = &mut back[to.at(channel, row * step)..];
                let slopes = from.line(slope.block(0), channel, row);
                for (x, &slope) in slopes.iter().enumerate() {
                    let winner = self
                        .winners
                        .as_ref()
                        .map(|winners| winners[block * area + index * from.shape.width + x]);
                    let share = slope.divided((size * size) as f32);
                    for number in 0..size * size {
                        let back = &mut back[number / size * to.row + x * step + number % size];
                        *back = back.plus(match winner {
                            Some(winner) => slope.where_equal(winner, number as f32),
                            None => share,
                        });
                    }
                }
            }
        }));
    }
}

/// Returns every channel and row.
fn lines(shape: Shape) -> impl Iterator<Item = (usize, usize)> {
    (0..shape.channels * shape.height).map(move |i| (i / shape.height, i % shape.height))
}
