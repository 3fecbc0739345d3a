//! Convolutions by their definition, a block at a time.

use convscope_model::Shape;
use convscope_model::layer::{Conv, PadWith};

use super::blocks::{Back, Way, over_blocks};
use crate::crew::each;
use crate::simd::{Buffers, Correlation, Lanes, Simd, at_each_level};
use crate::steps::{Between, SlopeGrid, Written};
use crate::tensor::{Grid, Image, ImageMut, Tensor, fold};

/// The outputs of a convolution, and the slopes by its input.
#[derive(Debug, Clone)]
pub(crate) struct Direct {
    conv: Conv,
    /// Input channels of a group.
    seen: usize,
    outputs: Correlation,
    packed: Vec<f32>,
    back: Option<BackPlan>,
}

/// How slopes are passed on.
#[derive(Debug, Clone)]
struct BackPlan {
    inputs: Correlation,
    packed: Vec<f32>,
    zeros: Vec<f32>,
    shape: Shape,
    /// Where the slopes by the outputs stand while they are passed on.
    from: SlopeGrid,
    /// Where those by the inputs are computed, with the border that reflection folds back.
    to: Grid,
}

/// The slopes of one block on their way.
#[derive(Debug, Default)]
struct Desk {
    from: Vec<Lanes>,
    to: Vec<Lanes>,
}

impl Direct {
    /// Plans a convolution between two grids; slopes by its input may be wanted.
    pub(crate) fn new<S: Simd>(conv: &Conv, input: Grid, output: Grid, passes: bool) -> Self {
        // The border may be wider than this convolution looks.
        let input = Grid { border: conv.padding, ..input };
        let between = Between { conv, input, shape: output.shape };
        let outputs = between.outputs::<S>(Written {
            start: output.start,
            row: output.row,
            channel: output.channel,
            rows: output.shape.height,
        });
        let back = passes.then(|| {
            let tiles = between.slope_tiles::<S>();
            let from = SlopeGrid::new(output.shape, output.shape.height, tiles.1 - 1);
            let border = if conv.pad_with == PadWith::Reflect { conv.padding } else { 0 };
            let to = Grid::new(input.shape, border);
            let inputs = between.input_slopes(from, to, tiles);
            let packed = vec![0.0; inputs.weights()];
            let zeros = vec![0.0; input.shape.channels];
            BackPlan { inputs, packed, zeros, shape: output.shape, from, to }
        });
        Self {
            conv: conv.clone(),
            seen: input.shape.channels / conv.groups,
            packed: vec![0.0; outputs.weights()],
            outputs,
            back,
        }
    }

    /// Takes the kernels.
    pub(crate) fn prepare(&mut self, kernels: &[f32]) {
        let Conv { groups, kernel, filters, .. } = self.conv;
        let (taps, made, seen) = (kernel * kernel, filters / groups, self.seen);
        let weight = |group: usize, filter: usize, channel: usize, tap: usize| {
            kernels[((group * made + filter) * seen + channel) * taps + tap]
        };
        self.outputs.pack(&mut self.packed, weight);
        if let Some(back) = &mut self.back {
            let weight = |group, channel, filter, tap| weight(group, filter, channel, tap);
            back.inputs.pack(&mut back.packed, weight);
        }
    }

    /// Computes the outputs; `start` is what each filter begins from.
    pub(crate) fn forward<S: Simd>(
        &self,
        simd: S,
        way: Way,
        (input, start): (&Tensor, &[f32]),
        positive: bool,
        output: &mut Tensor,
    ) {
        over_blocks(way, output, |block, to| {
            let input = input.block(block);
            let (weights, output) = (&self.packed[..], to.lanes);
            let buffers = Buffers { input, weights, start, output, positive };
            self.outputs.run(simd, 0..self.outputs.rows(), buffers);
        });
    }

    /// Passes slopes on.
    pub(crate) fn backward<S: Simd>(&self, simd: S, way: Way, slope: &Tensor, back: Back<'_>) {
        let Some(plan) = &self.back else { return };
        let Back { to, add } = back;
        let (grid, step) = (to.grid, to.step);
        let blocks = to.values.chunks_mut(step).take(way.blocks()).enumerate();
        let share = way.blocks().div_ceil(way.threads.max(1));
        let mut shares: Vec<Vec<_>> = Vec::new();
        for (block, lanes) in blocks {
            if block % share == 0 {
                shares.push(Vec::with_capacity(share));
            }
            shares.last_mut().expect("a share was begun").push((block, lanes));
        }
        each(way.threads, shares, |share| {
            let mut desk = Desk {
                from: vec![Lanes::ZERO; plan.from.len(plan.shape)],
                to: vec![Lanes::ZERO; plan.to.len()],
            };
            for (block, lanes) in share {
                plan.run(simd, slope.image(block), ImageMut { grid, lanes }, add, &mut desk);
            }
        });
    }
}

impl BackPlan {
    fn run<S: Simd>(
        &self,
        simd: S,
        slope: Image<'_>,
        back: ImageMut<'_>,
        add: bool,
        desk: &mut Desk,
    ) {
        lay_out(simd, slope, self.from, &mut desk.from);
        let buffers = Buffers {
            input: &desk.from,
            weights: &self.packed,
            start: &self.zeros,
            output: &mut desk.to,
            positive: false,
        };
        self.inputs.run(simd, 0..self.inputs.rows(), buffers);
        if self.to.border > 0 {
            fold(simd, ImageMut { grid: self.to, lanes: &mut desk.to });
        }
        hand_on(simd, Image { grid: self.to, lanes: &desk.to }, back, add);
    }
}

at_each_level! {
    /// Copies slopes to where columns of zeros stand between rows.
    fn lay_out<'a>(_simd, slope: Image<'a>, grid: SlopeGrid, to: &'a mut [Lanes]) {
        let width = slope.grid.shape.width;
        for (channel, row) in slope.grid.lines() {
            to[grid.at(channel, row)..][..width].copy_from_slice(slope.line(channel, row));
        }
    }

    pub(super) fn hand_on<'a>(_simd, from: Image<'a>, to: ImageMut<'a>, add: bool) {
        let mut to = to;
        for (channel, row) in to.grid.lines() {
            let from = from.line(channel, row);
            for (to, from) in to.line(channel, row).iter_mut().zip(from) {
                *to = if add { to.plus(*from) } else { *from };
            }
        }
    }
}
