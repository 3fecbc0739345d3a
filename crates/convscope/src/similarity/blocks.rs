//! Rows of a layer, read a block at a time and made a matrix of.

use std::ops::Range;

use convscope_measure::maps::Treatment;

use super::side::{Layer, Side};

/// A layer and how it is read.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) side: &'a Side,
    pub(crate) layer: &'a Layer,
    /// Row i is row `order[i]` of the file.
    pub(crate) order: Option<&'a [usize]>,
    pub(crate) treatment: &'static Treatment,
    /// How many bytes of numbers a block may take.
    pub(crate) block: u64,
}

/// No block takes more bytes.
pub(crate) const BLOCK: u64 = 32 << 20;

impl Reader<'_> {
    /// Returns how many units it makes.
    pub(crate) fn units(&self) -> usize {
        let maps = self.layer.maps();
        maps.map_or_else(|| self.layer.width(), |maps| self.treatment.units(&maps))
    }

    /// Returns how many samples make a block.
    pub(crate) fn samples_a_block(&self) -> usize {
        (self.block / (8 * self.layer.width().max(1) as u64)).max(1) as usize
    }

    /// Reads samples and appends their units; of places as samples those that are `drawn`.
    pub(crate) fn add(
        &self,
        samples: Range<usize>,
        drawn: Option<&[Vec<usize>]>,
        into: &mut Vec<f64>,
    ) -> Result<(), String> {
        let numbers = self.numbers(samples.clone())?;
        let (Some(layout), Some(maps)) = (&self.layer.layout, self.layer.maps()) else {
            into.extend(numbers);
            return Ok(());
        };
        let mut sample = Vec::new();
        for (row, numbers) in samples.zip(numbers.chunks(self.layer.width())) {
            sample.clear();
            layout.channels_first(self.layer.array.dimensions(), numbers, &mut sample);
            let places = drawn.map_or(&[][..], |drawn| drawn[row].as_slice());
            self.treatment.add(&maps, &sample, places, into);
        }
        Ok(())
    }

    /// Reads the numbers of some samples as they stand in the file.
    pub(crate) fn numbers(&self, samples: Range<usize>) -> Result<Vec<f64>, String> {
        let source = self.side.arrays.source();
        let read = |rows: Range<usize>| {
            let numbers = self.layer.array.rows::<f64>(source, rows);
            numbers
                .map(|numbers| numbers.expect("layers are floats"))
                .map_err(|why| format!("{}, `{}`: {why}", self.side.file, self.layer.name))
        };
        let Some(order) = self.order else { return read(samples) };
        let mut numbers = Vec::with_capacity(samples.len() * self.layer.width());
        let mut rest = &order[samples];
        while let [first, ..] = rest {
            let run = (1..rest.len()).find(|i| rest[*i] != first + i).unwrap_or(rest.len());
            numbers.extend(read(*first..first + run)?);
            rest = &rest[run..];
        }
        Ok(numbers)
    }
}
