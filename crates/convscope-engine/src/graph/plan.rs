//! From a net to nodes.

use convscope_model::layer::PadWith;
use convscope_model::{Net, Op, Role};

use super::Graph;
use super::conv::ConvNode;
use super::dropout::DropoutNode;
use super::node::{Node, Work};
use super::norm::NormNode;
use super::outline::{Outline, outline};
use super::pointwise::Pointwise;
use super::pool::PoolNode;
use super::scratch::Scratch;
use crate::simd::{LANES, Simd};
use crate::tensor::{Grid, Tensor};

impl Graph {
    /// Plans the nodes of a net for batches of at most `batch` samples.
    pub(crate) fn new<S: Simd>(net: &Net, batch: usize, frozen: &[bool]) -> Self {
        let outlines = outline(net);
        let blocks = batch.div_ceil(LANES);
        let mut graph = Self {
            nodes: Vec::with_capacity(outlines.len()),
            values: Vec::with_capacity(outlines.len()),
            slopes: vec![None; outlines.len()],
            room: Vec::new(),
            scratch: Scratch::default(),
            filled: 0,
        };
        for outline in outlines {
            let shape = outline.last.map_or_else(
                || match outline.sources[..] {
                    [source] => graph.values[source].grid.shape,
                    _ => net.input(),
                },
                |layer| net.shape_after(layer),
            );
            let border = outline.border.map_or(0, |(_, width)| width);
            let output = Tensor::images(Grid::new(shape, border), blocks);
            let node = graph.node::<S>(net, frozen, outline, output.grid, blocks);
            graph.nodes.push(node);
            graph.values.push(output);
        }
        graph
    }

    fn node<S: Simd>(
        &self,
        net: &Net,
        frozen: &[bool],
        outline: Outline,
        output: Grid,
        blocks: usize,
    ) -> Node {
        let passes = outline.sources.iter().any(|&source| self.nodes[source].wanted);
        let learns = |role| {
            let mut parameters = net.parameters().iter().zip(frozen);
            parameters
                .any(|(p, &frozen)| Some(p.layer) == outline.layer && p.role == role && !frozen)
        };
        let wanted = passes
            || [Role::Weight, Role::Bias, Role::Scale, Role::Shift].map(learns).contains(&true);
        let mirrored = matches!(outline.border, Some((PadWith::Reflect, _)));
        let input = outline.sources.first().map(|&source| self.values[source].grid);
        let work = match (outline.layer, input) {
            (_, None) => Work::Images,
            (None, Some(_)) => Work::Pointwise(Pointwise::Copy),
            (Some(layer), Some(input)) => {
                let (before, after) = (input.shape, output.shape);
                match &net.layers()[layer].op {
                    Op::Conv(_) | Op::Linear(_) => Work::Conv(Box::new(ConvNode::new::<S>(
                        net,
                        layer,
                        (input, output, blocks),
                        (learns(Role::Weight), learns(Role::Bias), passes),
                        outline.positive,
                    ))),
                    Op::BatchNorm(norm) => Work::Norm(NormNode::new(
                        net,
                        layer,
                        norm,
                        outline.positive,
                        (learns(Role::Scale), learns(Role::Shift)),
                    )),
                    Op::MaxPool(pool) => Work::Pool(PoolNode::max(pool, before, after, blocks)),
                    Op::AveragePool(pool) => Work::Pool(PoolNode::mean(pool, before, after)),
                    Op::AdaptiveAveragePool(pool) => {
                        Work::Pool(PoolNode::adaptive(pool, before, after))
                    }
                    Op::GlobalAveragePool => {
                        let whole = convscope_model::layer::Adaptive { size: 1 };
                        Work::Pool(PoolNode::adaptive(&whole, before, after))
                    }
                    Op::Flatten => Work::Flatten,
                    Op::Dropout(dropout) => {
                        let name = &net.layers()[layer].name;
                        Work::Dropout(DropoutNode::new(name, dropout, output, blocks))
                    }
                    Op::Add(_) => Work::Add,
                    op => Work::Pointwise(Pointwise::of(op).expect("all other layers are")),
                }
            }
        };
        Node { work, sources: outline.sources, positive: outline.positive, mirrored, wanted }
    }
}
