//! Which steps a net is computed in.

use convscope_model::layer::{Conv, Pool};
use convscope_model::{Net, Op, Shape};

use crate::steps::{Fused, ToRows};

/// A step before its buffers are laid out.
pub(crate) struct Sketch<'a> {
    pub(crate) kind: Kind<'a>,

    /// The shape that it leaves.
    pub(crate) after: Shape,
    /// The layer whose parameters it has.
    pub(crate) layer: usize,
}

/// What a step will do.
pub(crate) enum Kind<'a> {
    Images,
    Rows,
    Conv(&'a Conv, Fused),
    Positive,
    MaxPool(&'a Pool),
    AveragePool(&'a Pool),
    ToRows(ToRows),
    ToImages,
    /// Whether the positive part follows.
    Linear(bool),
    PositiveRows,
}

impl Sketch<'_> {
    /// Returns whether it leaves blocks of images and not rows of features.
    pub(crate) fn leaves_images(&self) -> bool {
        !matches!(self.kind, Kind::Rows | Kind::ToRows(_) | Kind::Linear(_) | Kind::PositiveRows)
    }
}

/// Chooses steps: samples are images up to the first layer that wants them flat, and what can be
/// computed with a convolution or a linear layer is.
pub(crate) fn sketch(net: &Net) -> Vec<Sketch<'_>> {
    let layers = net.layers();
    let flat = matches!(layers[0].op, Op::Flatten | Op::Linear(_));
    let (input, first) = (net.input(), if flat { Kind::Rows } else { Kind::Images });
    let mut sketches = vec![Sketch { kind: first, after: input, layer: 0 }];
    let mut layer = 0;
    while layer < layers.len() {
        let before = net.shape_before(layer);
        let images = sketches.last().is_some_and(Sketch::leaves_images);
        let mut last = layer;
        let kind = match &layers[layer].op {
            Op::Conv(conv) => {
                if !images {
                    let kind = Kind::ToImages;
                    sketches.push(Sketch { kind, after: before, layer });
                }
                let fused = fuse(net, &mut last);
                Some(Kind::Conv(conv, fused))
            }
            Op::Linear(_) => {
                if images {
                    let kind = Kind::ToRows(ToRows { mean: false });
                    sketches.push(Sketch { kind, after: before, layer });
                }
                let positive = takes_positive(net, &mut last);
                Some(Kind::Linear(positive))
            }
            Op::Relu => Some(if images { Kind::Positive } else { Kind::PositiveRows }),
            Op::MaxPool(pool) => images.then_some(Kind::MaxPool(pool)),
            Op::AveragePool(pool) => images.then_some(Kind::AveragePool(pool)),
            Op::GlobalAveragePool => images.then_some(Kind::ToRows(ToRows { mean: true })),
            Op::Flatten => images.then_some(Kind::ToRows(ToRows { mean: false })),
            op => unreachable!("{op:?} is never computed block by block"),
        };
        if let Some(kind) = kind {
            sketches.push(Sketch { kind, after: net.shape_after(last), layer });
        }
        layer = last + 1;
    }
    if sketches.last().is_some_and(Sketch::leaves_images) {
        let after = Shape::flat(net.output().len());
        let kind = Kind::ToRows(ToRows { mean: false });
        sketches.push(Sketch { kind, after, layer: layers.len() - 1 });
    }
    sketches
}

/// Takes the positive part and the pool that follow a convolution, in either order.
fn fuse(net: &Net, last: &mut usize) -> Fused {
    let mut fused = Fused { positive: takes_positive(net, last), pool: None };
    if let Some(Op::MaxPool(pool)) = net.layers().get(*last + 1).map(|layer| &layer.op)
        && pool.size > 1
        && pool.step() == pool.size
    {
        *last += 1;
        fused.pool = Some(pool.size);
        fused.positive |= takes_positive(net, last);
    }
    fused
}

fn takes_positive(net: &Net, last: &mut usize) -> bool {
    let taken = net.layers().get(*last + 1).is_some_and(|layer| layer.op == Op::Relu);
    *last += usize::from(taken);
    taken
}
