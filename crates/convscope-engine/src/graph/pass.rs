//! Passes through a graph, there and back.

use convscope_core::Seed;

use super::Graph;
use super::blocks::{Back, Way, over_blocks};
use super::loss::score;
use super::pointwise::{mask, pass_on};
use super::scratch::Crew;
use crate::simd::{EachLevel, Lanes, Simd};
use crate::steps::{BatchScore, Gather, Head};
use crate::tensor::{Grid, Tensor, reflect};

/// A layer whose turn is over, with what is computed together with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Its index.
    pub layer: usize,
    /// Whether slopes were passed back and not values forward.
    pub backward: bool,
}

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
    /// Told after every layer's turn.
    pub(crate) done: &'a mut dyn FnMut(Turn),
}

impl EachLevel for GraphForward<'_> {
    type Output = ();

    fn run<S: Simd>(self, simd: S) {
        let Self { graph, pass, prepare, done } = self;
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
            if let Some(layer) = node.layer {
                done(Turn { layer, backward: false });
            }
        }
    }
}

/// Scores a batch and writes the slopes of its mean loss by every weight that learns.
pub(crate) struct GraphGradients<'a> {
    pub(crate) graph: &'a mut Graph,
    pub(crate) pass: GraphPass<'a>,
    pub(crate) head: Head<'a>,
    pub(crate) gradients: &'a mut [f32],
    /// Told after every layer's turn.
    pub(crate) done: &'a mut dyn FnMut(Turn),
}

impl EachLevel for GraphGradients<'_> {
    type Output = BatchScore;

    fn run<S: Simd>(self, simd: S) -> BatchScore {
        let Self { graph, pass, head, gradients, done } = self;
        GraphForward { graph: &mut *graph, pass, prepare: true, done: &mut *done }.run(simd);
        let last = graph.nodes.len() - 1;
        graph.lend(last);
        let logits = &graph.values[last];
        let slope = graph.slopes[last].as_mut().expect("room was lent");
        let result = score(logits, slope, head, pass.gather.order);
        for index in (0..=last).rev() {
            if let Some(slope) = graph.slopes[index].take() {
                graph.pass_back(simd, &pass, (index, slope), gradients);
                if let Some(layer) = graph.nodes[index].layer {
                    done(Turn { layer, backward: true });
                }
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
