//! Images become features, and features images.

use super::blocks::{Back, Way, over_blocks};
use crate::tensor::{Image, ImageMut, Tensor};

/// Copies the pixels of images, in order channel, row, column, to features.
pub(crate) fn flatten(way: Way, input: &Tensor, output: &mut Tensor) {
    over_blocks(way, output, |block, to| {
        let from = input.image(block);
        let width = from.grid.shape.width;
        for (index, (channel, row)) in from.grid.lines().enumerate() {
            for (x, value) in from.line(channel, row).iter().enumerate() {
                to.lanes[to.grid.at(index * width + x, 0)] = *value;
            }
        }
    });
}

/// Brings the slopes by features to the pixels that they were.
pub(crate) fn flatten_slopes(way: Way, slope: &Tensor, back: Back<'_>) {
    let Back { to: all, add } = back;
    over_blocks(way, all, |block, mut to| {
        let Image { grid, lanes } = slope.image(block);
        let width = to.grid.shape.width;
        for (index, (channel, row)) in to.grid.lines().enumerate() {
            write(&mut to, (channel, row), add, |x| lanes[grid.at(index * width + x, 0)]);
        }
    });
}

fn write(
    to: &mut ImageMut<'_>,
    (channel, row): (usize, usize),
    add: bool,
    value: impl Fn(usize) -> crate::simd::Lanes,
) {
    for (x, to) in to.line(channel, row).iter_mut().enumerate() {
        *to = if add { to.plus(value(x)) } else { value(x) };
    }
}
