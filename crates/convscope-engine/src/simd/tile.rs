//! How a length is cut into register tiles.

use super::Simd;

/// Some neighbours that are computed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// The first of them.
    pub(crate) start: usize,
    /// How many.
    pub(crate) len: usize,
}

/// The most rows a register tile has.
pub(crate) const ROWS: usize = 4;

/// Cuts `length` into as few spans of at most `largest` as there can be, as even as they can be,
/// the longer ones first.
pub(crate) fn cut(length: usize, largest: usize) -> impl Iterator<Item = Span> + Clone {
    let count = length.div_ceil(largest);
    (0..count).map(move |index| Span {
        start: index * (length / count) + index.min(length % count),
        len: length / count + usize::from(index < length % count),
    })
}

/// Chooses how many rows and columns a tile has at most, for work of `rows × columns`.
///
/// The cost of a tile is that of a core that starts two multiplications and two loads a cycle and
/// has each result four cycles later; what else it does grows with its loads.
pub(crate) fn choose<S: Simd>(rows: usize, columns: usize) -> (usize, usize) {
    let tile = |a: usize, b: usize| 16 * (a * b).max(a + b).max(8) + a + b;
    let cost = |height: usize, width: usize| -> usize {
        let (tall, wide) = (sizes(rows, height), sizes(columns, width));
        let across = |a| wide.iter().map(move |&(count, b)| count * tile(a, b)).sum::<usize>();
        tall.iter().map(|&(count, a)| count * across(a)).sum()
    };
    let sizes = (1..=ROWS)
        .rev()
        .flat_map(|height| (1..=S::TILE[height - 1]).rev().map(move |width| (height, width)));
    sizes.min_by_key(|&(height, width)| cost(height, width)).unwrap_or((1, 1))
}

/// Returns how many spans of which length [`cut`] makes.
fn sizes(length: usize, largest: usize) -> [(usize, usize); 2] {
    let count = length.div_ceil(largest).max(1);
    let longer = length % count;
    [(longer, length / count + 1), (count - longer, length / count)]
}

/// Calls a function generic over the rows and columns of a tile with the sizes at hand.
macro_rules! with_tile {
    ($rows:expr, $columns:expr, $call:ident $arguments:tt) => {
        match ($rows, $columns) {
            (1, 1) => $call::<S, 1, 1> $arguments,
            (1, 2) => $call::<S, 1, 2> $arguments,
            (1, 3) => $call::<S, 1, 3> $arguments,
            (1, 4) => $call::<S, 1, 4> $arguments,
            (1, 5) => $call::<S, 1, 5> $arguments,
            (1, 6) => $call::<S, 1, 6> $arguments,
            (1, 7) => $call::<S, 1, 7> $arguments,
            (2, 1) => $call::<S, 2, 1> $arguments,
            (2, 2) => $call::<S, 2, 2> $arguments,
            (2, 3) => $call::<S, 2, 3> $arguments,
            (2, 4) => $call::<S, 2, 4> $arguments,
            (2, 5) => $call::<S, 2, 5> $arguments,
            (2, 6) => $call::<S, 2, 6> $arguments,
            (2, 7) => $call::<S, 2, 7> $arguments,
            (3, 1) => $call::<S, 3, 1> $arguments,
            (3, 2) => $call::<S, 3, 2> $arguments,
            (3, 3) => $call::<S, 3, 3> $arguments,
            (3, 4) => $call::<S, 3, 4> $arguments,
            (3, 5) => $call::<S, 3, 5> $arguments,
            (3, 6) => $call::<S, 3, 6> $arguments,
            (3, 7) => $call::<S, 3, 7> $arguments,
            (4, 1) => $call::<S, 4, 1> $arguments,
            (4, 2) => $call::<S, 4, 2> $arguments,
            (4, 3) => $call::<S, 4, 3> $arguments,
            (4, 4) => $call::<S, 4, 4> $arguments,
            (4, 5) => $call::<S, 4, 5> $arguments,
            (4, 6) => $call::<S, 4, 6> $arguments,
            (rows, columns) => unreachable!("no tile of {rows} × {columns} is ever chosen"),
        }
    };
}
pub(crate) use with_tile;

#[cfg(test)]
mod tests {
    use super::{Span, cut};

    #[test]
    fn spans_are_even_and_cover() {
        let span = |start, len| Span { start, len };
        let spans = |length| cut(length, 7).collect::<Vec<_>>();
        assert_eq!(spans(10), [span(0, 5), span(5, 5)]);
        assert_eq!(spans(23), [span(0, 6), span(6, 6), span(12, 6), span(18, 5)]);
        assert_eq!(spans(7), [span(0, 7)]);
        assert_eq!(spans(0), []);
    }
}
