//! Values of a model on all samples, written as they come.

use std::collections::BTreeMap;
use std::path::Path;

use convscope_arrays::names::matches;
use convscope_arrays::{SAMPLE_IDS, SampleIds, Writer};
use convscope_core::registry::nearest;

use crate::outline::Value;
use crate::session::Session;
use crate::{CaptureError, Computed, Network, Normalisation, Samples};

/// How values are captured.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    /// How many samples are computed at once, where the model leaves that open.
    pub batch: Option<usize>,
    /// What is done to floats before the model sees them.
    pub normalisation: Option<Normalisation>,
}

/// What was captured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// The values, in the order in which they are computed.
    pub layers: Vec<Layer>,
    /// How many samples each has.
    pub samples: usize,
    /// How many were computed at once.
    pub batch: usize,
    /// What a reader must know.
    pub notes: Vec<String>,
}

/// A captured value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// What the model says of it.
    pub value: Value,
    /// Its dimensions, samples first.
    pub dimensions: Vec<usize>,
}

/// More ids than this many bytes are written as their hash; readers of safetensors take no header
/// of 100 MB.
const LONGEST_IDS: usize = 50_000_000;

/// Computes the values that fit one of the patterns, on all samples, and writes them as safetensors
/// under their names, with `sample_ids` in the metadata where the samples are named.
///
/// A pattern fits a value by its name or by its module's, `*` standing for any characters. A value
/// that is no row of 32-bit floats for each sample is left out with a note, and is an error where it
/// was named without `*`. Numbers are those of single samples: where a sample alone has others than
/// in its batch, a note says so. Batches of a fixed size are filled up with the last sample.
///
/// Memory: one batch of what is captured, and what the runtime holds between.
///
/// # Errors
/// [`CaptureError`]; then no file is left behind.
pub fn capture(
    network: &Network,
    samples: &Samples,
    patterns: &[String],
    settings: &Settings,
    path: &Path,
) -> Result<Captured, CaptureError> {
    let values = chosen(network, patterns)?;
    let mut session = Session::new(network, samples, settings, values)?;
    let first = session.first()?;
    let layers = session.layers(&first);
    let arrays: Vec<(String, Vec<usize>)> =
        layers.iter().map(|layer| (layer.value.name.clone(), layer.dimensions.clone())).collect();
    let failed = |error: std::io::Error| CaptureError::Write {
        file: path.display().to_string(),
        why: error.to_string(),
    };
    let mut writer = Writer::create(path, &arrays, &metadata(samples)).map_err(failed)?;
    let mut odd = vec![None; layers.len()];
    let mut ahead = Some(first);
    let mut start = 0;
    while start < samples.count() {
        let end = (start + session.batch).min(samples.count());
        let computed = ahead.take().map_or_else(|| session.run(start..end), Ok)?;
        for (index, (layer, value)) in layers.iter().zip(&computed).enumerate() {
            let numbers = rows(layer, value, start)?;
            odd[index] =
                odd[index].or_else(|| first_odd(numbers, end - start).map(|at| start + at));
            writer.write(&layer.value.name, numbers).map_err(failed)?;
        }
        start = end;
    }
    writer.finish().map_err(failed)?;
    let mut notes = session.notes;
    for (layer, sample) in layers.iter().zip(odd) {
        let name = &layer.value.name;
        notes.extend(sample.map(|at| format!("`{name}` is not finite, first at sample {at}")));
    }
    Ok(Captured { layers, samples: samples.count(), batch: session.batch, notes })
}

/// Returns the numbers of a value, whose samples have the dimensions of the first ones.
fn rows<'v>(layer: &Layer, value: &'v Computed, start: usize) -> Result<&'v [f32], CaptureError> {
    let of_sample = value.dimensions.get(1..);
    match &value.numbers {
        Some(numbers) if of_sample == layer.dimensions.get(1..) => Ok(numbers),
        _ => {
            let why = format!(
                "is {:?} for the first samples and {of_sample:?} for those from {start} on",
                &layer.dimensions[1..]
            );
            Err(CaptureError::Value { name: layer.value.name.clone(), why })
        }
    }
}

/// Finds the first sample of a batch with a number that is not finite.
fn first_odd(numbers: &[f32], samples: usize) -> Option<usize> {
    let width = (numbers.len() / samples).max(1);
    numbers.iter().position(|number| !number.is_finite()).map(|place| place / width)
}

/// Finds the values that fit a pattern, each with whether it was named without `*`.
fn chosen(network: &Network, patterns: &[String]) -> Result<Vec<(Value, bool)>, CaptureError> {
    let values = &network.outline().values;
    let fits = |pattern: &str, value: &Value| {
        matches(pattern, &value.name)
            || value.module.as_deref().is_some_and(|module| matches(pattern, module))
    };
    for pattern in patterns {
        if !values.iter().any(|value| fits(pattern, value)) {
            let modules = values.iter().filter_map(|value| value.module.as_deref());
            let names = values.iter().map(|value| value.name.as_str()).chain(modules);
            let nearest = nearest(pattern, names);
            return Err(CaptureError::Pattern { pattern: pattern.clone(), nearest });
        }
    }
    let of = |value: &Value| {
        let mut fitting = patterns.iter().filter(|pattern| fits(pattern, value)).peekable();
        fitting.peek()?;
        Some((value.clone(), fitting.any(|pattern| *pattern == value.name)))
    };
    Ok(values.iter().filter_map(of).collect())
}

fn metadata(samples: &Samples) -> BTreeMap<String, String> {
    let Some(ids) = samples.ids() else { return BTreeMap::new() };
    let length = |names: &[String]| names.iter().map(|name| name.len() + 4).sum::<usize>();
    let short = !matches!(ids, SampleIds::Names(names) if length(names) > LONGEST_IDS);
    let text = ids.listed().filter(|_| short).unwrap_or_else(|| ids.hash());
    [(SAMPLE_IDS.to_owned(), text)].into()
}
