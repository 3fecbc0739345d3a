//! The second model with its hidden units in the order of what they do on samples.

use convscope_core::{Seed, Shape};
use convscope_engine::{Executor, Level, Samples};
use convscope_measure::matching::match_units;
use convscope_measure::{Activations, Pair, Prepared};
use convscope_model::{Net, Symmetry};

use super::Model;

/// Rows of activations that are held, samples and places of images being rows.
const MOST_ROWS: usize = 4096;

/// Samples that are passed at a time.
const BATCH: usize = 16;

/// What activation matching found.
pub(crate) struct Found {
    /// How many samples both models saw.
    pub(crate) samples: usize,
    /// For each order, and each unit of the first model, the unit of the second in its place.
    pub(crate) places: Vec<Vec<usize>>,
}

/// Matches hidden units by their correlations on the samples of a file.
pub(crate) fn matched(
    net: &Net,
    symmetry: &Symmetry,
    [a, b]: [&[f32]; 2],
    samples: &Model,
    seed: Seed,
) -> Result<Found, String> {
    let (net, pixels) = for_samples(net, samples)?;
    let count = pixels.len() / net.input().len();
    let mut executor = Executor::new(&net, BATCH, Level::detect());
    let mut places = Vec::with_capacity(symmetry.orders().len());
    for order in symmetry.orders() {
        let mut layers: Vec<[Prepared; 2]> = Vec::new();
        let mut trouble = String::new();
        for &layer in &order.layers {
            let seed = seed.child("rows").nth(layer as u64);
            let each = (MOST_ROWS / count).max(1);
            let pair = [a, b].map(|weights| {
                let rows = rows(&mut executor, weights, pixels, layer, (order.members, each), seed);
                Activations::from_f32(&rows, order.members).map(|rows| Prepared::new(&rows))
            });
            match pair {
                [Ok(a), Ok(b)] => layers.push([a, b]),
                [Err(error), _] | [_, Err(error)] => {
                    trouble = format!("`{}`: {error}", net.layers()[layer].name);
                }
            }
        }
        let pairs: Vec<Pair<'_>> =
            layers.iter().filter_map(|[a, b]| Pair::new(a, b).ok()).collect();
        if pairs.is_empty() {
            return Err(trouble);
        }
        places.push(match_units(&pairs));
    }
    Ok(Found { samples: count, places })
}

/// Returns the net for images of the samples' shape, and the samples.
fn for_samples<'s>(net: &Net, samples: &'s Model) -> Result<(Net, &'s [f32]), String> {
    let path = &samples.path;
    let mut tensors = samples.tensors.iter();
    let (Some((name, tensor)), None) = (tensors.next(), tensors.next()) else {
        let count = samples.tensors.len();
        return Err(format!("{path} holds {count} tensors; samples are one"));
    };
    let numbers = tensor.finite().map_err(|why| format!("`{name}` of {path} {why}"))?;
    let shape = match *tensor.dimensions.as_slice() {
        [_, channels, height, width] => Shape::image(channels, height, width),
        [_, features] if features == net.input().len() => net.input(),
        [_, features] => Shape::flat(features),
        _ => {
            return Err(format!(
                "`{name}` of {path} is no list of samples: [n, channels, rows, columns]"
            ));
        }
    };
    let fitted = Net::new(shape, net.layers().to_vec())
        .ok()
        .filter(|fitted| fitted.tensors().eq(net.tensors()))
        .ok_or_else(|| {
            format!("the net takes {}, the samples of {path} are {shape}", net.input())
        })?;
    Ok((fitted, numbers))
}

/// Captures a layer: a row for each place of an image, a column for each unit.
fn rows(
    executor: &mut Executor,
    weights: &[f32],
    pixels: &[f32],
    layer: usize,
    (members, each): (usize, usize),
    seed: Seed,
) -> Vec<f32> {
    let mut rows = Vec::new();
    let samples = Samples { pixels, labels: &[] };
    executor.capture(weights, samples, layer, |sample, values| {
        let step = values.len() / members;
        let mut draws = seed.nth(sample as u64).stream();
        for place in 0..step.min(each) {
            let place = if step > each { draws.below(step as u64) as usize } else { place };
            rows.extend((0..members).map(|member| values[member * step + place]));
        }
    });
    rows
}
