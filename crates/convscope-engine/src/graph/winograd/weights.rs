//! Slopes by the weights, from products of tiles.

use std::marker::PhantomData;
use std::ops::Range;

use super::form::Form;
use super::tiles::{Elements, Inputs, KernelSlopes, Slopes, Tiling, Turn};
use crate::crew::each;
use crate::graph::scratch::Crew;
use crate::simd::{LANES, Lanes, Outer, Simd, Span, cut, floats};
use crate::tensor::Tensor;

/// Tiles whose products are summed before they are added to an element's sum.
const PANEL: usize = 8;

/// Filters whose sums are made and brought back at a time, where there is but one panel.
const TOGETHER: usize = 32;

/// The slopes by the weights of a convolution.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weights<F> {
    pub(super) form: PhantomData<F>,
    pub(super) tiling: Tiling,
    pub(super) blocks: usize,
    pub(super) channels: usize,
    pub(super) filters: usize,
}

/// What one thread computes at a time.
struct Job<'a> {
    filters: Range<usize>,
    scratch: &'a mut [Lanes],
    gradients: &'a mut [f32],
}

/// What one thread computes with.
struct Room<'a> {
    /// The factors of one tile and sixteen channels, `[element][channel]`.
    tile: &'a mut [Lanes],
    /// The factors of a panel, `[element][group of channels][tile][sample][channel]`.
    inputs: &'a mut [Lanes],
    /// The slopes by the products of a panel, `[element][filter][tile]`.
    slopes: &'a mut [Lanes],
    /// `[element][group of channels][filter][channel]`.
    sums: &'a mut [Lanes],
}

impl<F: Form> Weights<F> {
    const COUNT: usize = F::SIDE * F::SIDE;

    /// Writes all slopes.
    pub(super) fn run<S: Simd>(
        self,
        crew: &mut Crew<'_, S>,
        input: &Tensor,
        slope: &Tensor,
        gradients: &mut [f32],
    ) {
        let share = self.filters.div_ceil(crew.threads.max(1));
        let spans = cut(self.filters, share);
        let room = self.sizes(share).iter().sum();
        let mut rooms = crew.scratch.take(spans.clone().count() * room).chunks_mut(room);
        let (mut jobs, mut rest) = (Vec::new(), gradients);
        for span in spans {
            let (gradients, after) = rest.split_at_mut(span.len * self.channels * 9);
            let scratch = rooms.next().unwrap_or_default();
            jobs.push(Job { filters: span.start..span.start + span.len, scratch, gradients });
            rest = after;
        }
        let simd = crew.simd;
        each(crew.threads, jobs, |job| self.work(simd, input, slope, job));
    }

    /// Returns the lanes of each part of a [`Room`].
    fn sizes(&self, filters: usize) -> [usize; 4] {
        let wide = self.channels.div_ceil(LANES);
        let each = [LANES, PANEL * LANES * wide, PANEL * filters, wide * self.together(filters)];
        each.map(|size| Self::COUNT * size)
    }

    fn tiles(&self) -> usize {
        self.tiling.count() * self.blocks
    }

    fn together(&self, filters: usize) -> usize {
        if self.tiles() > PANEL { filters } else { filters.min(TOGETHER) }
    }

    fn work<S: Simd>(&self, simd: S, input: &Tensor, slope: &Tensor, job: Job<'_>) {
        let Job { filters, scratch, gradients } = job;
        let sizes = self.sizes(filters.len());
        let (tile, rest) = scratch.split_at_mut(sizes[0]);
        let (inputs, rest) = rest.split_at_mut(sizes[1]);
        let (slopes, sums) = rest.split_at_mut(sizes[2]);
        let mut room = Room { tile, inputs, slopes, sums };
        let wide = self.channels.div_ceil(LANES);
        let tile = Outer::tiles::<S>(self.together(filters.len()), wide);
        let groups: Vec<_> = cut(wide, tile.1.div_ceil(LANES / S::WIDTH)).collect();
        for first in (0..self.tiles()).step_by(PANEL) {
            let panel = first..(first + PANEL).min(self.tiles());
            self.fill(simd, panel.clone(), &groups, (input, slope, filters.clone()), &mut room);
            for rows in cut(filters.len(), self.together(filters.len())) {
                for element in 0..Self::COUNT {
                    let place = (element, filters.len(), rows);
                    self.multiply(simd, tile, &groups, (panel.clone(), place), &mut room);
                }
                if panel.end == self.tiles() {
                    simd.run(KernelSlopes {
                        form: self.form,
                        sums: room.sums,
                        rows: rows.len,
                        channels: self.channels,
                        groups: &groups,
                        gradients: &mut gradients[rows.start * self.channels * 9..],
                    });
                }
            }
        }
    }

    /// Makes the factors of some tiles and the slopes by their products.
    fn fill<S: Simd>(
        &self,
        simd: S,
        panel: Range<usize>,
        groups: &[Span],
        (input, slope, filters): (&Tensor, &Tensor, Range<usize>),
        room: &mut Room<'_>,
    ) {
        let (count, wide) = (panel.len(), self.channels.div_ceil(LANES));
        for (index, tile) in panel.enumerate() {
            let (block, row, column) = self.tiling.place(tile);
            for (group, column_of_group) in
                groups.iter().flat_map(|group| (0..group.len).map(move |column| (group, column)))
            {
                let start = (group.start + column_of_group) * LANES;
                simd.run(Inputs {
                    form: self.form,
                    image: input.image(block),
                    channels: start..(start + LANES).min(self.channels),
                    place: (row, column),
                    to: room.tile,
                    elements: Elements { element: LANES, channel: 1 },
                });
                let start = (group.start * count + index * group.len) * LANES + column_of_group;
                simd.run(Turn {
                    from: room.tile,
                    to: &mut room.inputs[start..],
                    element: wide * count * LANES,
                    step: group.len,
                });
            }
            simd.run(Slopes(Inputs {
                form: self.form,
                image: slope.image(block),
                channels: filters.clone(),
                place: (row, column),
                to: &mut room.slopes[index..],
                elements: Elements { element: filters.len() * count, channel: count },
            }));
        }
    }

    /// Adds the products of some tiles to the sums of an element and some filters.
    fn multiply<S: Simd>(
        &self,
        simd: S,
        tile: (usize, usize),
        groups: &[Span],
        (panel, (element, filters, rows)): (Range<usize>, (usize, usize, Span)),
        room: &mut Room<'_>,
    ) {
        let wide = self.channels.div_ceil(LANES);
        let depth = panel.len() * LANES;
        let left = &floats(room.slopes)[(element * filters + rows.start) * depth..];
        for group in groups {
            let place = element * wide + group.start;
            let places: [u32; PANEL] =
                std::array::from_fn(|index| (index * LANES * group.len) as u32);
            let outer = Outer {
                left,
                left_step: depth,
                rows: rows.len,
                depth,
                right: &room.inputs[place * depth..],
                right_step: group.len,
                places: &places[..panel.len()],
                columns: group.len,
                add: panel.start > 0,
            };
            outer.run(simd, tile, &mut room.sums[place * rows.len..], group.len);
        }
    }
}
