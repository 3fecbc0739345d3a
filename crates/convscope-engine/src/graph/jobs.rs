//! Outputs of one layer, shared by threads.

use std::ops::Range;

use crate::simd::{Lanes, Span, cut};
use crate::tensor::Tensor;

/// How the tiles or pixels of one thread are taken together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cuts {
    /// Rows and vectors of a register tile.
    pub(super) tile: (usize, usize),
    /// How many are multiplied at a time, and made at a time.
    pub(super) group: usize,
    pub(super) chunk: usize,
}

/// What one thread computes: some channels of some blocks.
pub(super) struct Job<'a> {
    /// The first block.
    pub(super) first: usize,
    pub(super) channels: Range<usize>,
    /// These channels of each block.
    pub(super) images: Vec<&'a mut [Lanes]>,
    pub(super) scratch: &'a mut [Lanes],
}

/// Returns a job for so many channels of each part of the blocks.
pub(super) fn jobs<'a>(
    parts: &[Span],
    channels: usize,
    output: &'a mut Tensor,
    mut room: impl FnMut() -> &'a mut [Lanes],
) -> Vec<Job<'a>> {
    let (all, channel) = (output.grid.shape.channels, output.grid.channel);
    let mut blocks = output.values.chunks_mut(output.step);
    let mut jobs = Vec::new();
    for part in parts {
        let mut own: Vec<Job<'_>> = cut(all, channels)
            .map(|span| Job {
                first: part.start,
                channels: span.start..span.start + span.len,
                images: Vec::with_capacity(part.len),
                scratch: room(),
            })
            .collect();
        for mut block in blocks.by_ref().take(part.len) {
            for job in &mut own {
                let (image, after) = block.split_at_mut(job.channels.len() * channel);
                job.images.push(image);
                block = after;
            }
        }
        jobs.append(&mut own);
    }
    jobs
}
