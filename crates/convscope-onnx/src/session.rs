//! A model about to be run on samples, a batch at a time.

use std::ops::Range;

use crate::outline::{Size, Value};
use crate::{CaptureError, Computed, Layer, Network, Numbers, Samples, Settings};

/// How many samples are computed at once, if nobody says so.
const BATCH: usize = 32;
/// How far a sample alone may be from the same sample in a batch, relative to the largest of its
/// numbers: rounding is far below, statistics of a batch far above.
const ROUNDING: f32 = 1e-3;

/// A model about to be run on samples.
pub(crate) struct Session<'s> {
    network: &'s Network,
    samples: &'s Samples,
    settings: &'s Settings,
    /// The values, and whether each was named without `*`.
    values: Vec<(Value, bool)>,
    pub(crate) batch: usize,
    /// Whether batches have one size.
    fixed: bool,
    pub(crate) notes: Vec<String>,
}

impl<'s> Session<'s> {
    pub(crate) fn new(
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
    pub(crate) fn first(&mut self) -> Result<Vec<Computed>, CaptureError> {
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

    pub(crate) fn layers(&self, first: &[Computed]) -> Vec<Layer> {
        let layer = |((value, _), computed): (&(Value, bool), &Computed)| {
            let mut dimensions = computed.dimensions.clone();
            dimensions[0] = self.samples.count();
            Layer { value: value.clone(), dimensions }
        };
        self.values.iter().zip(first).map(layer).collect()
    }

    /// Computes the values for some samples.
    pub(crate) fn run(&self, rows: Range<usize>) -> Result<Vec<Computed>, CaptureError> {
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
