//! From a net to steps.

use convscope_model::layer::Pool;
use convscope_model::{Net, Op, Role, Shape};

use crate::simd::{LANES, Simd};
use crate::steps::{
    Around, ConvStep, Fused, Learns, LinearStep, PoolStep, Ranges, Step, StepWork, ToRows,
};
use crate::tensor::{Grid, Tensor};

/// A step before its buffers are laid out.
struct Sketch<'a> {
    kind: Kind<'a>,

    after: Shape,
    /// The layer whose parameters it has.
    layer: usize,
}

enum Kind<'a> {
    Images,
    Rows,
    Conv(&'a convscope_model::layer::Conv, Fused),
    Positive,
    MaxPool(&'a Pool),
    AveragePool(&'a Pool),
    ToRows(ToRows),
    ToImages,
    Linear(bool),
    PositiveRows,
}

/// Plans the steps of a net for batches of at most `batch` samples.
pub(crate) fn plan<S: Simd>(net: &Net, batch: usize, frozen: &[bool]) -> Vec<Step> {
    let sketches = sketch(net);
    let blocks = batch.div_ceil(LANES);
    let mut steps: Vec<Step> = Vec::with_capacity(sketches.len());
    let mut wanted = false;
    for (index, sketch) in sketches.iter().enumerate() {
        let learns = learns(net, sketch, frozen);
        let next = sketches.get(index + 1).map(|next| &next.kind);
        let before = steps.last();
        let below_wanted = wanted;
        wanted |= learns.weight || learns.bias;
        let (border, mirrored) = match next {
            Some(Kind::Conv(conv, _)) => {
                (conv.padding, conv.pad_with == convscope_model::layer::PadWith::Reflect)
            }
            _ => (0, false),
        };
        let images = sketch.leaves_images();
        let output = if images {
            Tensor::images(Grid::new(sketch.after, border), blocks)
        } else {
            Tensor::rows(sketch.after.len(), blocks)
        };
        let last = next.is_none();
        let slope = match (images, wanted || last) {
            (true, true) => {
                Tensor::images(Grid::new(sketch.after, if mirrored { border } else { 0 }), 1)
            }
            (true, false) => Tensor::images(Grid::new(sketch.after, 0), 0),
            (false, true) => Tensor::rows(sketch.after.len(), blocks),
            (false, false) => Tensor::rows(sketch.after.len(), 0),
        };
        let work = match &sketch.kind {
            Kind::Images => StepWork::Images,
            Kind::Rows => StepWork::Rows,
            Kind::Conv(conv, fused) => {
                let before = before.expect("samples are read before a convolution");
                let around = Around {
                    input: before.output.grid,
                    output: output.grid,
                    input_slopes: below_wanted.then_some(before.slope.grid),
                    blocks,
                };
                let ranges = ranges(net, sketch.layer);
                StepWork::Conv(Box::new(ConvStep::new::<S>(conv, ranges, *fused, &around, learns)))
            }
            Kind::Positive => StepWork::Positive,
            Kind::MaxPool(pool) => StepWork::Pool(PoolStep::max(pool, sketch.after, blocks)),
            Kind::AveragePool(pool) => StepWork::Pool(PoolStep::mean(pool, sketch.after)),
            Kind::ToRows(rows) => StepWork::ToRows(*rows),
            Kind::ToImages => StepWork::ToImages,
            Kind::Linear(positive) => {
                let before = before.expect("samples are read before a linear layer");
                let size = (before.output.features(), sketch.after.len());
                let ranges = ranges(net, sketch.layer);
                StepWork::Linear(LinearStep::new::<S>(ranges, *positive, learns, size, batch))
            }
            Kind::PositiveRows => StepWork::PositiveRows,
        };
        steps.push(Step { work, output, slope, mirrored: mirrored && border > 0, wanted });
    }
    steps
}

impl Sketch<'_> {
    fn leaves_images(&self) -> bool {
        !matches!(self.kind, Kind::Rows | Kind::ToRows(_) | Kind::Linear(_) | Kind::PositiveRows)
    }
}

/// Chooses steps: samples are images up to the first layer that wants them flat, and what can be
/// computed with a convolution or a linear layer is.
fn sketch(net: &Net) -> Vec<Sketch<'_>> {
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

fn ranges(net: &Net, layer: usize) -> Ranges {
    let own = |role| {
        let mut parameters = net.parameters().iter();
        parameters.find(|p| p.layer == layer && p.role == role).map(|p| p.range())
    };
    Ranges { weight: own(Role::Weight).unwrap_or(0..0), bias: own(Role::Bias) }
}

fn learns(net: &Net, sketch: &Sketch<'_>, frozen: &[bool]) -> Learns {
    let has_weights = matches!(sketch.kind, Kind::Conv(..) | Kind::Linear(_));
    let own = |role| {
        let mut parameters = net.parameters().iter().zip(frozen);
        has_weights
            && parameters.any(|(p, &frozen)| p.layer == sketch.layer && p.role == role && !frozen)
    };
    Learns { weight: own(Role::Weight), bias: own(Role::Bias) }
}
