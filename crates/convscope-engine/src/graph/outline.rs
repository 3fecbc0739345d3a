//! Which nodes a net is computed in.

use convscope_model::layer::PadWith;
use convscope_model::{Net, Op, Source};

/// A node before its buffers are laid out.
#[derive(Debug, Clone)]
pub(super) struct Outline {
    /// The layer that it computes; a copy and the samples are of none.
    pub(super) layer: Option<usize>,
    /// The nodes whose values it takes.
    pub(super) sources: Vec<usize>,
    /// Whether the positive part is taken too.
    pub(super) positive: bool,
    /// The last layer that is computed with it.
    pub(super) last: Option<usize>,
    /// The widest border that is looked at, and what stands there.
    pub(super) border: Option<(PadWith, usize)>,
}

/// Returns the nodes of a net, the samples first; each takes only what earlier ones leave.
pub(super) fn outline(net: &Net) -> Vec<Outline> {
    let uses = uses(net);
    let mut nodes = vec![Outline::of(None, Vec::new())];
    let mut node_of = vec![0; net.layers().len()];
    let mut layer = 0;
    while layer < net.layers().len() {
        let place = |source: &Source| match *source {
            Source::Sample => 0,
            Source::Layer(layer) => node_of[layer],
        };
        let mut sources: Vec<usize> = net.sources(layer).iter().map(place).collect();
        let op = &net.layers()[layer].op;
        if let Op::Conv(conv) = op
            && conv.padding > 0
        {
            look_beyond(&mut nodes, &mut sources[0], (conv.pad_with, conv.padding));
        }
        let mut node = Outline::of(Some(layer), sources);
        if takes_positive(op)
            && uses[layer] == 1
            && net.layers().get(layer + 1).is_some_and(|next| next.op == Op::Relu)
            && net.sources(layer + 1) == [Source::Layer(layer)]
        {
            node.positive = true;
            node_of[layer] = nodes.len();
            layer += 1;
        }
        node.last = Some(layer);
        node_of[layer] = nodes.len();
        nodes.push(node);
        layer += 1;
    }
    nodes
}

/// Returns whether a net is to be computed layer by layer.
pub(crate) fn layer_by_layer(net: &Net) -> bool {
    let chain = (0..net.layers().len()).all(|layer| {
        let before = layer.checked_sub(1).map_or(Source::Sample, Source::Layer);
        net.sources(layer) == [before]
    });
    !chain
        || net.layers().iter().enumerate().any(|(index, layer)| match &layer.op {
            Op::Conv(conv) => net.shape_before(index).channels / conv.groups * conv.filters > WIDE,
            Op::MaxPool(pool) | Op::AveragePool(pool) => pool.padding > 0,
            Op::Linear(_) | Op::Relu | Op::GlobalAveragePool | Op::Flatten => false,
            _ => true,
        })
}

/// The most kernels of a convolution that is computed block by block: there each weight has sixteen
/// partial sums, which beyond this leave the caches.
const WIDE: usize = 1024;

impl Outline {
    fn of(layer: Option<usize>, sources: Vec<usize>) -> Self {
        Self { layer, sources, positive: false, last: None, border: None }
    }
}

fn takes_positive(op: &Op) -> bool {
    matches!(op, Op::Conv(_) | Op::Linear(_) | Op::BatchNorm(_) | Op::Add(_))
}

/// Counts who takes what each layer leaves; what the last leaves is taken too.
fn uses(net: &Net) -> Vec<usize> {
    let mut uses = vec![0; net.layers().len()];
    for layer in 0..uses.len() {
        for source in net.sources(layer) {
            if let Source::Layer(source) = *source {
                uses[source] += 1;
            }
        }
    }
    if let Some(last) = uses.last_mut() {
        *last += 1;
    }
    uses
}

/// Gives a node's values a border; where another convolution wants something else there, a copy's.
fn look_beyond(nodes: &mut Vec<Outline>, source: &mut usize, wanted: (PadWith, usize)) {
    let fits = |border: Option<(PadWith, usize)>| border.is_none_or(|(with, _)| with == wanted.0);
    if !fits(nodes[*source].border) {
        nodes.push(Outline::of(None, vec![*source]));
        *source = nodes.len() - 1;
    }
    let border = &mut nodes[*source].border;
    let width = border.map_or(wanted.1, |(_, width)| width.max(wanted.1));
    *border = Some((wanted.0, width));
}
