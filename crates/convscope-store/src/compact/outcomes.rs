//! One row for each job: all of a record but its numbers, and its provenance.

use convscope_core::Identity;
use parquet::{data_type::ByteArray, errors::ParquetError};
use serde::{Deserialize, Serialize};

use super::{
    long::Numbers,
    outline::Outline,
    sheet::{Cells, Column, Sheet, SheetWriter},
};
use crate::{Outcome, Provenance, Record, merge::Kept};

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
        let (values, curves, tables) = self.outline.rebuild(numbers)?;
        let Self { job, outcome, settings, digest, provenance, .. } = self;
        let record = Record { job, settings, outcome, values, curves, tables };
        Some(Kept { digest, record, provenance })
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
            provenance: self.provenance(&job),
            job,
        })
    }

    /// Takes a row's provenance; its cells are empty where there is none.
    fn provenance(&mut self, job: &Identity) -> Option<Provenance> {
        // All are taken before any is looked at: the columns advance together.
        let (tool, level) = (self.tool.next().flatten(), self.level.next().flatten());
        let (threads, data) = (self.threads.next().flatten(), self.data.next().flatten());
        let wall_seconds = self.wall_seconds.next().flatten();
        let peak_memory_bytes = self.peak_memory_bytes.next().flatten();
        Some(Provenance {
            job: job.clone(),
            tool: tool?,
            level: level?,
            threads: u32::try_from(threads?).ok()?,
            wall_seconds: wall_seconds?,
            peak_memory_bytes: peak_memory_bytes?.cast_unsigned(),
            data: from_json(&data?)?,
        })
    }
}

fn json(content: &impl Serialize) -> String {
    serde_json::to_string(content).expect("numbers and text keys can be written")
}

fn from_json<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    serde_json::from_str(text).ok()
}
