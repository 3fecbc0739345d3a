//! Sums over pixels: the slopes by a convolution's weights.

use std::ops::Range;

use super::tile::{Span, cut, with_tile};
use super::{LANES, Lanes, Simd, Work};

/// What meets what: `sum[o][tap] += Σ over pixels of slope[o][pixel] · input[pixel, tap]`, for each
/// of sixteen samples. All steps are in lanes.
#[derive(Debug, Clone, Default)]
pub(crate) struct WeightGeometry {
    /// Groups of channels that do not see each other.
    pub(crate) groups: usize,
    /// Output channels in a group.
    pub(crate) outputs: usize,
    /// From one output channel's slopes to the next.
    pub(crate) output_step: usize,
    /// From one group's input to the next.
    pub(crate) group_step: usize,
    /// Where each weight of one output channel has its input, from a pixel's first.
    pub(crate) taps: Vec<u32>,
    /// From one pixel's input to its neighbour's.
    pub(crate) pixel_input: usize,
    /// Where each row of pixels has its input and its slopes.
    pub(crate) rows: Vec<(u32, u32)>,
    /// Pixels in a row.
    pub(crate) width: usize,
}

/// A checked [`WeightGeometry`], cut into tiles.
#[derive(Debug, Clone)]
pub(crate) struct WeightSums {
    geometry: WeightGeometry,
    spans: Vec<Span>,
    tap_spans: Vec<Span>,
    input_reach: usize,
    slope_reach: usize,
}

impl WeightSums {
    /// Plans tiles of at most `height` output channels and `width` taps.
    pub(crate) fn new(geometry: WeightGeometry, (height, width): (usize, usize)) -> Self {
        let g = &geometry;
        let last_tap = g.taps.iter().copied().max().unwrap_or(0) as usize;
        let last_input = g.rows.iter().map(|row| row.0).max().unwrap_or(0) as usize;
        let last_slope = g.rows.iter().map(|row| row.1).max().unwrap_or(0) as usize;
        let last_pixel = g.width - 1;
        Self {
            input_reach: 1
                + (g.groups - 1) * g.group_step
                + last_input
                + last_tap
                + last_pixel * g.pixel_input,
            slope_reach: 1 + (g.groups * g.outputs - 1) * g.output_step + last_slope + last_pixel,
            spans: cut(g.outputs, height).collect(),
            tap_spans: cut(g.taps.len(), width).collect(),
            geometry,
        }
    }

    /// Adds the products of some rows to `sums`, one for each weight.
    ///
    /// # Panics
    /// When a buffer is shorter than planned.
    pub(crate) fn run<S: Simd>(
        &self,
        simd: S,
        rows: Range<usize>,
        input: &[Lanes],
        slopes: &[Lanes],
        sums: &mut [Lanes],
    ) {
        let g = &self.geometry;
        assert!(input.len() >= self.input_reach, "as much input as planned");
        assert!(slopes.len() >= self.slope_reach, "as many slopes as planned");
        assert!(sums.len() >= g.groups * g.outputs * g.taps.len(), "a sum for each weight");
        let rows = &g.rows[rows];
        for group in 0..g.groups {
            for spans in self.spans.chunk_by(|a, b| a.len == b.len) {
                for tap_spans in self.tap_spans.chunk_by(|a, b| a.len == b.len) {
                    let place = Place { geometry: g, rows, spans, tap_spans };
                    let first = group * g.outputs;
                    let pointers = Pointers {
                        // Groups lie within the reach that was checked above.
                        input: input[group * g.group_step..].as_ptr().cast(),
                        slopes: slopes[first * g.output_step..].as_ptr().cast(),
                        sums: sums[first * g.taps.len()..].as_mut_ptr().cast(),
                    };
                    with_tile!(spans[0].len, tap_spans[0].len, call(simd, place, pointers));
                }
            }
        }
    }
}

fn call<S: Simd, const O: usize, const T: usize>(simd: S, place: Place<'_>, pointers: Pointers) {
    if T <= S::TILE[O - 1] {
        simd.run(Tiles::<O, T> { place, pointers });
    } else {
        unreachable!("no tile of {O} × {T} is planned for this level");
    }
}

#[derive(Clone, Copy)]
struct Place<'a> {
    geometry: &'a WeightGeometry,
    rows: &'a [(u32, u32)],
    spans: &'a [Span],
    tap_spans: &'a [Span],
}

#[derive(Clone, Copy)]
struct Pointers {
    input: *const f32,
    slopes: *const f32,
    sums: *mut f32,
}

/// The tiles of `O` output channels and `T` taps in some rows.
struct Tiles<'a, const O: usize, const T: usize> {
    place: Place<'a>,
    pointers: Pointers,
}

impl<const O: usize, const T: usize> Work for Tiles<'_, O, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        // SAFETY: `WeightSums::run` made `self` and compared its reach with the buffers.
        unsafe {
            if self.place.geometry.pixel_input == 1 {
                self.all(simd, 1);
            } else {
                self.all(simd, self.place.geometry.pixel_input);
            }
        }
    }
}

impl<const O: usize, const T: usize> Tiles<'_, O, T> {
    /// # Safety
    /// The buffers are as long as the plan reaches.
    #[inline(always)]
    unsafe fn all<S: Simd>(&self, simd: S, pixel: usize) {
        for tap_span in self.place.tap_spans {
            for span in self.place.spans {
                for part in (0..LANES).step_by(S::WIDTH) {
                    // SAFETY: the caller's promise.
                    unsafe { self.one(simd, pixel, (span, tap_span), part) };
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
        (span, tap_span): (&Span, &Span),
        part: usize,
    ) {
        let Place { geometry: g, rows, .. } = self.place;
        let taps: [usize; T] = std::array::from_fn(|t| g.taps[tap_span.start + t] as usize * LANES);
        // SAFETY: every place below is at most a plan's largest input, slope or sum.
        unsafe {
            let sum_at = |o: usize, t: usize| {
                let place = (span.start + o) * g.taps.len() + tap_span.start + t;
                self.pointers.sums.add(place * LANES + part)
            };
            let mut sums = [[simd.splat(0.0); T]; O];
            for o in 0..O {
                for t in 0..T {
                    sums[o][t] = simd.load(sum_at(o, t));
                }
            }
            for &(input, slopes) in rows {
                let input = self.pointers.input.add(input as usize * LANES + part);
                let slopes = self.pointers.slopes.add(slopes as usize * LANES + part);
                let slopes = slopes.add(span.start * g.output_step * LANES);
                for x in 0..g.width {
                    let input = input.add(x * pixel * LANES);
                    let mut each = [simd.splat(0.0); O];
                    for o in 0..O {
                        each[o] = simd.load(slopes.add((o * g.output_step + x) * LANES));
                    }
                    for t in 0..T {
                        let value = simd.load(input.add(taps[t]));
                        for o in 0..O {
                            sums[o][t] = simd.mul_add(each[o], value, sums[o][t]);
                        }
                    }
                }
            }
            for o in 0..O {
                for t in 0..T {
                    simd.store(sum_at(o, t), sums[o][t]);
                }
            }
        }
    }
}
