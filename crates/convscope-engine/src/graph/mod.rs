//! Nets computed layer after layer, each layer for the whole batch.
//!
//! For what cannot be computed block by block: batch norms, whose statistics are those of all samples, and
//! sums of branches; and for what should not be: layers of so many channels that their weights leave
//! the caches between blocks. Values stand as in the other path, a lane being a sample. Threads share
//! the blocks, or the channels, of one layer.

mod blocks;
mod conv;
mod curves;
mod dense;
mod direct;
mod dropout;
mod flatten;
mod gathered;
mod jobs;
mod loss;
mod node;
mod norm;
mod outline;
mod pass;
mod plan;
mod pointwise;
mod pool;
mod scratch;
#[cfg(test)]
mod speed;
#[cfg(test)]
mod trial;
mod weight_products;
mod winograd;

use crate::simd::Lanes;
use crate::tensor::Tensor;
use node::Node;
use scratch::Scratch;

pub(crate) use outline::layer_by_layer;
pub use pass::Turn;
pub(crate) use pass::{GraphForward, GraphGradients, GraphPass};

/// A net planned for batches of some size.
#[derive(Debug, Clone)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    /// What each node leaves.
    values: Vec<Tensor>,
    /// The slopes by what each node leaves, while they are needed.
    slopes: Vec<Option<Tensor>>,
    /// Room for slopes that are not needed yet, or any more.
    room: Vec<Vec<Lanes>>,
    /// Room for what lives no longer than a node's turn.
    scratch: Scratch,
    /// How many blocks hold values.
    filled: usize,
}

impl Graph {
    /// Copies what the last node leaves of one sample, in order channel, row, column.
    pub(crate) fn show(&self, block: usize, lane: usize, to: &mut [f32]) {
        let Some(last) = self.values.last() else { return };
        let image = last.image(block);
        let lines = image.grid.lines().flat_map(|(channel, row)| image.line(channel, row));
        to.iter_mut().zip(lines).for_each(|(to, lanes)| *to = lanes.0[lane]);
    }

    /// Moves the running statistics towards those of the last batch.
    pub(crate) fn track(&self, weights: &mut [f32]) {
        for node in &self.nodes {
            node.track(weights);
        }
    }
}
