//! The cross-entropy of a batch whose lanes are samples.

use crate::simd::{LANES, Lanes};
use crate::steps::{BatchScore, score_sample};
use crate::tensor::Tensor;

/// Scores logits and writes the slopes of their mean cross-entropy; idle lanes have none.
pub(crate) fn score(
    logits: &Tensor,
    slope: &mut Tensor,
    labels: impl ExactSizeIterator<Item = u16>,
    smoothing: f32,
) -> BatchScore {
    let classes = logits.grid.shape.len();
    let share = 1.0 / labels.len() as f32;
    let mut result = BatchScore::default();
    let (mut own, mut slopes) = (vec![0.0; classes], vec![0.0; classes]);
    let blocks = labels.len().div_ceil(LANES);
    slope.values[..blocks * slope.step].fill(Lanes::ZERO);
    for (place, label) in labels.enumerate() {
        let (block, lane) = (place / LANES, place % LANES);
        let image = logits.image(block);
        let lines = image.grid.lines().flat_map(|(channel, row)| image.line(channel, row));
        own.iter_mut().zip(lines).for_each(|(own, lanes)| *own = lanes.0[lane]);
        score_sample(&own, label, (smoothing, share), &mut slopes, &mut result);
        let to = slope.block_mut(block);
        for (class, slope) in slopes.iter().enumerate() {
            to[class].0[lane] = *slope;
        }
    }
    result
}
