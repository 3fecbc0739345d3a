//! One node of a graph: a layer and what is computed with it.

use super::blocks::{Back, Way};
use super::conv::ConvNode;
use super::dropout::DropoutNode;
use super::flatten::{flatten, flatten_slopes};
use super::norm::NormNode;
use super::pass::GraphPass;
use super::pointwise::{Pointwise, add, pass_on};
use super::pool::PoolNode;
use super::scratch::Crew;
use crate::simd::Simd;
use crate::tensor::Tensor;

/// A node of a graph.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) work: Work,
    /// The nodes whose values it takes.
    pub(crate) sources: Vec<usize>,
    /// Whether the positive part is taken too.
    pub(crate) positive: bool,
    /// Whether the border of what it leaves is its reflection.
    pub(crate) mirrored: bool,
    /// Whether the slopes by what it leaves are wanted.
    pub(crate) wanted: bool,
}

/// What a node does.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// Reads samples.
    Images,
    Pointwise(Pointwise),
    Add,
    Norm(NormNode),
    Pool(PoolNode),
    Flatten,
    Dropout(DropoutNode),
    Conv(Box<ConvNode>),
}

impl Node {
    /// Takes the weights of the next batches.
    pub(crate) fn prepare(&mut self, threads: usize, weights: &[f32]) {
        if let Work::Conv(conv) = &mut self.work {
            conv.prepare(threads, weights);
        }
    }

    /// Returns whether slopes can be added to others while they are passed on.
    pub(crate) fn adds(&self) -> bool {
        if let Work::Conv(conv) = &self.work { conv.adds() } else { true }
    }

    /// Computes what it leaves of a batch.
    pub(crate) fn forward<S: Simd>(
        &mut self,
        crew: &mut Crew<'_, S>,
        (way, pass): (Way, &GraphPass<'_>),
        values: &[Tensor],
        output: &mut Tensor,
    ) {
        let simd = crew.simd;
        let source = |index: usize| &values[self.sources[index]];
        match &mut self.work {
            Work::Images => {
                for block in 0..way.blocks() {
                    pass.gather.images(simd, output, block);
                }
            }
            Work::Pointwise(pointwise) => pointwise.forward(simd, way, source(0), output),
            Work::Add => add(simd, way, (source(0), source(1)), output, self.positive),
            Work::Norm(norm) => {
                let training = pass.noise.is_some();
                norm.forward(simd, way, pass.weights, (source(0), output), training);
            }
            Work::Pool(pool) => pool.forward(simd, way, source(0), output),
            Work::Flatten => flatten(way, source(0), output),
            Work::Dropout(dropout) => {
                dropout.forward(simd, way, pass.noise, (source(0), output));
            }
            Work::Conv(conv) => conv.forward(crew, (way, pass.weights), source(0), output),
        }
    }

    /// Passes slopes on to a source, and writes those by weights when that is the first source.
    pub(crate) fn backward<S: Simd>(
        &mut self,
        crew: &mut Crew<'_, S>,
        (way, pass): (Way, &GraphPass<'_>),
        (values, output): (&[Tensor], &Tensor),
        slope: &Tensor,
        (back, gradients): (Option<Back<'_>>, &mut [f32]),
    ) {
        let simd = crew.simd;
        let input = self.sources.first().map(|&source| &values[source]);
        match (&mut self.work, input, back) {
            (Work::Norm(norm), Some(input), back) => {
                let to = (back, gradients);
                norm.backward(simd, way, pass.weights, (input, slope), to);
            }
            (Work::Conv(conv), Some(input), back) => {
                conv.backward(crew, (way, pass.weights), (input, slope), back, gradients);
            }
            (_, _, None) | (Work::Images, ..) | (_, None, _) => {}
            (Work::Pointwise(pointwise), Some(input), Some(back)) => {
                pointwise.backward(simd, way, (input, output), slope, back);
            }
            (Work::Add, _, Some(back)) => pass_on(simd, way, slope, back),
            (Work::Pool(pool), _, Some(back)) => pool.backward(simd, way, slope, back),
            (Work::Flatten, _, Some(back)) => flatten_slopes(way, slope, back),
            (Work::Dropout(dropout), _, Some(back)) => dropout.backward(simd, way, slope, back),
        }
    }

    /// Moves running statistics towards those of the last batch.
    pub(crate) fn track(&self, weights: &mut [f32]) {
        if let Work::Norm(norm) = &self.work {
            norm.track(weights);
        }
    }
}
