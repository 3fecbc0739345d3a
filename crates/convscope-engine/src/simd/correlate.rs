//! Sums over taps: a convolution's outputs, and the slopes by its inputs.

use std::ops::Range;

use super::tile::{Span, cut, with_tile};
use super::{LANES, Lanes, Simd, Work};

/// One place of a kernel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tap {
    /// How many lanes further its input stands.
    pub(crate) input: u32,
    /// How many weights further its weight stands.
    pub(crate) weight: u32,
}

/// A row of outputs, or a run of neighbours in every row.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Where its input starts.
    pub(crate) input: u32,
    /// Where its output starts.
    pub(crate) output: u32,
    /// Which taps it sees.
    pub(crate) taps: Range<u32>,
    /// How many neighbours are in it; rows leave it at 0.
    pub(crate) pixels: u32,
}

/// What meets what: `output[o][row, column] = start[o] + Σ weight[o][c][tap] · input[c][row,
/// column, tap]`.
///
/// Taps come in two lists, down and across, whose steps add up; which of them a row or a run of
/// columns sees is its own, so that strides, dilations and borders need no test in the loop.
/// All steps are in lanes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Geometry {
    /// Groups of channels that do not see each other.
    pub(crate) groups: usize,
    /// Output channels in a group.
    pub(crate) outputs: usize,
    /// Input channels in a group.
    pub(crate) channels: usize,
    /// Weights of one pair of channels.
    pub(crate) taps_of_pair: usize,
    /// From one input channel to the next.
    pub(crate) channel_step: usize,
    /// From one output channel to the next.
    pub(crate) output_step: usize,
    /// From one pixel's input to its neighbour's.
    pub(crate) pixel_input: usize,
    /// From one pixel's output to its neighbour's.
    pub(crate) pixel_output: usize,
    /// The rows.
    pub(crate) rows: Vec<Line>,
    /// The runs of every row, those of one length together.
    pub(crate) columns: Vec<Line>,
    /// The taps that rows see.
    pub(crate) down: Vec<Tap>,
    /// The taps that runs see.
    pub(crate) across: Vec<Tap>,
}

/// A checked [`Geometry`], cut into tiles.
#[derive(Debug, Clone)]
pub(crate) struct Correlation {
    geometry: Geometry,
    /// Output channels of a group, cut.
    spans: Vec<Span>,
    /// One more than the last place that is ever touched in each buffer.
    input_reach: usize,
    output_reach: usize,
}

impl Correlation {
    /// Plans tiles of at most `height` output channels.
    ///
    /// # Panics
    /// When a line names taps that do not exist.
    pub(crate) fn new(geometry: Geometry, height: usize) -> Self {
        let g = &geometry;
        let furthest = |lines: &[Line], taps: &[Tap]| {
            let input = |line: &Line| {
                let taps = &taps[line.taps.start as usize..line.taps.end as usize];
                let tap = taps.iter().map(|tap| tap.input).max().unwrap_or(0);
                let pixels = (line.pixels as usize).saturating_sub(1);
                (line.input + tap) as usize + pixels * g.pixel_input
            };
            lines.iter().map(input).max().unwrap_or(0)
        };
        let written = |line: &Line| {
            line.output as usize + (line.pixels as usize).saturating_sub(1) * g.pixel_output
        };
        let last_written = |lines: &[Line]| lines.iter().map(written).max().unwrap_or(0);
        let weight = |taps: &[Tap]| taps.iter().map(|tap| tap.weight as usize).max().unwrap_or(0);
        assert!(weight(&g.down) + weight(&g.across) < g.taps_of_pair, "taps within the kernel");
        let last_channel = (g.groups * g.channels - 1) * g.channel_step;
        let last_output = (g.groups * g.outputs - 1) * g.output_step;
        Self {
            input_reach: 1
                + last_channel
                + furthest(&g.rows, &g.down)
                + furthest(&g.columns, &g.across),
            output_reach: 1 + last_output + last_written(&g.rows) + last_written(&g.columns),
            spans: cut(g.outputs, height).collect(),
            geometry,
        }
    }

    /// Returns the count of rows.
    pub(crate) fn rows(&self) -> usize {
        self.geometry.rows.len()
    }

    /// Returns the length of packed weights.
    pub(crate) fn weights(&self) -> usize {
        let g = &self.geometry;
        g.groups * g.outputs * g.channels * g.taps_of_pair
    }

    /// Puts weights into the order in which tiles read them; `weight` tells the weight of a group,
    /// an output channel of it, an input channel of it, and a tap.
    pub(crate) fn pack(
        &self,
        packed: &mut [f32],
        weight: impl Fn(usize, usize, usize, usize) -> f32,
    ) {
        let g = &self.geometry;
        let mut places = packed.iter_mut();
        for group in 0..g.groups {
            for span in &self.spans {
                for c in 0..g.channels {
                    for tap in 0..g.taps_of_pair {
                        for (o, place) in (0..span.len).zip(&mut places) {
                            *place = weight(group, span.start + o, c, tap);
                        }
                    }
                }
            }
        }
    }

    /// Computes some rows.
    ///
    /// # Panics
    /// When a buffer is shorter than planned.
    pub(crate) fn run<S: Simd>(&self, simd: S, rows: Range<usize>, buffers: Buffers<'_>) {
        let g = &self.geometry;
        let Buffers { input, weights, start, output, positive } = buffers;
        assert!(input.len() >= self.input_reach, "as much input as planned");
        assert!(output.len() >= self.output_reach, "as much output as planned");
        assert!(weights.len() >= self.weights(), "as many weights as planned");
        assert!(start.len() >= g.groups * g.outputs, "a start for each output channel");
        let rows = &g.rows[rows];
        for group in 0..g.groups {
            for spans in self.spans.chunk_by(|a, b| a.len == b.len) {
                for columns in g.columns.chunk_by(|a, b| a.pixels == b.pixels) {
                    let first = group * g.outputs;
                    let place = Place { geometry: g, rows, columns, spans, positive };
                    let pointers = Pointers {
                        // Groups lie within the reach that was checked above.
                        input: input[group * g.channels * g.channel_step..].as_ptr().cast(),
                        weights: weights[first * g.channels * g.taps_of_pair..].as_ptr(),
                        start: start[first..].as_ptr(),
                        output: output[first * g.output_step..].as_mut_ptr().cast(),
                    };
                    let size = (spans[0].len, columns[0].pixels);
                    with_tile!(size.0, size.1, call(simd, place, pointers));
                }
            }
        }
    }
}

/// The buffers of one [`Correlation::run`].
pub(crate) struct Buffers<'a> {
    pub(crate) input: &'a [Lanes],
    pub(crate) weights: &'a [f32],
    /// What each output channel starts from.
    pub(crate) start: &'a [f32],
    pub(crate) output: &'a mut [Lanes],
    /// Whether what is 0 or less becomes 0.
    pub(crate) positive: bool,
}

fn call<S: Simd, const O: usize, const P: usize>(simd: S, place: Place<'_>, pointers: Pointers) {
    if P <= S::TILE[O - 1] {
        simd.run(Tiles::<O, P> { place, pointers });
    } else {
        unreachable!("no tile of {O} × {P} is planned for this level");
    }
}

#[derive(Clone, Copy)]
struct Place<'a> {
    geometry: &'a Geometry,
    rows: &'a [Line],
    columns: &'a [Line],
    spans: &'a [Span],

    positive: bool,
}

#[derive(Clone, Copy)]
struct Pointers {
    input: *const f32,
    weights: *const f32,
    start: *const f32,
    output: *mut f32,
}

/// The tiles of `O` output channels and `P` pixels in some rows.
struct Tiles<'a, const O: usize, const P: usize> {
    place: Place<'a>,
    pointers: Pointers,
}

impl<const O: usize, const P: usize> Work for Tiles<'_, O, P> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        // Neighbours mostly stand side by side, and then their places are known to the compiler.
        // SAFETY: `Correlation::run` made `self` and compared its reach with the buffers.
        unsafe {
            if self.place.geometry.pixel_input == 1 {
                self.all(simd, 1);
            } else {
                self.all(simd, self.place.geometry.pixel_input);
            }
        }
    }
}

impl<const O: usize, const P: usize> Tiles<'_, O, P> {
    /// # Safety
    /// The buffers are as long as the plan reaches.
    #[inline(always)]
    unsafe fn all<S: Simd>(&self, simd: S, pixel: usize) {
        let Place { geometry: g, rows, columns, spans, .. } = self.place;
        for span in spans {
            for row in rows {
                for column in columns {
                    for part in (0..LANES).step_by(S::WIDTH) {
                        // SAFETY: the caller's promise.
                        unsafe { self.one(simd, pixel, g, (span, row, column), part) };
                    }
                }
            }
        }
    }

    /// # Safety
    /// As `all`.
    #[inline(always)]
    unsafe fn one<S: Simd>(
        &self,
        simd: S,
        pixel: usize,
        g: &Geometry,
        (span, row, column): (&Span, &Line, &Line),
        part: usize,
    ) {
        let down = &g.down[row.taps.start as usize..row.taps.end as usize];
        let across = &g.across[column.taps.start as usize..column.taps.end as usize];
        // SAFETY: every place below is at most a plan's largest input, output, weight or start.
        unsafe {
            let mut sums = [[simd.splat(0.0); P]; O];
            for o in 0..O {
                sums[o] = [simd.splat(*self.pointers.start.add(span.start + o)); P];
            }
            let mut input =
                self.pointers.input.add((row.input + column.input) as usize * LANES + part);
            let mut weights = self.pointers.weights.add(span.start * g.channels * g.taps_of_pair);
            for _ in 0..g.channels {
                for i in down {
                    let input = input.add(i.input as usize * LANES);
                    let weights = weights.add(i.weight as usize * O);
                    for j in across {
                        let input = input.add(j.input as usize * LANES);
                        let weights = weights.add(j.weight as usize * O);
                        let mut each = [simd.splat(0.0); O];
                        for o in 0..O {
                            each[o] = simd.splat(*weights.add(o));
                        }
                        for p in 0..P {
                            let x = simd.load(input.add(p * pixel * LANES));
                            for o in 0..O {
                                sums[o][p] = simd.mul_add(each[o], x, sums[o][p]);
                            }
                        }
                    }
                }
                input = input.add(g.channel_step * LANES);
                weights = weights.add(g.taps_of_pair * O);
            }
            let output = self.pointers.output.add((row.output + column.output) as usize * LANES);
            for o in 0..O {
                for p in 0..P {
                    let place = (span.start + o) * g.output_step + p * g.pixel_output;
                    let sum = sums[o][p];
                    let sum = if self.place.positive { simd.positive(sum) } else { sum };
                    simd.store(output.add(place * LANES + part), sum);
                }
            }
        }
    }
}
