//! Layers that do not fit into memory, compared as they are read.

use convscope_measure::maps::Treatment;
use convscope_measure::{Caveat, MEASURES, Streaming};
use convscope_study::size;
use faer::MatRef;
use serde_json::json;

use super::Asked;
use super::blocks::{BLOCK, Reader};
use super::compare::table;
use super::results::{Cell, Table};
use super::side::Side;
use crate::complaint::Complaint;

/// Says that layers were read in blocks.
pub(crate) fn note(treatment: &Treatment, needed: u64, memory: u64) -> String {
    format!(
        "the layers take {} ({}), more than the {} of --memory: they were read in blocks, of \
         which only {} are computed",
        size(needed.into()),
        treatment.id,
        size(memory.into()),
        streamed().join(" and ")
    )
}

/// Returns the measures that need one pass.
fn streamed() -> Vec<&'static str> {
    let built =
        MEASURES.iter().filter_map(|entry| Some((entry.id, (entry.build)(json!({})).ok()?)));
    built.filter(|(_, measure)| measure.streaming().is_some()).map(|(id, _)| id).collect()
}

/// Compares all pairs in one pass each.
pub(crate) fn tables(
    asked: &Asked,
    sides: [&Side; 2],
    order: Option<&[usize]>,
    treatment: &'static Treatment,
    conv: Option<&'static str>,
) -> Result<Vec<Table>, Complaint> {
    let [a, b] = sides;
    let block = asked.memory.min(BLOCK);
    let mut tables = Vec::new();
    for wanted in &asked.measures {
        let mut cells = Vec::new();
        for x in &a.layers {
            let x = Reader { side: a, layer: x, order: None, treatment, block };
            let mut row = Vec::new();
            for y in &b.layers {
                let y = Reader { side: b, layer: y, order, treatment, block };
                let estimator = wanted.measure.estimator();
                let streams = !treatment.by_place && treatment.measure.is_none();
                row.push(if let Some(how) = wanted.measure.streaming().filter(|_| streams) {
                    of_pair([x, y], how, &estimator, asked.memory)?
                } else {
                    let reason = "needs the layers in memory; raise --memory or lower --places";
                    Cell::missing(reason, a.samples, [x.units(), y.units()], estimator)
                });
            }
            cells.push(row);
        }
        tables.push(table(wanted, conv, cells));
    }
    Ok(tables)
}

/// Compares two layers block by block.
fn of_pair(
    [x, y]: [Reader<'_>; 2],
    how: Streaming,
    estimator: &str,
    memory: u64,
) -> Result<Cell, Complaint> {
    let (samples, units) = (x.side.samples, [x.units(), y.units()]);
    let estimator = format!("{estimator}, read in blocks");
    let kept = how.bytes(units);
    if kept > memory {
        let what = match how {
            Streaming::Sums => "products of units take",
            Streaming::Batches(_) => "a batch takes",
        };
        let reason = format!("{what} {}, more than --memory", size(kept.into()));
        return Ok(Cell::missing(&reason, samples, units, estimator));
    }
    let block = x.samples_a_block().min(y.samples_a_block());
    let mut stream = how.start(units);
    let mut watches = [Watch::new(x), Watch::new(y)];
    for first in (0..samples).step_by(block) {
        let rows = first..(first + block).min(samples);
        let mut blocks = [Vec::new(), Vec::new()];
        for ((reader, block), watch) in [x, y].iter().zip(&mut blocks).zip(&mut watches) {
            reader.add(rows.clone(), None, block).map_err(Complaint::trouble)?;
            if let Some(reason) = watch.look(first, block) {
                return Ok(Cell::missing(&reason, samples, units, estimator));
            }
        }
        let [x, y] =
            [0, 1].map(|side| MatRef::from_row_major_slice(&blocks[side], rows.len(), units[side]));
        stream.add(x, y);
    }
    let caveats = watches.iter().filter_map(Watch::caveat).collect();
    Ok(Cell::of(stream.score(estimator, caveats)))
}

/// Looks at numbers as they pass: whether they are finite, and which units never change.
struct Watch<'a> {
    reader: Reader<'a>,
    first: Vec<f64>,
    varies: Vec<bool>,
}

impl<'a> Watch<'a> {
    fn new(reader: Reader<'a>) -> Self {
        let varies = vec![false; reader.units()];
        Self { reader, first: Vec::new(), varies }
    }

    /// Returns why a block cannot be used.
    fn look(&mut self, first_sample: usize, block: &[f64]) -> Option<String> {
        let units = self.varies.len();
        if self.first.is_empty() {
            self.first = block[..units].to_vec();
        }
        for (row, sample) in block.chunks(units).enumerate() {
            for (unit, value) in sample.iter().enumerate() {
                if !value.is_finite() {
                    let (file, layer) = (&self.reader.side.file, &self.reader.layer.name);
                    let sample = first_sample + row;
                    return Some(format!(
                        "{file}, `{layer}`: sample {sample}, unit {unit} is {value}: every \
                         activation must be finite"
                    ));
                }
                self.varies[unit] |= value.total_cmp(&self.first[unit]).is_ne();
            }
        }
        None
    }

    fn caveat(&self) -> Option<Caveat> {
        let constant = self.varies.iter().filter(|varies| !**varies).count();
        (constant > 0).then_some(Caveat::ConstantUnits(constant))
    }
}
