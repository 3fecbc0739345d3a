//! What a convolution makes of rows, columns and taps.

use convscope_model::Shape;
use convscope_model::layer::{Conv, PadWith};

use crate::simd::{
    Correlation, Geometry, Line, Simd, Span, Tap, WeightGeometry, WeightSums, choose, cut,
};
use crate::tensor::Grid;

/// Where the slopes by a convolution's outputs stand.
///
/// Columns of zeros stand between rows, so that a tile may look beyond both ends of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SlopeGrid {
    pub(crate) margin: usize,
    pub(crate) row: usize,
    pub(crate) channel: usize,
    /// How many rows are kept at a time.
    pub(crate) rows: usize,
}

impl SlopeGrid {
    /// Lays out `rows` rows with a margin.
    pub(crate) fn new(shape: Shape, rows: usize, margin: usize) -> Self {
        let row = shape.width + margin;
        Self { margin, row, channel: row * rows, rows }
    }

    /// Returns how many lanes it takes.
    pub(crate) fn len(&self, shape: Shape) -> usize {
        self.margin + shape.channels * self.channel
    }

    /// Returns where a row of a channel starts.
    pub(crate) fn at(&self, channel: usize, row: usize) -> usize {
        self.margin + channel * self.channel + row % self.rows * self.row
    }
}

/// A convolution between two grids.
#[derive(Debug, Clone)]
pub(crate) struct Between<'a> {
    pub(crate) conv: &'a Conv,
    /// Where its input stands, with the border that it looks at.
    pub(crate) input: Grid,
    /// What it computes, which is less than it could where a pool drops the rest.
    pub(crate) shape: Shape,
}

impl Between<'_> {
    /// Plans the outputs; rows are written `row` lanes apart from `start` on, beginning anew after
    /// `rows` of them.
    pub(crate) fn outputs<S: Simd>(&self, to: Written) -> Correlation {
        let Conv { filters, kernel, stride, dilation, groups, .. } = *self.conv;
        let (height, width) = choose::<S>(filters / groups, self.shape.width);
        let taps = |step: usize, weights: usize| {
            let tap = |i| Tap { input: (i * dilation * step) as u32, weight: (i * weights) as u32 };
            (0..kernel).map(tap).collect::<Vec<_>>()
        };
        let all = 0..kernel as u32;
        let row = |y: usize| Line {
            input: (self.input.corner() + y * stride * self.input.row) as u32,
            output: (to.start + y % to.rows * to.row) as u32,
            taps: all.clone(),
            pixels: 0,
        };
        let column = |span: Span| Line {
            input: (span.start * stride) as u32,
            output: span.start as u32,
            taps: all.clone(),
            pixels: span.len as u32,
        };
        let geometry = Geometry {
            groups,
            outputs: filters / groups,
            channels: self.input.shape.channels / groups,
            taps_of_pair: kernel * kernel,
            channel_step: self.input.channel,
            output_step: to.channel,
            pixel_input: stride,
            pixel_output: 1,
            rows: (0..self.shape.height).map(row).collect(),
            columns: cut(self.shape.width, width).map(column).collect(),
            down: taps(self.input.row, kernel),
            across: taps(1, 1),
        };
        Correlation::new(geometry, height)
    }

    /// Chooses the tiles of [`Between::input_slopes`]; their width less one is the margin they
    /// need.
    pub(crate) fn slope_tiles<S: Simd>(&self) -> (usize, usize) {
        let channels = self.input.shape.channels / self.conv.groups;
        choose::<S>(channels, self.slope_columns().1.div_ceil(self.conv.stride))
    }

    /// Plans the slopes by the inputs, from those by the outputs.
    ///
    /// With zeros around the image only the image's own slopes are computed, and `to` has no
    /// border; with its reflection the border's too, for [`fold`](crate::tensor::fold).
    pub(crate) fn input_slopes(
        &self,
        from: SlopeGrid,
        to: Grid,
        (height, width): (usize, usize),
    ) -> Correlation {
        let Conv { filters, kernel, stride, dilation, groups, .. } = *self.conv;
        let (mut down, mut across) = (Vec::new(), Vec::new());
        let mut rows = Vec::new();
        let (first, count) = self.slope_rows();
        for place in first..first + count {
            let start = down.len() as u32;
            for i in (0..kernel).rev().filter(|i| place >= i * dilation) {
                let ahead = place - i * dilation;
                if ahead.is_multiple_of(stride) && ahead / stride < self.shape.height {
                    let input = (ahead / stride * from.row) as u32;
                    down.push(Tap { input, weight: (i * kernel) as u32 });
                }
            }
            let output = to.corner() + (place - first) * to.row;
            let taps = start..down.len() as u32;
            rows.push(Line { input: 0, output: output as u32, taps, pixels: 0 });
        }
        let mut columns = Vec::new();
        let (first, count) = self.slope_columns();
        for phase in 0..stride.min(count) {
            for span in cut((count - phase).div_ceil(stride), width) {
                let place = first + phase + span.start * stride;
                let start = across.len() as u32;
                for j in (0..kernel).rev() {
                    let ahead = place as isize - (j * dilation) as isize;
                    let input = ahead.div_euclid(stride as isize);
                    let seen = input < self.shape.width as isize && input + span.len as isize > 0;
                    if ahead.rem_euclid(stride as isize) == 0 && seen {
                        let input = (input + from.margin as isize) as u32;
                        across.push(Tap { input, weight: j as u32 });
                    }
                }
                columns.push(Line {
                    input: 0,
                    output: (place - first) as u32,
                    taps: start..across.len() as u32,
                    pixels: span.len as u32,
                });
            }
        }
        columns.sort_by_key(|column| std::cmp::Reverse(column.pixels));
        let geometry = Geometry {
            groups,
            outputs: self.input.shape.channels / groups,
            channels: filters / groups,
            taps_of_pair: kernel * kernel,
            channel_step: from.channel,
            output_step: to.channel,
            pixel_input: 1,
            pixel_output: stride,
            rows,
            columns,
            down,
            across,
        };
        Correlation::new(geometry, height)
    }

    /// Plans the slopes by the weights.
    pub(crate) fn weight_slopes<S: Simd>(&self, from: SlopeGrid) -> WeightSums {
        let Conv { filters, kernel, stride, dilation, groups, .. } = *self.conv;
        let channels = self.input.shape.channels / groups;
        let mut taps = Vec::with_capacity(channels * kernel * kernel);
        for channel in 0..channels {
            for tap in 0..kernel * kernel {
                let (i, j) = (tap / kernel * dilation, tap % kernel * dilation);
                taps.push((channel * self.input.channel + i * self.input.row + j) as u32);
            }
        }
        let row = |y: usize| {
            let input = self.input.corner() + y * stride * self.input.row;
            (input as u32, from.at(0, y) as u32)
        };
        let tile = choose::<S>(filters / groups, taps.len());
        let geometry = WeightGeometry {
            groups,
            outputs: filters / groups,
            output_step: from.channel,
            group_step: channels * self.input.channel,
            taps,
            pixel_input: stride,
            rows: (0..self.shape.height).map(row).collect(),
            width: self.shape.width,
        };
        WeightSums::new(geometry, tile)
    }

    /// Returns the first row whose slopes are wanted, counted from the border's first, and how
    /// many.
    fn slope_rows(&self) -> (usize, usize) {
        self.wanted(self.input.shape.height)
    }

    fn slope_columns(&self) -> (usize, usize) {
        self.wanted(self.input.shape.width)
    }

    fn wanted(&self, size: usize) -> (usize, usize) {
        match self.conv.pad_with {
            PadWith::Zero => (self.conv.padding, size),
            PadWith::Reflect => (0, size + 2 * self.conv.padding),
        }
    }
}

/// Where a convolution writes its outputs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written {
    pub(crate) start: usize,
    pub(crate) row: usize,
    pub(crate) channel: usize,
    /// After how many rows it begins anew.
    pub(crate) rows: usize,
}
