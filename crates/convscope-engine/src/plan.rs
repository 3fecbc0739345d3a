//! From a net to steps.

use convscope_model::layer::PadWith;
use convscope_model::{Net, Parameter, Role};

use crate::simd::{LANES, Simd};
use crate::sketch::{Kind, Sketch, sketch};
use crate::steps::{Around, ConvStep, Learns, LinearStep, PoolStep, Ranges, Step, StepWork};
use crate::tensor::{Grid, Tensor};

/// Plans the steps of a net for batches of at most `batch` samples.
pub(crate) fn plan<S: Simd>(net: &Net, batch: usize, frozen: &[bool]) -> Vec<Step> {
    let sketches = sketch(net);
    let mut steps: Vec<Step> = Vec::with_capacity(sketches.len());
    for (index, sketch) in sketches.iter().enumerate() {
        let planning = Planning { net, batch, sketch, before: steps.last() };
        let next = sketches.get(index + 1).map(|next| &next.kind);
        let step = planning.step::<S>(learns(net, sketch, frozen), next);
        steps.push(step);
    }
    steps
}

/// A step to be planned, after those before it.
struct Planning<'a> {
    net: &'a Net,
    batch: usize,
    sketch: &'a Sketch<'a>,
    before: Option<&'a Step>,
}

impl Planning<'_> {
    /// Lays out the step's buffers as the next step wants them.
    fn step<S: Simd>(&self, learns: Learns, next: Option<&Kind<'_>>) -> Step {
        let wanted = self.slopes_wanted_below() || learns.weight || learns.bias;
        let (border, mirrored) = match next {
            Some(Kind::Conv(conv, _)) => (conv.padding, conv.pad_with == PadWith::Reflect),
            _ => (0, false),
        };
        let kept = wanted || next.is_none();
        let (shape, blocks) = (self.sketch.after, self.blocks());
        let (output, slope) = if self.sketch.leaves_images() {
            // Slopes by a reflection are folded back; those by zeros are not even computed.
            let slope = Grid::new(shape, if mirrored { border } else { 0 });
            let output = Grid::new(shape, border);
            (Tensor::images(output, blocks), Tensor::images(slope, usize::from(kept)))
        } else {
            let slope = if kept { blocks } else { 0 };
            (Tensor::rows(shape.len(), blocks), Tensor::rows(shape.len(), slope))
        };
        let work = self.work::<S>(learns, output.grid);
        Step { work, output, slope, mirrored: mirrored && border > 0, wanted }
    }

    fn work<S: Simd>(&self, learns: Learns, output: Grid) -> StepWork {
        let (shape, ranges) = (self.sketch.after, ranges(self.net, self.sketch.layer));
        match &self.sketch.kind {
            Kind::Images => StepWork::Images,
            Kind::Rows => StepWork::Rows,
            Kind::Conv(conv, fused) => {
                let before = self.before();
                let input_slopes = self.slopes_wanted_below().then_some(before.slope.grid);
                let (input, blocks) = (before.output.grid, self.blocks());
                let around = Around { input, output, input_slopes, blocks };
                let step = ConvStep::new::<S>(conv, ranges, *fused, &around, learns);
                StepWork::Conv(Box::new(step))
            }
            Kind::Positive => StepWork::Positive,
            Kind::MaxPool(pool) => StepWork::Pool(PoolStep::max(pool, shape, self.blocks())),
            Kind::AveragePool(pool) => StepWork::Pool(PoolStep::mean(pool, shape)),
            Kind::ToRows(rows) => StepWork::ToRows(*rows),
            Kind::ToImages => StepWork::ToImages,
            Kind::Linear(positive) => {
                let size = (self.before().output.features(), shape.len());
                let step = LinearStep::new::<S>(ranges, *positive, learns, size, self.batch);
                StepWork::Linear(step)
            }
            Kind::PositiveRows => StepWork::PositiveRows,
        }
    }

    fn before(&self) -> &Step {
        self.before.expect("the first step reads samples and has no weights")
    }

    fn slopes_wanted_below(&self) -> bool {
        self.before.is_some_and(|before| before.wanted)
    }

    fn blocks(&self) -> usize {
        self.batch.div_ceil(LANES)
    }
}

fn ranges(net: &Net, layer: usize) -> Ranges {
    let own = |role| {
        let mut parameters = net.parameters().iter();
        parameters.find(|p| p.layer == layer && p.role == role).map(Parameter::range)
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
