//! What is done to a batch, step by step, there and back.

mod conv;
mod conv_slopes;
mod dense;
pub(crate) mod geometry;
mod loss;
mod pool;
mod transfer;

use std::ops::Range;

pub(crate) use conv::{Around, ConvStep, Fused};
pub(crate) use dense::{LinearStep, PositiveRows};
pub(crate) use geometry::{Between, SlopeGrid, Written};
pub use loss::BatchScore;
pub(crate) use loss::{score, score_sample};
pub(crate) use pool::PoolStep;
use pool::{positive, positive_slopes};
pub(crate) use transfer::{Gather, ToImages, ToRows};

use crate::simd::Simd;
use crate::tensor::{Tensor, reflect};

/// A step and what it leaves.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// What is done.
    pub(crate) work: StepWork,
    /// What it leaves.
    pub(crate) output: Tensor,
    /// The slopes by what it leaves; of images, those of one block.
    pub(crate) slope: Tensor,
    /// Whether the border of what it leaves is its reflection.
    pub(crate) mirrored: bool,
    /// Whether the slopes by what it leaves are wanted.
    pub(crate) wanted: bool,
}

/// What a step does.
#[derive(Debug, Clone)]
pub(crate) enum StepWork {
    /// Reads samples as images.
    Images,
    /// Reads samples as rows.
    Rows,
    Conv(Box<ConvStep>),
    Positive,
    Pool(PoolStep),
    ToRows(ToRows),
    ToImages,
    Linear(LinearStep),
    PositiveRows,
}

/// Where a layer's parameters stand in the weights.
#[derive(Debug, Clone)]
pub(crate) struct Ranges {
    pub(crate) weight: Range<usize>,
    pub(crate) bias: Option<Range<usize>>,
}

/// Which of a layer's parameters change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Learns {
    pub(crate) weight: bool,
    pub(crate) bias: bool,
}

/// What a pass through the steps is given.
#[derive(Clone, Copy)]
pub(crate) struct Pass<'a> {
    pub(crate) weights: &'a [f32],
    pub(crate) gather: Gather<'a>,
}

impl Step {
    /// Returns whether it is done block by block and not for the whole batch at once.
    pub(crate) fn by_blocks(&self) -> bool {
        !matches!(self.work, StepWork::Rows | StepWork::Linear(_) | StepWork::PositiveRows)
    }

    /// Takes the weights of the next batches.
    pub(crate) fn prepare(&mut self, weights: &[f32]) {
        if let StepWork::Conv(conv) = &mut self.work {
            conv.prepare(weights);
        }
    }

    /// Does the step for a block, or for the whole batch.
    pub(crate) fn forward<S: Simd>(
        &mut self,
        simd: S,
        input: Option<&Tensor>,
        pass: Pass<'_>,
        block: usize,
    ) {
        let Self { work, output, mirrored, .. } = self;
        let (gather, count) = (pass.gather, pass.gather.order.len());
        match (work, input) {
            (StepWork::Images, _) => gather.images(simd, output, block),
            (StepWork::Rows, _) => gather.rows(output),
            (_, None) => unreachable!("only the first step reads samples"),
            (StepWork::Conv(conv), Some(input)) => conv.forward(simd, input, output, block),
            (StepWork::Positive, Some(input)) => {
                positive(simd, input.image(block), output.image_mut(block));
            }
            (StepWork::Pool(pool), Some(input)) => pool.forward(simd, input, output, block),
            (StepWork::ToRows(rows), Some(input)) => rows.forward(simd, input, output, block),
            (StepWork::ToImages, Some(input)) => {
                ToImages::forward(input, output, (block, gather.live(block)));
            }
            (StepWork::Linear(linear), Some(input)) => {
                linear.forward(simd, pass.weights, input, output, count);
            }
            (StepWork::PositiveRows, Some(input)) => PositiveRows::forward(input, output),
        }
        if *mirrored {
            reflect(simd, output.image_mut(block));
        }
    }

    /// Does the step's way back for a block, or for the whole batch.
    pub(crate) fn backward<S: Simd>(
        &mut self,
        simd: S,
        before: &mut Self,
        pass: Pass<'_>,
        block: usize,
        gradients: &mut [f32],
    ) {
        let Self { work, output, slope, .. } = self;
        let (input, back) = (&before.output, &mut before.slope);
        let (gather, count) = (pass.gather, pass.gather.order.len());
        match work {
            StepWork::Conv(conv) => conv.backward(simd, input, (output, slope), back, block),
            StepWork::Linear(linear) => {
                let back = before.wanted.then_some(back);
                let to = (count, gradients);
                linear.backward(simd, pass.weights, input, (output, slope), back, to);
            }
            _ if !before.wanted => {}
            StepWork::Positive => {
                positive_slopes(simd, output.image(block), slope.image(0), back.image_mut(0));
            }
            StepWork::Pool(pool) => pool.backward(simd, slope, back, block),
            StepWork::ToRows(rows) => {
                rows.backward(simd, slope, back, (block, gather.live(block)));
            }
            StepWork::ToImages => ToImages::backward(slope, back, (block, gather.live(block))),
            StepWork::PositiveRows => PositiveRows::backward(output, slope, back),
            StepWork::Images | StepWork::Rows => {}
        }
    }

    /// Writes the slopes that were summed over blocks.
    pub(crate) fn finish<S: Simd>(&self, simd: S, gradients: &mut [f32]) {
        if let StepWork::Conv(conv) = &self.work {
            conv.finish(simd, gradients);
        }
    }
}
