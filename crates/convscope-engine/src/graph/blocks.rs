//! What all layers share: how far a pass goes, and where slopes go.

use crate::crew::each;
use crate::simd::LANES;
use crate::tensor::{ImageMut, Tensor};

/// How a layer is computed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    /// On how many threads.
    pub(crate) threads: usize,
    /// For how many samples.
    pub(crate) count: usize,
}

impl Way {
    /// Returns how many blocks the samples take.
    pub(crate) fn blocks(self) -> usize {
        self.count.div_ceil(LANES)
    }

    /// Returns how many lanes of a block hold samples.
    pub(crate) fn live(self, block: usize) -> usize {
        (self.count - block * LANES).min(LANES)
    }
}

/// Where the slopes by a layer's input go.
pub(crate) struct Back<'a> {
    pub(crate) to: &'a mut Tensor,
    /// Whether they are added to those that another layer left.
    pub(crate) add: bool,
}

/// Does some work for every block of a tensor.
pub(crate) fn over_blocks(
    way: Way,
    tensor: &mut Tensor,
    work: impl Fn(usize, ImageMut<'_>) + Sync,
) {
    let (grid, step) = (tensor.grid, tensor.step);
    let blocks = tensor.values.chunks_mut(step).take(way.blocks()).enumerate();
    each(way.threads, blocks.collect(), |(block, lanes)| work(block, ImageMut { grid, lanes }));
}
