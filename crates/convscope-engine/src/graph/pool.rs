//! Pools of any window, step and padding, and means of windows that cover the image.

use std::ops::Range;

use convscope_model::Shape;
use convscope_model::layer::{Adaptive, Pool};

use super::blocks::{Back, Way, over_blocks};
use crate::crew::each;
use crate::simd::{Lanes, Simd, at_each_level};
use crate::tensor::{Image, ImageMut, Tensor};

/// The maximum or the mean of windows.
#[derive(Debug, Clone)]
pub(crate) struct PoolNode {
    rows: Vec<Window>,
    columns: Vec<Window>,
    /// Places in a row of a whole window.
    size: usize,
    /// Which value of its window was the largest, for every output of every block; a mean has none.
    winners: Option<Vec<Lanes>>,
    /// By what a window's sum is divided where that does not depend on the window.
    divisor: Option<usize>,
    /// Outputs of a block.
    area: usize,
}

/// The part of a window that lies within the image, along one side.
#[derive(Debug, Clone)]
struct Window {
    places: Range<usize>,
    /// The number of its first place in the whole window.
    first: usize,
}

impl PoolNode {
    /// Plans a maximum.
    pub(crate) fn max(pool: &Pool, before: Shape, after: Shape, blocks: usize) -> Self {
        let winners = Some(vec![Lanes::ZERO; after.len() * blocks]);
        Self { winners, ..Self::pool(pool, before, after) }
    }

    /// Plans a mean; the zeros around the image count.
    pub(crate) fn mean(pool: &Pool, before: Shape, after: Shape) -> Self {
        Self { divisor: Some(pool.size * pool.size), ..Self::pool(pool, before, after) }
    }

    /// Plans means of windows that cover the image evenly.
    pub(crate) fn adaptive(pool: &Adaptive, before: Shape, after: Shape) -> Self {
        let windows = |length| {
            (0..pool.size).map(|i| Window { places: pool.window(i, length), first: 0 }).collect()
        };
        let (rows, columns) = (windows(before.height), windows(before.width));
        Self { rows, columns, size: 0, winners: None, divisor: None, area: after.len() }
    }

    fn pool(pool: &Pool, before: Shape, after: Shape) -> Self {
        let windows = |count: usize, length: usize| {
            let window = |i: usize| {
                let (start, padding) = (i * pool.step(), pool.padding);
                let end = (start + pool.size).saturating_sub(padding).min(length);
                let first = padding.saturating_sub(start);
                Window { places: start.saturating_sub(padding)..end, first }
            };
            (0..count).map(window).collect()
        };
        Self {
            rows: windows(after.height, before.height),
            columns: windows(after.width, before.width),
            size: pool.size,
            winners: None,
            divisor: None,
            area: after.len(),
        }
    }

    pub(crate) fn forward<S: Simd>(
        &mut self,
        simd: S,
        way: Way,
        input: &Tensor,
        output: &mut Tensor,
    ) {
        let Self { rows, columns, size, winners, divisor, area } = self;
        let Some(winners) = winners else {
            return over_blocks(way, output, |block, to| {
                means(simd, input.image(block), to, (rows, columns), *divisor);
            });
        };
        let (grid, step) = (output.grid, output.step);
        let outputs = output.values.chunks_mut(step).zip(winners.chunks_mut(*area));
        let blocks = outputs.take(way.blocks()).enumerate().collect();
        each(way.threads, blocks, |(block, (lanes, winners))| {
            let to = ImageMut { grid, lanes };
            maxima(simd, input.image(block), to, (rows, columns), (*size, winners));
        });
    }

    pub(crate) fn backward<S: Simd>(&self, simd: S, way: Way, slope: &Tensor, back: Back<'_>) {
        let Self { rows, columns, size, winners, divisor, area } = self;
        let Back { to: all, add } = back;
        over_blocks(way, all, |block, to| {
            if !add {
                to.lanes.fill(Lanes::ZERO);
            }
            let (slope, windows) = (slope.image(block), (&rows[..], &columns[..]));
            match winners {
                Some(winners) => {
                    let winners = &winners[block * area..][..*area];
                    to_winners(simd, slope, to, windows, (*size, winners));
                }
                None => to_all(simd, slope, to, windows, *divisor),
            }
        });
    }
}

/// Calls `at` with every place of a window and its number; windows are numbered as if whole.
#[inline(always)]
fn places(row: &Window, column: &Window, size: usize, mut at: impl FnMut(usize, usize, usize)) {
    for (i, y) in row.places.clone().enumerate() {
        for (j, x) in column.places.clone().enumerate() {
            at(y, x, (row.first + i) * size + column.first + j);
        }
    }
}

#[inline(always)]
fn share(row: &Window, column: &Window, divisor: Option<usize>) -> f32 {
    1.0 / divisor.unwrap_or(row.places.len() * column.places.len()) as f32
}

at_each_level! {
    fn maxima<'a>(
        simd,
        input: Image<'a>,
        output: ImageMut<'a>,
        windows: (&'a [Window], &'a [Window]),
        winners: (usize, &'a mut [Lanes]),
    ) {
        let ((size, winners), mut output) = (winners, output);
        let width = output.grid.shape.width;
        for (index, (channel, y)) in output.grid.lines().enumerate() {
            let (row, winners) = (&windows.0[y], &mut winners[index * width..][..width]);
            let outputs = output.line(channel, y).iter_mut().zip(winners);
            for (column, (to, winner)) in windows.1.iter().zip(outputs) {
                for part in S::parts() {
                    let first = &input.line(channel, row.places.start)[column.places.start];
                    let number = row.first * size + column.first;
                    // The first value meets itself and does not win.
                    let mut best = (simd.part(first, part), simd.splat(number as f32));
                    places(row, column, size, |y, x, number| {
                        let value = simd.part(&input.line(channel, y)[x], part);
                        best = simd.meet(best, (value, simd.splat(number as f32)));
                    });
                    simd.set_part(to, part, best.0);
                    simd.set_part(winner, part, best.1);
                }
            }
        }
    }

    fn to_winners<'a>(
        simd,
        slope: Image<'a>,
        back: ImageMut<'a>,
        windows: (&'a [Window], &'a [Window]),
        winners: (usize, &'a [Lanes]),
    ) {
        let ((size, winners), mut back) = (winners, back);
        let width = slope.grid.shape.width;
        for (index, (channel, row)) in slope.grid.lines().enumerate() {
            let slopes = slope.line(channel, row).iter().zip(&winners[index * width..]);
            for (column, (slope, winner)) in windows.1.iter().zip(slopes) {
                places(&windows.0[row], column, size, |y, x, number| {
                    let to = &mut back.line(channel, y)[x];
                    let number = simd.splat(number as f32);
                    for part in S::parts() {
                        let winner = simd.part(winner, part);
                        let more = simd.where_equal(simd.part(slope, part), winner, number);
                        simd.set_part(to, part, simd.add(simd.part(to, part), more));
                    }
                });
            }
        }
    }

    fn means<'a>(
        _simd,
        input: Image<'a>,
        output: ImageMut<'a>,
        windows: (&'a [Window], &'a [Window]),
        divisor: Option<usize>,
    ) {
        let mut output = output;
        for (channel, y) in output.grid.lines() {
            let row = &windows.0[y];
            for (column, to) in windows.1.iter().zip(output.line(channel, y)) {
                let mut sum = Lanes::ZERO;
                for y in row.places.clone() {
                    for value in &input.line(channel, y)[column.places.clone()] {
                        sum = sum.plus(*value);
                    }
                }
                let share = share(row, column, divisor);
                *to = sum.zip(sum, |sum, _| sum * share);
            }
        }
    }

    fn to_all<'a>(
        _simd,
        slope: Image<'a>,
        back: ImageMut<'a>,
        windows: (&'a [Window], &'a [Window]),
        divisor: Option<usize>,
    ) {
        let mut back = back;
        for (channel, y) in slope.grid.lines() {
            let row = &windows.0[y];
            for (column, slope) in windows.1.iter().zip(slope.line(channel, y)) {
                let share = share(row, column, divisor);
                let more = slope.zip(*slope, |slope, _| slope * share);
                for y in row.places.clone() {
                    for to in &mut back.line(channel, y)[column.places.clone()] {
                        *to = to.plus(more);
                    }
                }
            }
        }
    }
}
