//! Values of a model on all samples, written as they come.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use convscope_arrays::names::matches;
use convscope_arrays::{SAMPLE_IDS, SampleIds, Writer};
use convscope_core::registry::nearest;

use crate::outline::{Size, Value};
use crate::{CaptureError, Computed, Network, Normalisation, Numbers, Samples};

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

/// How many samples are computed at once, if nobody says so.
const BATCH: usize = 32;
/// How far a sample alone may be from the same sample in a batch, relative to the largest of its
/// numbers: rounding is far below, statistics of a batch far above.
const ROUNDING: f32 = 1e-3;
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
    let layers: Vec<Layer> = session.layers(&first);
    let arrays: Vec<(String, Vec<usize>)> =
        layers.iter().map(|layer| (layer.value.name.clone(), layer.dimensions.clone())).collect();
    let failed = |error: std::io::Error| CaptureError::Write {
        file: path.display().to_string(),
        why: error.to_string(),
    };
    let mut writer = Writer::create(path, &arrays, &metadata(samples)).map_err(failed)?;
    let mut odd = vec![None; layers.len()];
    let mut start = 0;
    let mut computed = first;
    while start < samples.count() {
        let end = (start + session.batch).min(samples.count());
        if start > 0 {
            computed = session.run(start..end)?;
        }
        for (index, (layer, value)) in layers.iter().zip(&computed).enumerate() {
            let name = &layer.value.name;
            if value.dimensions[1..] != layer.dimensions[1..] {
                let why = format!(
                    "is {:?} for the first samples and {:?} for those from {start} on",
                    &layer.dimensions[1..],
                    &value.dimensions[1..]
                );
                return Err(CaptureError::Value { name: name.clone(), why });
            }
            let numbers = value.numbers.as_deref().unwrap_or_default();
            let place = numbers.iter().position(|number| !number.is_finite());
            let width = (numbers.len() / (end - start)).max(1);
            odd[index] = odd[index].or(place.map(|place| start + place / width));
            writer.write(name, numbers).map_err(failed)?;
        }
        start = end;
    }
    writer.finish().map_err(failed)?;
    for (layer, sample) in layers.iter().zip(odd) {
        if let Some(sample) = sample {
            let name = &layer.value.name;
            session.notes.push(format!("`{name}` is not finite, first at sample {sample}"));
        }
    }
    let (batch, notes) = (session.batch, session.notes);
    Ok(Captured { layers, samples: samples.count(), batch, notes })
}

/// A model about to be run on samples.
struct Session<'s> {
    network: &'s Network,
    samples: &'s Samples,
    settings: &'s Settings,
    /// The values, and whether each was named without `*`.
    values: Vec<(Value, bool)>,
    batch: usize,
    /// Whether batches have one size.
    fixed: bool,
    notes: Vec<String>,
}

impl<'s> Session<'s> {
    fn new(
        network: &'s Network,
        samples: &'s Samples,
        settings: &'s Settings,
        values: Vec<(Value, bool)>,
    ) -> Result<Self, CaptureError> {
        let fixed = fixed_batch(network)?;
        let batch = match (fixed, settings.batch) {
            (Some(fixed), Some(asked)) if fixed != asked => {
                return Err(CaptureError::Setting(format!(
                    "the model takes batches of {fixed} samples, not of {asked}; leave out --batch, \
                     or export the model with a free first dimension"
                )));
            }
            (fixed, asked) => fixed.or(asked).unwrap_or(BATCH.min(samples.count())),
        };
        let notes = samples.notes().to_vec();
        let fixed = fixed.is_some();
        Ok(Self { network, samples, settings, values, batch, fixed, notes })
    }

    /// Computes the first batch, and leaves out what cannot be captured.
    fn first(&mut self) -> Result<Vec<Computed>, CaptureError> {
        let count = self.samples.count();
        let first = self.run(0..self.batch.min(count))?;
        // A second run of another size tells samples from what merely has as many rows.
        let other = if self.batch == 1 { 0..2.min(count) } else { 0..1 };
        let other = if self.fixed || count == 1 { None } else { Some(self.run(other)?) };
        let (mut kept, mut values) = (Vec::new(), Vec::new());
        for (index, computed) in first.into_iter().enumerate() {
            let (value, named) = self.values[index].clone();
            let against = other.as_ref().map(|other| &other[index]);
            let rows = self.batch.min(count);
            match unfit(&computed, rows, against) {
                None => {
                    if against.is_some_and(|other| differs(&computed, other)) {
                        self.notes.push(format!(
                            "`{}` of a sample depends on which others share its batch: was the \
                             model exported in training mode?",
                            value.name
                        ));
                    }
                    kept.push(computed);
                    values.push((value, named));
                }
                Some(why) if named => return Err(CaptureError::Value { name: value.name, why }),
                Some(why) => self.notes.push(format!("`{}` was left out: it {why}", value.name)),
            }
        }
        if values.is_empty() {
            let why = "none of the values is a row of floats for each sample".into();
            return Err(CaptureError::Setting(why));
        }
        self.values = values;
        Ok(kept)
    }

    fn layers(&self, first: &[Computed]) -> Vec<Layer> {
        let layer = |((value, _), computed): (&(Value, bool), &Computed)| {
            let mut dimensions = computed.dimensions.clone();
            dimensions[0] = self.samples.count();
            Layer { value: value.clone(), dimensions }
        };
        self.values.iter().zip(first).map(layer).collect()
    }

    /// Computes the values for some samples.
    fn run(&self, rows: Range<usize>) -> Result<Vec<Computed>, CaptureError> {
        let count = rows.len();
        let mut batches = self.samples.rows(rows.clone())?;
        for batch in &mut batches {
            if let (Numbers::Floats(numbers), Some(normal)) =
                (&mut batch.numbers, &self.settings.normalisation)
            {
                normal.apply(&batch.dimensions, numbers)?;
            }
            if self.fixed {
                filled(&mut batch.numbers, count, self.batch);
                batch.dimensions[0] = self.batch;
            }
        }
        let names: Vec<&str> = self.values.iter().map(|(value, _)| value.name.as_str()).collect();
        let failed =
            |why| CaptureError::Run { first: rows.start, last: rows.end.saturating_sub(1), why };
        let mut computed = self.network.run(batches, &names).map_err(failed)?;
        for value in &mut computed {
            if self.fixed && value.dimensions.first() == Some(&self.batch) {
                value.dimensions[0] = count;
                let width: usize = value.dimensions[1..].iter().product();
                if let Some(numbers) = &mut value.numbers {
                    numbers.truncate(count * width);
                }
            }
        }
        Ok(computed)
    }
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

/// Returns how many samples a batch must have, where the model says so.
fn fixed_batch(network: &Network) -> Result<Option<usize>, CaptureError> {
    let mut fixed: Option<(&str, usize)> = None;
    for port in &network.outline().inputs {
        let first = port.form.dimensions.as_ref().and_then(|sizes| sizes.first());
        let Some(Size::Fixed(size)) = first else { continue };
        match fixed {
            Some((other, before)) if before != *size => {
                let why = format!(
                    "the input `{other}` takes {before} samples at once and `{}` takes {size}",
                    port.name
                );
                return Err(CaptureError::Model { file: network.file().into(), why });
            }
            _ => fixed = Some((&port.name, *size)),
        }
    }
    Ok(fixed.map(|(_, size)| size))
}

/// Says why a value is no row of floats for each sample; `None` when it is one.
fn unfit(value: &Computed, rows: usize, other: Option<&Computed>) -> Option<String> {
    let dimensions = &value.dimensions;
    if value.numbers.is_none() {
        return Some("holds no 32-bit floats".into());
    }
    let moves = other.is_some_and(|other| {
        other.dimensions.len() != dimensions.len()
            || other.dimensions.first() == dimensions.first()
            || other.dimensions.get(1..) != dimensions.get(1..)
    });
    if dimensions.first() != Some(&rows) || moves {
        return Some(format!(
            "is {dimensions:?} for {rows} samples: they do not stand along its first dimension"
        ));
    }
    None
}

/// Returns whether the first sample has other numbers in two batches.
fn differs(one: &Computed, other: &Computed) -> bool {
    let width: usize = one.dimensions[1..].iter().product();
    let row = |value: &Computed| value.numbers.as_deref().map(|all| all[..width].to_vec());
    let (Some(one), Some(other)) = (row(one), row(other)) else { return false };
    let largest = one.iter().fold(0.0_f32, |largest, number| largest.max(number.abs()));
    one.iter().zip(&other).any(|(one, other)| (one - other).abs() > ROUNDING * largest)
}

/// Repeats the last sample until there are as many as a batch has.
fn filled(numbers: &mut Numbers, count: usize, batch: usize) {
    fn all<N: Copy>(numbers: &mut Vec<N>, count: usize, batch: usize) {
        let width = numbers.len() / count;
        let last = numbers[(count - 1) * width..].to_vec();
        for _ in count..batch {
            numbers.extend(&last);
        }
    }
    match numbers {
        Numbers::Floats(numbers) => all(numbers, count, batch),
        Numbers::Wholes(numbers) => all(numbers, count, batch),
        Numbers::Signed(numbers) => all(numbers, count, batch),
        Numbers::Bytes(numbers) => all(numbers, count, batch),
    }
}

fn metadata(samples: &Samples) -> BTreeMap<String, String> {
    let Some(ids) = samples.ids() else { return BTreeMap::new() };
    let length = |names: &[String]| names.iter().map(|name| name.len() + 4).sum::<usize>();
    let short = !matches!(ids, SampleIds::Names(names) if length(names) > LONGEST_IDS);
    let text = ids.listed().filter(|_| short).unwrap_or_else(|| ids.hash());
    [(SAMPLE_IDS.to_owned(), text)].into()
}
