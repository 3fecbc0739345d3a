//! Which values of an image a pool looks at.

use convscope_model::Shape;
use convscope_model::layer::{Adaptive, Pool};

use super::Real;

/// Calls `reduce` with every output and the inputs of its window, in order of rows; what lies
/// outside the image is not among them.
pub(super) fn pooled(
    pool: &Pool,
    before: Shape,
    after: Shape,
    mut reduce: impl FnMut(usize, &[usize]),
) {
    let place = |o: usize, tap: usize, size: usize| {
        (o * pool.step() + tap).checked_sub(pool.padding).filter(|&place| place < size)
    };
    for c in 0..after.channels {
        for (y, x) in pairs(after.height, after.width) {
            let within = pairs(pool.size, pool.size).filter_map(|(i, j)| {
                let (row, column) = (place(y, i, before.height)?, place(x, j, before.width)?);
                Some((c * before.height + row) * before.width + column)
            });
            let window: Vec<usize> = within.collect();
            reduce((c * after.height + y) * after.width + x, &window);
        }
    }
}

/// Calls `reduce` with every output and the inputs of its window, in order of rows.
pub(super) fn adaptive(pool: &Adaptive, before: Shape, mut reduce: impl FnMut(usize, &[usize])) {
    for c in 0..before.channels {
        for (y, x) in pairs(pool.size, pool.size) {
            let mut window = Vec::new();
            for row in pool.window(y, before.height) {
                for column in pool.window(x, before.width) {
                    window.push((c * before.height + row) * before.width + column);
                }
            }
            reduce((c * pool.size + y) * pool.size + x, &window);
        }
    }
}

/// Returns the first of the largest; a value that is not a number beats all before it.
pub(super) fn winner<R: Real>(input: &[R], window: &[usize]) -> usize {
    let beats = |a: R, b: R| a > b || a.is_nan();
    window
        .iter()
        .copied()
        .reduce(|best, i| if beats(input[i], input[best]) { i } else { best })
        .expect("padding is at most half a window, so that each meets the image")
}

/// Returns all pairs of a row and a column.
pub(super) fn pairs(rows: usize, columns: usize) -> impl ExactSizeIterator<Item = (usize, usize)> {
    (0..rows * columns).map(move |index| (index / columns, index % columns))
}
