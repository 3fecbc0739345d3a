//! Every number of a writer's records, one in each row.

use convscope_core::Value;
use parquet::{data_type::ByteArray, errors::ParquetError};

use super::sheet::{Cells, Column, Sheet, SheetWriter};
use crate::{Record, merge::Kept};

const COLUMNS: [(&str, Cells); 8] = [
    ("job", Cells::Text),
    ("name", Cells::Text),
    ("layer", Cells::Text),
    ("epoch", Cells::Whole),
    ("row", Cells::Text),
    ("column", Cells::Text),
    ("value", Cells::Real),
    ("reason", Cells::Text),
];

const ROWS_IN_A_GROUP: usize = 1 << 17;

/// Writes all numbers: of each record first the values, then the curves, then the tables.
pub(super) fn write(kept: &[Kept]) -> Result<Vec<u8>, ParquetError> {
    let mut writer = SheetWriter::new(&COLUMNS, None)?;
    let mut rows = Rows::default();
    for kept in kept {
        rows.push_record(&kept.record);
        if rows.job.len() >= ROWS_IN_A_GROUP {
            writer.add(&std::mem::take(&mut rows).into_columns())?;
        }
    }
    if !rows.job.is_empty() {
        writer.add(&rows.into_columns())?;
    }
    writer.finish()
}

/// The numbers of a file, to be taken in the order in which they were written.
pub(super) struct Numbers {
    values: std::vec::IntoIter<Option<f64>>,
    reasons: std::vec::IntoIter<Option<String>>,
}

impl Numbers {
    pub(super) fn read(sheet: &Sheet) -> Result<Self, String> {
        let values = sheet.reals("value")?.into_iter();
        Ok(Self { values, reasons: sheet.texts("reason")?.into_iter() })
    }

    pub(super) fn take_value(&mut self) -> Option<Value> {
        match (self.values.next()?, self.reasons.next()?) {
            (Some(number), _) => Some(Value::Number(number)),
            (None, reason) => Some(Value::missing(reason.unwrap_or_default())),
        }
    }

    pub(super) fn take_values(&mut self, count: usize) -> Option<Vec<Value>> {
        (0..count).map(|_| self.take_value()).collect()
    }

    pub(super) fn take_numbers(&mut self, count: usize) -> Option<Vec<f64>> {
        (0..count).map(|_| self.take_value()?.number()).collect()
    }

    pub(super) fn is_used_up(&self) -> bool {
        self.values.len() == 0
    }
}

/// Rows on their way into a file.
#[derive(Default)]
struct Rows {
    job: Vec<Option<ByteArray>>,
    name: Vec<Option<ByteArray>>,
    layer: Vec<Option<ByteArray>>,
    epoch: Vec<Option<i64>>,
    row: Vec<Option<ByteArray>>,
    column: Vec<Option<ByteArray>>,
    value: Vec<Option<f64>>,
    reason: Vec<Option<ByteArray>>,
}

/// What many rows have in common.
struct Subject {
    job: ByteArray,
    name: ByteArray,
    layer: Option<ByteArray>,
}

impl Rows {
    fn push_record(&mut self, record: &Record) {
        let job = ByteArray::from(record.job.as_str());
        let subject = |name: &str, layer: &Option<String>| Subject {
            job: job.clone(),
            name: name.into(),
            layer: layer.as_deref().map(Into::into),
        };
        for value in &record.values {
            self.push_value(&subject(&value.name, &value.layer), None, &value.value);
        }
        for curve in &record.curves {
            let subject = subject(&curve.name, &curve.layer);
            for (epoch, value) in (i64::from(curve.first_epoch)..).zip(&curve.values) {
                self.push_value(&subject, Some(epoch), value);
            }
        }
        for table in &record.tables {
            let subject = subject(&table.name, &table.layer);
            let columns: Vec<ByteArray> =
                table.columns.iter().map(|name| name.as_str().into()).collect();
            let rows = table.rows.iter().flat_map(|row| {
                let row = ByteArray::from(row.as_str());
                columns.iter().map(move |column| (row.clone(), column.clone()))
            });
            for ((row, column), count) in rows.zip(&table.counts) {
                self.push(&subject, None, Some((row, column)), (Some(*count), None));
            }
        }
    }

    fn push_value(&mut self, subject: &Subject, epoch: Option<i64>, value: &Value) {
        let reason = value.reason().map(ByteArray::from);
        self.push(subject, epoch, None, (value.number(), reason));
    }

    fn push(
        &mut self,
        subject: &Subject,
        epoch: Option<i64>,
        at: Option<(ByteArray, ByteArray)>,
        (value, reason): (Option<f64>, Option<ByteArray>),
    ) {
        let (row, column) = at.unzip();
        self.job.push(Some(subject.job.clone()));
        self.name.push(Some(subject.name.clone()));
        self.layer.push(subject.layer.clone());
        self.epoch.push(epoch);
        self.row.push(row);
        self.column.push(column);
        self.value.push(value);
        self.reason.push(reason);
    }

    fn into_columns(self) -> [Column; 8] {
        [
            Column::Text(self.job),
            Column::Text(self.name),
            Column::Text(self.layer),
            Column::Whole(self.epoch),
            Column::Text(self.row),
            Column::Text(self.column),
            Column::Real(self.value),
            Column::Text(self.reason),
        ]
    }
}
