//! Sums over gathered windows, by any number of threads.

use std::ops::Range;

use convscope_model::layer::Conv;

use super::Gathered;
use super::windows::{Phase, Source};
use crate::crew::each;
use crate::graph::jobs::{Cuts, Job, jobs};
use crate::graph::scratch::Crew;
use crate::simd::{LANES, Lanes, Outer, Simd, Span, Work, at_each_level, cut, floats, floats_mut};
use crate::tensor::Tensor;

/// How many products of a sum are added up at a time, so that the values they need stay in a
/// core's nearest cache while all filters meet them.
const PANEL: usize = 64;

/// How many bytes of values and sums a chunk of pixels may have, to stay in a core's second cache.
const NEAR: usize = 1 << 20;

/// A tap beyond the image.
const NONE: u32 = u32::MAX;

/// All sums of one direction.
pub(super) struct Product<'a> {
    pub(super) conv: &'a Gathered,
    pub(super) kernels: &'a [f32],
    /// Channels before and after, of a group.
    pub(super) before: usize,
    pub(super) after: usize,
    /// Whether sums are over filters.
    pub(super) back: bool,
    pub(super) source: Source,
    pub(super) phases: Vec<Phase>,
    pub(super) finish: Finish<'a>,
}

/// What becomes of a sum.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finish<'a> {
    /// What is added to each channel.
    pub(super) start: Option<&'a [f32]>,
    /// Whether only its positive part is wanted.
    pub(super) positive: bool,
    /// Whether it is added to what stands there.
    pub(super) add: bool,
}

/// Products that are summed at a time, for all pixels of a phase; they are counted channel after
/// channel, in each tap after tap.
struct Panel<'a> {
    phase: usize,
    span: Span,
    /// `[group][channel after][product]`, a lane being sixteen of these numbers.
    kernels: &'a [Lanes],
}

/// Where the sum of a pixel goes.
#[derive(Debug, Clone, Copy)]
struct Spot {
    /// The block's number in the job.
    block: usize,
    place: usize,
}

impl Product<'_> {
    /// Computes the sums of the first blocks.
    pub(super) fn run<S: Simd>(
        &self,
        crew: &mut Crew<'_, S>,
        blocks: usize,
        from: &Tensor,
        output: &mut Tensor,
    ) {
        let (simd, threads) = (crew.simd, crew.threads.max(1));
        if blocks == 0 {
            return;
        }
        let by_blocks = threads.min(blocks).max(1);
        let channels = (self.after * self.conv.conv.groups).div_ceil(threads / by_blocks);
        let parts: Vec<_> = cut(blocks, blocks.div_ceil(by_blocks)).collect();
        let cuts = self.cuts::<S>(channels);
        let room = cuts.chunk * (PANEL + channels.min(self.after));
        let count = parts.len() * (self.after * self.conv.conv.groups).div_ceil(channels);
        let plan: Vec<_> = self.panels().collect();
        let size = |span: Span| (self.after * self.conv.conv.groups * span.len).div_ceil(LANES);
        let factors: usize = plan.iter().map(|&(_, span)| size(span)).sum();
        let mut rest = crew.scratch.take(factors + count * room);
        let mut packs = Vec::with_capacity(plan.len());
        for (phase, span) in plan {
            let (to, after) = rest.split_at_mut(size(span));
            packs.push((phase, span, to));
            rest = after;
        }
        each(threads, packs.iter_mut().collect(), |(phase, span, to)| {
            self.pack(&self.phases[*phase], *span, floats_mut(to));
        });
        let panels = packs.into_iter();
        let panels: Vec<_> =
            panels.map(|(phase, span, to)| Panel { phase, span, kernels: to }).collect();
        let step = output.grid.channel;
        let mut rooms = rest.chunks_mut(room);
        let work = jobs(&parts, channels, output, || rooms.next().unwrap_or_default());
        each(threads, work, |job| self.work(simd, cuts, &panels, from, (step, job)));
    }

    /// Returns each phase's panels.
    fn panels(&self) -> impl Iterator<Item = (usize, Span)> {
        self.phases.iter().enumerate().flat_map(|(index, phase)| {
            cut(self.before * phase.taps.len(), PANEL).map(move |span| (index, span))
        })
    }

    /// Brings the weights side by side that are multiplied together.
    fn pack(&self, phase: &Phase, span: Span, to: &mut [f32]) {
        let Gathered { conv: Conv { kernel, groups, .. }, seen, made } = self.conv;
        let area = kernel * kernel;
        // From one channel before to the next, and from one channel after.
        let (before, after) = if self.back { (seen * area, area) } else { (area, seen * area) };
        let place =
            |k: usize| k / phase.taps.len() * before + phase.taps[k % phase.taps.len()].weight;
        let places: Vec<_> = (span.start..span.start + span.len).map(place).collect();
        let rows = (0..groups * self.after)
            .map(|row| row / self.after * made * seen * area + row % self.after * after);
        for (row, to) in rows.zip(to.chunks_exact_mut(span.len)) {
            let weights = &self.kernels[row..];
            to.iter_mut().zip(&places).for_each(|(to, &place)| *to = weights[place]);
        }
    }

    fn cuts<S: Simd>(&self, channels: usize) -> Cuts {
        let rows = channels.min(self.after);
        let tile = Outer::tiles::<S>(rows, 4 * LANES);
        let group = tile.1.div_ceil(LANES / S::WIDTH);
        let bytes = (PANEL + rows) * group * size_of::<Lanes>();
        Cuts { tile, group, chunk: (NEAR / bytes).max(1) * group }
    }

    fn work<S: Simd>(
        &self,
        simd: S,
        cuts: Cuts,
        panels: &[Panel<'_>],
        from: &Tensor,
        (step, job): (usize, Job<'_>),
    ) {
        let Job { first, channels, mut images, scratch } = job;
        let Cuts { tile, group, chunk } = cuts;
        let (values, sums) = scratch.split_at_mut(chunk * PANEL);
        let (mut spots, mut places) = (Vec::new(), Vec::new());
        for (index, phase) in self.phases.iter().enumerate() {
            if phase.taps.is_empty() && self.finish.add {
                continue;
            }
            let own = |panel: &&Panel<'_>| panel.phase == index;
            for pixels in cut(images.len() * phase.count(), chunk) {
                self.look(phase, (first, pixels), from.step, (&mut spots, &mut places));
                for inner in self.groups(&channels) {
                    let rows = inner.len();
                    if phase.taps.is_empty() {
                        sums[..rows * pixels.len].fill(Lanes::ZERO);
                    }
                    let within = inner.start / self.after;
                    let windows = Windows {
                        from: &from.values[within * self.before * self.source.channel..],
                        step: self.source.channel,
                        places: &places,
                        pixels: pixels.len,
                        group,
                    };
                    for panel in panels.iter().filter(own) {
                        gather(simd, windows, panel.span, values);
                        multiply(simd, tile, panel, (&inner, pixels.len, group), (values, sums));
                    }
                    let start = self.finish.start.map(|start| &start[inner.clone()]);
                    simd.run(Targets {
                        sums,
                        rows,
                        group,
                        spots: &spots,
                        how: Finish { start, ..self.finish },
                        first: (inner.start - channels.start) * step,
                        step,
                        images: &mut images,
                    });
                }
            }
        }
    }

    /// Returns the channels of each group among some.
    fn groups(&self, channels: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let (first, last, size) = (channels.start, channels.end, self.after);
        (first / size..last.div_ceil(size))
            .map(move |group| first.max(group * size)..last.min((group + 1) * size))
    }

    /// Finds where the sums of some pixels go and where each tap's values stand.
    fn look(
        &self,
        phase: &Phase,
        (first, pixels): (usize, Span),
        step: usize,
        (spots, places): (&mut Vec<Spot>, &mut Vec<u32>),
    ) {
        let count = phase.count();
        let pixels = pixels.start..pixels.start + pixels.len;
        spots.clear();
        spots.extend(
            pixels
                .clone()
                .map(|pixel| Spot { block: pixel / count, place: phase.target(pixel % count) }),
        );
        places.clear();
        for &tap in &phase.taps {
            places.extend(pixels.clone().map(|pixel| {
                let place = phase.place(tap, pixel % count, self.source);
                place.map_or(NONE, |place| ((first + pixel / count) * step + place) as u32)
            }));
        }
    }
}

/// Adds the products of a panel to those of some filters, or begins with them.
fn multiply<S: Simd>(
    simd: S,
    tile: (usize, usize),
    panel: &Panel<'_>,
    (filters, pixels, group): (&Range<usize>, usize, usize),
    (values, sums): (&[Lanes], &mut [Lanes]),
) {
    let (depth, rows) = (panel.span.len, filters.len());
    for span in cut(pixels, group) {
        let starts: [u32; PANEL / LANES] =
            std::array::from_fn(|part| (part * LANES * span.len) as u32);
        let outer = Outer {
            left: &floats(panel.kernels)[filters.start * depth..],
            left_step: depth,
            rows,
            depth,
            right: &values[span.start * depth..],
            right_step: span.len,
            places: &starts[..depth.div_ceil(LANES)],
            columns: span.len,
            add: panel.span.start > 0,
        };
        outer.run(simd, tile, &mut sums[span.start * rows..], span.len);
    }
}

/// Values of all channels of a group and some pixels.
#[derive(Debug, Clone, Copy)]
struct Windows<'a> {
    /// From the first channel on.
    from: &'a [Lanes],
    /// From one channel to the next.
    step: usize,
    /// For each tap, where the pixels' values stand in a channel.
    places: &'a [u32],
    pixels: usize,
    /// Pixels that stand side by side.
    group: usize,
}

/// Where sums stand and where they go.
struct Targets<'a, 'b> {
    sums: &'a [Lanes],
    rows: usize,
    /// Pixels that stand side by side.
    group: usize,
    spots: &'a [Spot],
    how: Finish<'a>,
    /// Where the first channel starts, and from one to the next.
    first: usize,
    step: usize,
    images: &'a mut [&'b mut [Lanes]],
}

at_each_level! {
    /// Copies values to `[group of pixels][product][pixel]`.
    fn gather<'a>(_simd, windows: Windows<'a>, products: Span, to: &'a mut [Lanes]) {
        let Windows { from, step, places, pixels, group } = windows;
        let taps = places.len() / pixels;
        for index in 0..products.len {
            let k = products.start + index;
            let from = &from[k / taps * step..];
            let places = &places[k % taps * pixels..][..pixels];
            for span in cut(pixels, group) {
                let to = &mut to[span.start * products.len + index * span.len..][..span.len];
                for (to, &place) in to.iter_mut().zip(&places[span.start..]) {
                    *to = if place == NONE { Lanes::ZERO } else { from[place as usize] };
                }
            }
        }
    }
}

impl Work for Targets<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _simd: S) {
        let Self { sums, rows, group, spots, how, first, step, images } = self;
        for row in 0..rows {
            let start = Lanes([how.start.map_or(0.0, |start| start[row]); LANES]);
            let first = first + row * step;
            for span in cut(spots.len(), group) {
                let sums = &sums[span.start * rows + row * span.len..][..span.len];
                for (sum, spot) in sums.iter().zip(&spots[span.start..]) {
                    let to = &mut images[spot.block][first + spot.place];
                    let sum = sum.plus(start);
                    let sum = if how.positive { sum.positive() } else { sum };
                    *to = if how.add { to.plus(sum) } else { sum };
                }
            }
        }
    }
}
