//! What reaches a layer and what it is to leave, as sums of products.

use convscope_engine::{Executor, Samples};
use convscope_model::layer::{Conv, PadWith};
use convscope_model::{Net, Op, Role, Shape, Source};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};

use crate::edits::simplify::descent::Seen;
use crate::edits::simplify::state::State;
use crate::waves::waves;

/// Rows of the fit for each number that is fitted, if there are as many.
const ROWS: usize = 64;
/// Images of which rows are taken, if there are as many.
const IMAGES: usize = 256;
/// Images whose products are added up before those of others.
const CHUNK: usize = 32;

/// Sums of products over all rows: of inputs with each other, and of inputs with outputs.
pub(super) struct Products {
    pub(super) own: Mat<f64>,
    pub(super) across: Mat<f64>,
}

/// A layer as products of rows: each group of its outputs sees some inputs, and 1 for the bias.
pub(super) struct Rows<'a> {
    net: &'a Net,
    layer: usize,
    conv: Option<&'a Conv>,
    /// The shape that reaches it.
    input: Shape,
    /// Numbers that an output sees of the input.
    pub(super) width: usize,
    bias: bool,
}

impl<'a> Rows<'a> {
    pub(super) fn of(net: &'a Net, layer: usize) -> Self {
        let weight = net.tensor(layer, Role::Weight).expect("a layer with weights");
        let conv = match &net.layers()[layer].op {
            Op::Conv(conv) => Some(conv),
            _ => None,
        };
        let bias = net.tensor(layer, Role::Bias).is_some();
        Self { net, layer, conv, input: net.shape_before(layer), width: weight.fan_in, bias }
    }

    pub(super) fn groups(&self) -> usize {
        self.conv.map_or(1, |conv| conv.groups)
    }

    fn positions(&self) -> usize {
        let after = self.net.shape_after(self.layer);
        if self.conv.is_some() { after.height * after.width } else { 1 }
    }

    pub(super) fn outputs(&self) -> usize {
        let after = self.net.shape_after(self.layer);
        if self.conv.is_some() { after.channels } else { after.len() }
    }

    /// Writes what a group of outputs sees of a sample, a row for each position.
    fn write(&self, sample: &[f32], group: usize, to: &mut Mat<f64>, first: usize) {
        let Some(conv) = self.conv else {
            for (place, value) in sample.iter().enumerate() {
                to[(first, place)] = f64::from(*value);
            }
            if self.bias {
                to[(first, self.width)] = 1.0;
            }
            return;
        };
        let (height, width) = (self.input.height, self.input.width);
        let after = self.net.shape_after(self.layer);
        let channels = self.input.channels / conv.groups;
        let mut column = 0;
        for channel in group * channels..(group + 1) * channels {
            let image = &sample[channel * height * width..][..height * width];
            for (kr, kc) in (0..conv.kernel).flat_map(|r| (0..conv.kernel).map(move |c| (r, c))) {
                for (r, c) in (0..after.height).flat_map(|r| (0..after.width).map(move |c| (r, c)))
                {
                    let tap = |out: usize, k: usize, length: usize| tap(conv, out, k, length);
                    let value = match (tap(r, kr, height), tap(c, kc, width)) {
                        (Some(y), Some(x)) => f64::from(image[y * width + x]),
                        _ => 0.0,
                    };
                    to[(first + r * after.width + c, column)] = value;
                }
                column += 1;
            }
        }
        if self.bias {
            (0..self.positions()).for_each(|position| to[(first + position, column)] = 1.0);
        }
    }
}

/// Returns the place of the image that a number of a kernel meets; nothing where it meets a zero outside.
fn tap(conv: &Conv, out: usize, number: usize, length: usize) -> Option<usize> {
    let place = (out * conv.stride + number * conv.dilation) as isize - conv.padding as isize;
    let last = length as isize - 1;
    if (0..=last).contains(&place) {
        return Some(place as usize);
    }
    match conv.pad_with {
        PadWith::Zero => None,
        PadWith::Reflect if place < 0 => Some(-place as usize),
        PadWith::Reflect => Some((2 * last - place) as usize),
    }
}

/// Adds up the products of all groups of a layer's outputs.
pub(super) fn products(state: &State, seen: Seen<'_>, rows: &Rows<'_>) -> Vec<Products> {
    let (width, each) = (rows.width + usize::from(rows.bias), rows.outputs() / rows.groups());
    let images = (ROWS * width).div_ceil(rows.positions()).max(IMAGES);
    let chosen = seen.calibration.spread(images);
    let chunks: Vec<&[u32]> = chosen.chunks(CHUNK).collect();
    let mut workers = seen.calibration.executors(seen.net, CHUNK, &[]);
    let mut sums: Vec<Products> = (0..rows.groups())
        .map(|_| Products { own: Mat::zeros(width, width), across: Mat::zeros(width, each) })
        .collect();
    let work = |executor: &mut Executor, chunk: usize| {
        of_chunk(state, seen, rows, chunks[chunk], executor)
    };
    waves(&mut workers, chunks.len(), work, |of_groups: Vec<Products>| {
        for (sum, own) in sums.iter_mut().zip(of_groups) {
            sum.own += own.own;
            sum.across += own.across;
        }
    });
    sums
}

fn of_chunk(
    state: &State,
    seen: Seen<'_>,
    rows: &Rows<'_>,
    chosen: &[u32],
    executor: &mut Executor,
) -> Vec<Products> {
    let images = seen.calibration.images;
    let pixels: Vec<f32> =
        chosen.iter().flat_map(|image| images.sample(*image as usize)).copied().collect();
    let samples = Samples { pixels: &pixels, labels: &[] };
    let mut inputs: Vec<Vec<f32>> = Vec::with_capacity(chosen.len());
    match seen.net.sources(rows.layer)[0] {
        Source::Sample => inputs.extend(pixels.chunks(images.shape().len()).map(<[f32]>::to_vec)),
        Source::Layer(before) => {
            let mut keep = |_, values: &[f32]| inputs.push(values.to_vec());
            executor.capture(&state.weights, samples, before, &mut keep);
        }
    }
    let mut targets: Vec<Vec<f32>> = Vec::with_capacity(chosen.len());
    executor.capture(seen.before, samples, rows.layer, |_, values| targets.push(values.to_vec()));
    let (width, each) = (rows.width + usize::from(rows.bias), rows.outputs() / rows.groups());
    let positions = rows.positions();
    let count = chosen.len() * positions;
    let of_group = |group: usize| {
        let mut seen = Mat::zeros(count, width);
        for (place, input) in inputs.iter().enumerate() {
            rows.write(input, group, &mut seen, place * positions);
        }
        let wanted = Mat::from_fn(count, each, |row, own| {
            let (sample, position) = (row / positions, row % positions);
            f64::from(targets[sample][(group * each + own) * positions + position])
        });
        let mut own = Mat::zeros(width, width);
        let mut across = Mat::zeros(width, each);
        let turned = seen.transpose();
        matmul(own.as_mut(), Accum::Replace, turned, seen.as_ref(), 1.0, Par::Seq);
        matmul(across.as_mut(), Accum::Replace, turned, wanted.as_ref(), 1.0, Par::Seq);
        Products { own, across }
    };
    (0..rows.groups()).map(of_group).collect()
}
