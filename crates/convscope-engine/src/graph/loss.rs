//! Where slopes begin when lanes are samples.

use crate::simd::{LANES, Lanes};
use crate::steps::{BatchScore, Head};
use crate::tensor::Tensor;

/// Scores logits and writes the slopes that begin there; idle lanes have none.
pub(crate) fn score(
    logits: &Tensor,
    slope: &mut Tensor,
    head: Head<'_>,
    order: &[usize],
) -> BatchScore {
    let classes = logits.grid.shape.len();
    let mut result = BatchScore::default();
    let (mut own, mut slopes) = (vec![0.0; classes], vec![0.0; classes]);
    let blocks = order.len().div_ceil(LANES);
    slope.values[..blocks * slope.step].fill(Lanes::ZERO);
    for (place, &sample) in order.iter().enumerate() {
        let (block, lane) = (place / LANES, place % LANES);
        let image = logits.image(block);
        let lines = image.grid.lines().flat_map(|(channel, row)| image.line(channel, row));
        own.iter_mut().zip(lines).for_each(|(own, lanes)| *own = lanes.0[lane]);
        head.score(&own, (sample, order.len()), &mut slopes, &mut result);
        let to = slope.block_mut(block);
        for (class, slope) in slopes.iter().enumerate() {
            to[class].0[lane] = *slope;
        }
    }
    result
}
