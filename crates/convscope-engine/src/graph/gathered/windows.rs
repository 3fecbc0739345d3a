//! Which pixels meet in which products.

use convscope_model::layer::{Conv, PadWith};

use crate::tensor::Grid;

/// The pixels of a channel that are looked at; beyond them is zero.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source {
    /// Where the first pixel stands, and from one row to the next.
    start: usize,
    row: usize,
    height: usize,
    width: usize,
    /// From one channel to the next.
    pub(super) channel: usize,
}

/// Pixels whose sums have the same taps.
#[derive(Debug, Clone)]
pub(super) struct Phase {
    pub(super) taps: Vec<Tap>,
    height: usize,
    width: usize,
    /// From one window to the next.
    stride: usize,
    /// Where the first sum goes, and from one row and one column to the next.
    to: (usize, usize, usize),
}

/// A place of a kernel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tap {
    /// Its number in the kernel.
    pub(super) weight: usize,
    /// The pixel that it meets in the first window.
    row: isize,
    column: isize,
}

impl Phase {
    /// Returns how many pixels it has.
    pub(super) fn count(&self) -> usize {
        self.height * self.width
    }

    /// Returns where a pixel's sum goes.
    pub(super) fn target(&self, pixel: usize) -> usize {
        let (start, row, column) = self.to;
        start + pixel / self.width * row + pixel % self.width * column
    }

    /// Returns what a tap meets in the window of a pixel, if it is not beyond the image.
    pub(super) fn place(&self, tap: Tap, pixel: usize, source: Source) -> Option<usize> {
        let place = |window: usize, first: isize, size: usize| {
            (window * self.stride).checked_add_signed(first).filter(|&place| place < size)
        };
        let row = place(pixel / self.width, tap.row, source.height)?;
        let column = place(pixel % self.width, tap.column, source.width)?;
        Some(source.start + row * source.row + column)
    }
}

/// Returns what the outputs of a convolution are sums of.
pub(super) fn outputs(conv: &Conv, input: Grid, output: Grid) -> (Source, Vec<Phase>) {
    let border = if conv.pad_with == PadWith::Reflect { conv.padding } else { 0 };
    let source = looked_at(input, border);
    let (stride, shape) = (conv.stride, output.shape);
    let taps = |count, size| {
        let first = |tap: usize| (tap * conv.dilation + border) as isize - conv.padding as isize;
        let taps = (0..conv.kernel).map(move |tap| (tap, first(tap)));
        taps.filter(move |tap| meets(tap.1, (count, stride), size)).collect::<Vec<_>>()
    };
    let taps =
        pairs(conv.kernel, &taps(shape.height, source.height), &taps(shape.width, source.width));
    let to = (output.start, output.row, 1);
    let phase = Phase { taps, height: shape.height, width: shape.width, stride, to };
    (source, vec![phase])
}

/// Returns what the slopes by the inputs are sums of, one phase for each remainder of their row and
/// column by the stride; they are those of the border too where the grid has one.
pub(super) fn input_slopes(conv: &Conv, slope: Grid, back: Grid) -> (Source, Vec<Phase>) {
    let source = looked_at(slope, 0);
    let (stride, border) = (conv.stride, back.border);
    // Rows are counted from the first that some window looks at.
    let skipped = conv.padding - border;
    let taps = |first: usize, count, size| {
        let taps = (0..conv.kernel).filter_map(move |tap| {
            let away = (skipped + first) as isize - (tap * conv.dilation) as isize;
            (away % stride as isize == 0).then_some((tap, away / stride as isize))
        });
        taps.filter(move |tap| meets(tap.1, (count, 1), size)).collect::<Vec<_>>()
    };
    let (height, width) = (back.shape.height + 2 * border, back.shape.width + 2 * border);
    let mut phases = Vec::new();
    for row in 0..stride.min(height) {
        for column in 0..stride.min(width) {
            let counts = ((height - row).div_ceil(stride), (width - column).div_ceil(stride));
            phases.push(Phase {
                taps: pairs(
                    conv.kernel,
                    &taps(row, counts.0, source.height),
                    &taps(column, counts.1, source.width),
                ),
                height: counts.0,
                width: counts.1,
                stride: 1,
                to: (back.corner() + row * back.row + column, stride * back.row, stride),
            });
        }
    }
    (source, phases)
}

fn looked_at(grid: Grid, border: usize) -> Source {
    let grid = Grid { border, ..grid };
    Source {
        start: grid.corner(),
        row: grid.row,
        height: grid.shape.height + 2 * border,
        width: grid.shape.width + 2 * border,
        channel: grid.channel,
    }
}

/// Returns whether a tap that starts at some row or column meets the image in one of some windows.
fn meets(first: isize, (count, stride): (usize, usize), size: usize) -> bool {
    let mut places = (0..count).map(|window| (window * stride).checked_add_signed(first));
    places.any(|place| place.is_some_and(|place| place < size))
}

fn pairs(kernel: usize, rows: &[(usize, isize)], columns: &[(usize, isize)]) -> Vec<Tap> {
    let pair = |&(down, row): &(usize, isize), &(across, column): &(usize, isize)| Tap {
        weight: down * kernel + across,
        row,
        column,
    };
    rows.iter().flat_map(|down| columns.iter().map(move |across| pair(down, across))).collect()
}
