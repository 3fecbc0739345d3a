//! One row for each job: all of a record but its numbers, and its provenance.

use std::collections::BTreeMap;

use convscope_core::Identity;
use parquet::{data_type::ByteArray, errors::ParquetError};
use serde::{Deserialize, Serialize};

use super::{
    long::Numbers,
    sheet::{Cells, Column, Sheet, SheetWriter},
};
use crate::{Curve, Named, Outcome, Provenance, Record, Table, merge::Kept};

const COLUMNS: [(&str, Cells); 13] = [
    ("job", Cells::Text),
    ("outcome", Cells::Text),
    ("epoch", Cells::Whole),
    ("reason", Cells::Text),
    ("settings", Cells::Text),
    ("outline", Cells::Text),
    ("digest", Cells::Text),
    ("tool", Cells::Text),
    ("level", Cells::Text),
    ("threads", Cells::Whole),
    ("wall_seconds", Cells::Real),
    ("peak_memory_bytes", Cells::Whole),
    ("data", Cells::Text),
];

/// Writes the rows; `records` is the name of the file with the numbers.
pub(super) fn write(kept: &[Kept], records: &str) -> Result<Vec<u8>, ParquetError> {
    let text = |cell: &dyn Fn(&Kept) -> Option<String>| {
        let bytes = |kept| cell(kept).map(|text| ByteArray::from(text.into_bytes()));
        Column::Text(kept.iter().map(bytes).collect())
    };
    let whole =
        |cell: &dyn Fn(&Kept) -> Option<i64>| Column::Whole(kept.iter().map(cell).collect());
    let real = |cell: &dyn Fn(&Kept) -> Option<f64>| Column::Real(kept.iter().map(cell).collect());
    let provenance = |kept: &Kept| kept.provenance.clone();
    let columns = [
        text(&|kept| Some(kept.record.job.to_string())),
        text(&|kept| Some(kept.record.outcome.word().to_owned())),
        whole(&|kept| match kept.record.outcome {
            Outcome::Diverged { epoch } => Some(i64::from(epoch)),
            Outcome::Done | Outcome::Failed { .. } => None,
        }),
        text(&|kept| kept.record.outcome.reason()),
        text(&|kept| Some(kept.record.settings.to_string())),
        text(&|kept| Some(json(&Outline::of(&kept.record)))),
        text(&|kept| Some(kept.digest.clone())),
        text(&|kept| Some(provenance(kept)?.tool)),
        text(&|kept| Some(provenance(kept)?.level)),
        whole(&|kept| Some(i64::from(provenance(kept)?.threads))),
        real(&|kept| Some(provenance(kept)?.wall_seconds)),
        whole(&|kept| Some(provenance(kept)?.peak_memory_bytes.cast_signed())),
        text(&|kept| Some(json(&provenance(kept)?.data))),
    ];
    let mut writer = SheetWriter::new(&COLUMNS, Some(("records", records)))?;
    writer.add(&columns)?;
    writer.finish()
}

/// Reads the rows.
pub(super) fn read(sheet: &Sheet) -> Result<Vec<Row>, String> {
    let mut columns = Columns::read(sheet)?;
    let mut rows = Vec::new();
    while let Some(job) = columns.job.next() {
        let row =
            columns.row(job).ok_or_else(|| format!("row {} is incomplete", rows.len() + 1))?;
        rows.push(row);
    }
    Ok(rows)
}

/// A record without its numbers.
pub(super) struct Row {
    job: Identity,
    outcome: Outcome,
    settings: serde_json::Value,
    outline: Outline,
    digest: String,
    provenance: Option<Provenance>,
}

impl Row {
    /// Puts the numbers back; `None` when there are too few.
    pub(super) fn rebuild(self, numbers: &mut Numbers) -> Option<Kept> {
        let values = self
            .outline
            .values
            .into_iter()
            .map(|(name, layer)| Some(Named { name, layer, value: numbers.take_value()? }));
        let values = values.collect::<Option<_>>()?;
        let curves = self.outline.curves.into_iter().map(|curve| {
            let CurveOutline { name, layer, first_epoch, length } = curve;
            Some(Curve { name, layer, first_epoch, values: numbers.take_values(length)? })
        });
        let curves = curves.collect::<Option<_>>()?;
        let tables = self.outline.tables.into_iter().map(|table| {
            let counts = numbers.take_numbers(table.rows.len() * table.columns.len())?;
            let TableOutline { name, layer, rows, columns } = table;
            Some(Table { name, layer, rows, columns, counts })
        });
        let tables = tables.collect::<Option<_>>()?;
        let Self { job, outcome, settings, digest, provenance, .. } = self;
        let record = Record { job, settings, outcome, values, curves, tables };
        Some(Kept { digest, record, provenance })
    }
}

/// Which numbers a record has, in their order.
#[derive(Serialize, Deserialize)]
struct Outline {
    values: Vec<(String, Option<String>)>,
    curves: Vec<CurveOutline>,
    tables: Vec<TableOutline>,
}

#[derive(Serialize, Deserialize)]
struct CurveOutline {
    name: String,
    layer: Option<String>,
    first_epoch: u32,
    length: usize,
}

#[derive(Serialize, Deserialize)]
struct TableOutline {
    name: String,
    layer: Option<String>,
    rows: Vec<String>,
    columns: Vec<String>,
}

impl Outline {
    fn of(record: &Record) -> Self {
        let values = record.values.iter().map(|named| (named.name.clone(), named.layer.clone()));
        let curves = record.curves.iter().map(|curve| CurveOutline {
            name: curve.name.clone(),
            layer: curve.layer.clone(),
            first_epoch: curve.first_epoch,
            length: curve.values.len(),
        });
        let tables = record.tables.iter().map(|table| TableOutline {
            name: table.name.clone(),
            layer: table.layer.clone(),
            rows: table.rows.clone(),
            columns: table.columns.clone(),
        });
        Self { values: values.collect(), curves: curves.collect(), tables: tables.collect() }
    }
}

type Cursor<T> = std::vec::IntoIter<Option<T>>;

/// All columns, read row by row.
struct Columns {
    job: Cursor<String>,
    outcome: Cursor<String>,
    epoch: Cursor<i64>,
    reason: Cursor<String>,
    settings: Cursor<String>,
    outline: Cursor<String>,
    digest: Cursor<String>,
    tool: Cursor<String>,
    level: Cursor<String>,
    threads: Cursor<i64>,
    wall_seconds: Cursor<f64>,
    peak_memory_bytes: Cursor<i64>,
    data: Cursor<String>,
}

impl Columns {
    fn read(sheet: &Sheet) -> Result<Self, String> {
        let text = |name| sheet.texts(name).map(Vec::into_iter);
        let whole = |name| sheet.wholes(name).map(Vec::into_iter);
        Ok(Self {
            job: text("job")?,
            outcome: text("outcome")?,
            epoch: whole("epoch")?,
            reason: text("reason")?,
            settings: text("settings")?,
            outline: text("outline")?,
            digest: text("digest")?,
            tool: text("tool")?,
            level: text("level")?,
            threads: whole("threads")?,
            wall_seconds: sheet.reals("wall_seconds")?.into_iter(),
            peak_memory_bytes: whole("peak_memory_bytes")?,
            data: text("data")?,
        })
    }

    fn row(&mut self, job: Option<String>) -> Option<Row> {
        let job: Identity = serde_json::from_value(job?.into()).ok()?;
        let (epoch, reason) = (self.epoch.next()?, self.reason.next()?);
        let outcome = match self.outcome.next()??.as_str() {
            "done" => Outcome::Done,
            "diverged" => Outcome::Diverged { epoch: u32::try_from(epoch?).ok()? },
            "failed" => Outcome::Failed { reason: reason? },
            _ => return None,
        };
        Some(Row {
            outcome,
            settings: from_json(&self.settings.next()??)?,
            outline: from_json(&self.outline.next()??)?,
            digest: self.digest.next()??,
            provenance: self.provenance(&job)?,
            job,
        })
    }

    /// Takes a row's provenance; its columns are all empty where there is none.
    fn provenance(&mut self, job: &Identity) -> Option<Option<Provenance>> {
        let (tool, level, threads) = (self.tool.next()?, self.level.next()?, self.threads.next()?);
        let (seconds, memory) = (self.wall_seconds.next()?, self.peak_memory_bytes.next()?);
        let data = self.data.next()?;
        let Some(tool) = tool else { return Some(None) };
        let data: BTreeMap<String, String> = from_json(&data?)?;
        Some(Some(Provenance {
            job: job.clone(),
            tool,
            level: level?,
            threads: u32::try_from(threads?).ok()?,
            wall_seconds: seconds?,
            peak_memory_bytes: memory?.cast_unsigned(),
            data,
        }))
    }
}

fn json(content: &impl Serialize) -> String {
    serde_json::to_string(content).expect("numbers and text keys can be written")
}

fn from_json<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    serde_json::from_str(text).ok()
}
