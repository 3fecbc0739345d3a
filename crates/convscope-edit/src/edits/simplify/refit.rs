//! Layers fitted anew to what reaches them now.

use convscope_core::SettingError;
use convscope_engine::{Executor, Samples};
use convscope_model::layer::{Conv, PadWith};
use convscope_model::{Net, Op, Parameter, Role, Shape, Source};
use faer::linalg::matmul::matmul;
use faer::linalg::solvers::{Llt, Solve};
use faer::{Accum, Mat, MatRef, Par, Side};

use super::descent::Seen;
use super::form::Form;
use super::state::State;
use crate::waves::waves;

/// The most numbers of one output that are fitted: their products with each other take 128 MiB.
const MOST: usize = 4096;
/// Rows of the fit for each number that is fitted, if there are as many.
const ROWS: usize = 64;
/// Images of which rows are taken, if there are as many.
const IMAGES: usize = 256;
/// Images whose products are added up before those of others.
const CHUNK: usize = 32;
/// A pivot below this share of the largest product makes a system singular.
const SINGULAR: f64 = 1e-9;
/// The weight of the old numbers in a singular system, as a share of the mean product.
const RIDGE: f64 = 1e-6;

/// Fits every layer that takes what changed kernels leave, so that it leaves what it left before.
///
/// ```text
/// least squares:  W' X' ≈ W X     X what reached the layer, X' what reaches it now, on calibration images
/// ```
///
/// Bias included. Kernels that have a subspace stay in it, kernels of other forms stay as they are. Where the
/// system is singular, such as behind a unit that is never active, old numbers are kept as near as they can be
/// by a ridge of 10⁻⁶ of the mean diagonal. Layers are fitted in the order of the net, each to what those
/// before it leave by then. Returns for how many outputs there was a ridge.
pub(crate) fn refit(state: &mut State, seen: Seen<'_>) -> usize {
    let changed: Vec<usize> = (0..state.units.len())
        .filter(|unit| !state.forms[*unit].is_free())
        .map(|unit| seen.net.parameters()[state.bank(unit).parameter].layer)
        .collect();
    let mut ridges = 0;
    for layer in followers(seen.net, &changed) {
        ridges += refit_layer(state, seen, layer);
        state.put_all();
    }
    ridges
}

/// Checks that the layers behind some others are small enough to be fitted.
pub(crate) fn check(net: &Net, banks: &[super::Bank]) -> Result<(), SettingError> {
    let layers: Vec<usize> =
        banks.iter().map(|bank| net.parameters()[bank.parameter].layer).collect();
    for layer in followers(net, &layers) {
        let Some(weight) = net.tensor(layer, Role::Weight) else { continue };
        if weight.fan_in > MOST {
            let message = format!(
                "`{}` has {} numbers for each output; at most {MOST} can be fitted anew: set it to \
                 false, or choose other layers by `on`",
                weight.name, weight.fan_in
            );
            return Err(SettingError::at("refit", message));
        }
    }
    Ok(())
}

/// Returns the layers with weights that take what some layers leave, with none with weights in between.
pub(crate) fn followers(net: &Net, changed: &[usize]) -> Vec<usize> {
    let weighted = |layer: usize| matches!(net.layers()[layer].op, Op::Conv(_) | Op::Linear(_));
    // Whether what a layer leaves comes of a changed one.
    let mut comes = vec![false; net.layers().len()];
    let mut found = Vec::new();
    for layer in 0..net.layers().len() {
        let taken = net.sources(layer).iter().any(|source| match source {
            Source::Sample => false,
            Source::Layer(before) => comes[*before],
        });
        if weighted(layer) {
            comes[layer] = changed.contains(&layer);
            found.extend(taken.then_some(layer));
        } else {
            comes[layer] = taken;
        }
    }
    found
}

/// Sums of products over all rows: of inputs with each other, and of inputs with outputs.
struct Products {
    own: Mat<f64>,
    across: Mat<f64>,
}

/// A layer as products of rows: each group of its outputs sees some inputs, and 1 for the bias.
struct Rows<'a> {
    net: &'a Net,
    layer: usize,
    conv: Option<&'a Conv>,
    /// The shape that reaches it.
    input: Shape,
    /// Numbers that an output sees of the input.
    width: usize,
    bias: bool,
}

impl<'a> Rows<'a> {
    fn of(net: &'a Net, layer: usize) -> Self {
        let weight = net.tensor(layer, Role::Weight).expect("a layer with weights");
        let conv = match &net.layers()[layer].op {
            Op::Conv(conv) => Some(conv),
            _ => None,
        };
        let bias = net.tensor(layer, Role::Bias).is_some();
        Self { net, layer, conv, input: net.shape_before(layer), width: weight.fan_in, bias }
    }

    fn groups(&self) -> usize {
        self.conv.map_or(1, |conv| conv.groups)
    }

    fn positions(&self) -> usize {
        let after = self.net.shape_after(self.layer);
        if self.conv.is_some() { after.height * after.width } else { 1 }
    }

    fn outputs(&self) -> usize {
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

fn refit_layer(state: &mut State, seen: Seen<'_>, layer: usize) -> usize {
    let rows = Rows::of(seen.net, layer);
    let of_group = products(state, seen, &rows);
    let weight = seen.net.tensor(layer, Role::Weight).expect("a layer with weights").clone();
    let bias = seen.net.tensor(layer, Role::Bias).cloned();
    let each = rows.outputs() / rows.groups();
    let mut ridges = 0;
    for (group, products) in of_group.iter().enumerate() {
        let mut whole: Option<(Llt<f64>, bool)> = None;
        for own in 0..each {
            let output = group * each + own;
            let filter = Filter::of(state, &weight, bias.as_ref(), output, rows.width);
            let target = products.across.col(own);
            let (fitted, ridge) = filter.fit(products.own.as_ref(), target, &mut whole);
            ridges += usize::from(ridge);
            let (of_weight, of_bias) = fitted.split_at(rows.width);
            let start = weight.offset + output * rows.width;
            for (exact, value) in state.exact[start..].iter_mut().zip(of_weight) {
                *exact = *value as f32;
            }
            if let (Some(bias), [value]) = (&bias, of_bias) {
                state.exact[bias.offset + output] = *value as f32;
            }
        }
    }
    ridges
}

/// The numbers that lead to one output: some stay, the others are sums of vectors.
struct Filter {
    fixed: Vec<f64>,
    /// Each vector with its places; and how much of it there is now.
    vectors: Vec<(Vec<(usize, f64)>, f64)>,
    free: bool,
}

impl Filter {
    fn of(
        state: &State,
        weight: &Parameter,
        bias: Option<&Parameter>,
        output: usize,
        width: usize,
    ) -> Self {
        let start = weight.offset + output * width;
        let mut now: Vec<f64> = super::bank::wide(&state.weights[start..start + width]);
        now.extend(bias.map(|bias| f64::from(state.weights[bias.offset + output])));
        let mut filter = Self { fixed: vec![0.0; now.len()], vectors: Vec::new(), free: true };
        let mut place = 0;
        while place < now.len() {
            let unit = (place < width).then(|| unit_at(state, start + place)).flatten();
            let Some(unit) = unit else {
                filter.vectors.push((vec![(place, 1.0)], now[place]));
                place += 1;
                continue;
            };
            let range = state.range(unit);
            let length = state.bank(unit).size.count().min(range.end - (start + place));
            filter.add(&state.forms[unit], place, &now[place..place + length]);
            place += length;
        }
        filter
    }

    /// Adds a kernel whose first number is at a place.
    fn add(&mut self, form: &Form, first: usize, now: &[f64]) {
        self.free &= form.is_free();
        let places = first..first + now.len();
        match form {
            Form::Free => {
                self.vectors.extend(places.zip(now).map(|(place, now)| (vec![(place, 1.0)], *now)));
            }
            Form::Within { subspace, .. } => {
                for vector in subspace.basis() {
                    let along = vector.iter().zip(now).map(|(a, b)| a * b).sum();
                    let sparse = places.clone().zip(vector.iter().copied());
                    let sparse = sparse.filter(|(_, value)| *value != 0.0);
                    self.vectors.push((sparse.collect(), along));
                }
            }
            Form::Masked(mask) => {
                let kept = places.zip(now).zip(&**mask).filter(|(_, kept)| **kept);
                self.vectors.extend(kept.map(|((place, now), _)| (vec![(place, 1.0)], *now)));
            }
            Form::Rank { .. } | Form::Levels(_) | Form::Given { .. } => {
                self.fixed[places].copy_from_slice(now);
            }
        }
    }

    /// Returns the numbers that come nearest to the target, and whether that took a ridge.
    fn fit(
        &self,
        own: MatRef<'_, f64>,
        target: faer::ColRef<'_, f64>,
        whole: &mut Option<(Llt<f64>, bool)>,
    ) -> (Vec<f64>, bool) {
        let count = self.vectors.len();
        if count == 0 {
            return (self.fixed.clone(), false);
        }
        // own · vectors, from which the reduced system is read off.
        let moved = Mat::from_fn(own.nrows(), count, |row, k| {
            self.vectors[k].0.iter().map(|(place, value)| own[(row, *place)] * value).sum::<f64>()
        });
        let fixed = |row: usize| -> f64 {
            self.fixed.iter().enumerate().map(|(place, value)| own[(row, place)] * value).sum()
        };
        let left: Vec<f64> = (0..own.nrows()).map(|row| target[row] - fixed(row)).collect();
        let along = |k: usize, of: &dyn Fn(usize) -> f64| -> f64 {
            self.vectors[k].0.iter().map(|(place, value)| value * of(*place)).sum()
        };
        let mut right = Mat::from_fn(count, 1, |k, _| along(k, &|place| left[place]));
        let system = || Mat::from_fn(count, count, |i, k| along(i, &|place| moved[(place, k)]));
        let ridge = RIDGE * (0..own.nrows()).map(|k| own[(k, k)]).sum::<f64>() / own.nrows() as f64;
        let (factor, singular) = match whole {
            Some((factor, singular)) if self.free => (factor.clone(), *singular),
            _ => {
                let factored = factored(system(), ridge);
                if self.free {
                    *whole = Some(factored.clone());
                }
                factored
            }
        };
        if singular {
            for (k, (_, now)) in self.vectors.iter().enumerate() {
                right[(k, 0)] += ridge.max(f64::MIN_POSITIVE) * now;
            }
        }
        let shares = factor.solve(&right);
        let mut fitted = self.fixed.clone();
        for (k, (vector, _)) in self.vectors.iter().enumerate() {
            for (place, value) in vector {
                fitted[*place] += shares[(k, 0)] * value;
            }
        }
        (fitted, singular)
    }
}

/// Factors a system, with a ridge if it is singular.
fn factored(mut system: Mat<f64>, ridge: f64) -> (Llt<f64>, bool) {
    let largest = (0..system.nrows()).map(|k| system[(k, k)]).fold(0.0, f64::max);
    let plain = Llt::new(system.as_ref(), Side::Lower);
    if let Ok(plain) = plain {
        let lower = plain.L();
        let least = (0..system.nrows()).map(|k| lower[(k, k)]).fold(f64::INFINITY, f64::min);
        if least * least > SINGULAR * largest {
            return (plain, false);
        }
    }
    // Where nothing at all reaches the layer the ridge is all there is.
    let ridge = if ridge > 0.0 { ridge } else { f64::MIN_POSITIVE };
    (0..system.nrows()).for_each(|k| system[(k, k)] += ridge);
    let factor = Llt::new(system.as_ref(), Side::Lower);
    (factor.expect("products with a ridge are positive"), true)
}

/// Returns the unit that a number of the model belongs to.
fn unit_at(state: &State, place: usize) -> Option<usize> {
    let after = state.units.partition_point(|unit| unit.first <= place);
    let unit = after.checked_sub(1)?;
    state.range(unit).contains(&place).then_some(unit)
}

/// Adds up the products of all groups of a layer's outputs.
fn products(state: &State, seen: Seen<'_>, rows: &Rows<'_>) -> Vec<Products> {
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
