//! Passes through a graph, there and back.

use convscope_core::Seed;

use super::Graph;
use super::blocks::{Back, Way, over_blocks};
use super::loss::score;
use super::pointwise::{mask, pass_on};
use super::scratch::Crew;
use crate::simd::{EachLevel, Lanes, Simd};
use crate::steps::{BatchScore, Gather};
use crate::tensor::{Grid, Tensor, reflect};

/// What a pass is given.
#[derive(Clone, Copy)]
pub(crate) struct GraphPass<'a> {
    pub(crate) weights: &'a [f32],
    pub(crate) gather: Gather<'a>,
    /// Where draws come from while training; without, nothing is drawn and running statistics are used.
    pub(crate) noise: Option<Seed>,
    pub(crate) threads: usize,
}

impl GraphPass<'_> {
    fn way(&self) -> Way {
        Way { threads: self.threads, count: self.gather.order.len() }
    }
}

/// Computes what every node leaves of a batch.
pub(crate) struct GraphForward<'a> {
    pub(crate) graph: &'a mut Graph,
    pub(crate) pass: GraphPass<'a>,
    /// Whether the weights are new.
    pub(crate) prepare: bool,
}

impl EachLevel for GraphForward<'_> {
    type Output = ();

    fn run<S: Simd>(self, simd: S) {
        let Self { graph, pass, prepare } = self;
        graph.clear(pass.way().blocks());
        for (index, node) in graph.nodes.iter_mut().enumerate() {
            if prepare {
                node.prepare(pass.threads, pass.weights);
            }
            let (before, rest) = graph.values.split_at_mut(index);
            let crew = &mut Crew { simd, threads: pass.threads, scratch: &mut graph.scratch };
            node.forward(crew, (pass.way(), &pass), before, &mut rest[0]);
            if node.mirrored {
                over_blocks(pass.way(), &mut rest[0], |_, image| reflect(simd, image));
            }
        }
    }
}

/// Scores a batch and writes the slopes of its mean loss by every weight that learns.
pub(crate) struct GraphGradients<'a> {
    pub(crate) graph: &'a mut Graph,
    pub(crate) pass: GraphPass<'a>,
    pub(crate) labels: &'a [u16],
    pub(crate) smoothing: f32,
    pub(crate) gradients: &'a mut [f32],
}

impl EachLevel for GraphGradients<'_> {
    type Output = BatchScore;

    fn run<S: Simd>(self, simd: S) -> BatchScore {
        let Self { graph, pass, labels, smoothing, gradients } = self;
        GraphForward { graph: &mut *graph, pass, prepare: true }.run(simd);
        let last = graph.nodes.len() - 1;
        graph.lend(last);
        let logits = &graph.values[last];
        let slope = graph.slopes[last].as_mut().expect("room was lent");
        let labels = pass.gather.order.iter().map(|&sample| labels[sample]);
        let result = score(logits, slope, labels, smoothing);
        for index in (0..=last).rev() {
            if let Some(slope) = graph.slopes[index].take() {
                graph.pass_back(simd, &pass, (index, slope), gradients);
            }
        }
        result
    }
}

impl Graph {
    /// Removes values from blocks without samples, where other batches left them.
    fn clear(&mut self, blocks: usize) {
        for values in &mut self.values {
            if blocks < self.filled {
                values.values[blocks * values.step..self.filled * values.step].fill(Lanes::ZERO);
            }
        }
        self.filled = blocks;
    }

    fn pass_back<S: Simd>(
        &mut self,
        simd: S,
        pass: &GraphPass<'_>,
        (index, mut slope): (usize, Tensor),
        gradients: &mut [f32],
    ) {
        let way = pass.way();
        if self.nodes[index].wanted {
            let planned = self.values[index].values.len() / self.values[index].step;
            slope.values[way.blocks() * slope.step..planned * slope.step].fill(Lanes::ZERO);
            if self.nodes[index].positive {
                mask(simd, way, &self.values[index], &mut slope);
            }
            for place in 0..self.nodes[index].sources.len() {
                let source = self.nodes[index].sources[place];
                let add = self.nodes[source].wanted && self.lend(source);
                // What cannot be added while it is computed is computed apart.
                let before = if add && !self.nodes[index].adds() {
                    let before = self.slopes[source].take();
                    self.lend(source);
                    before
                } else {
                    None
                };
                let add = add && before.is_none();
                let back = self.slopes[source].as_mut().map(|to| Back { to, add });
                let values = (&self.values[..], &self.values[index]);
                let to = (back, &mut *gradients);
                let crew = &mut Crew { simd, threads: way.threads, scratch: &mut self.scratch };
                self.nodes[index].backward(crew, (way, pass), values, &slope, to);
                if let (Some(before), Some(to)) = (before, &mut self.slopes[source]) {
                    pass_on(simd, way, &before, Back { to, add: true });
                    self.room.push(before.values);
                }
            }
        }
        self.room.push(slope.values);
    }

    /// Makes sure that a node has room for slopes; returns whether it had some before.
    fn lend(&mut self, node: usize) -> bool {
        if self.slopes[node].is_some() {
            return true;
        }
        let values = &self.values[node];
        let grid = Grid::new(values.grid.shape, 0);
        let needed = values.values.len() / values.step * grid.len();
        let fitting = self.room.iter().enumerate().filter(|(_, room)| room.len() >= needed);
        let room = match fitting.min_by_key(|(_, room)| room.len()).map(|(place, _)| place) {
            Some(place) => self.room.swap_remove(place),
            None => vec![Lanes::ZERO; needed],
        };
        self.slopes[node] = Some(Tensor { values: room, step: grid.len(), grid });
        false
    }
}
