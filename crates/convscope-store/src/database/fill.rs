//! Records into tables.

use std::collections::BTreeMap;

use convscope_core::Identity;
use rusqlite::{Connection, Statement, ToSql, params, params_from_iter, types};

use crate::{Axis, Contents, Outcome, Placement, Record, StudyCopy};

/// The jobs that studies have placed, in the order of their first placement, and the row ids of
/// their numbers.
pub(super) struct Filling<'a> {
    contents: &'a Contents,
    studies: &'a [&'a StudyCopy],
    records: Vec<&'a Record>,
    rows: BTreeMap<&'a Identity, Rows>,
}

/// The first and the last row of a job in each table of numbers; none when the last is before the
/// first.
#[derive(Clone, Copy)]
struct Rows {
    results: (i64, i64),
    curves: (i64, i64),
    tables: (i64, i64),
}

impl<'a> Filling<'a> {
    pub(super) fn of(contents: &'a Contents, studies: &'a [&'a StudyCopy]) -> Self {
        let mut filling = Self { contents, studies, records: Vec::new(), rows: BTreeMap::new() };
        let mut next = Rows { results: (1, 0), curves: (1, 0), tables: (1, 0) };
        for placement in studies.iter().flat_map(|study| &study.placements) {
            let Some(record) = contents.records.get(&placement.job) else { continue };
            if filling.rows.contains_key(&placement.job) {
                continue;
            }
            next = Rows {
                results: after(next.results, record.values.len()),
                curves: after(next.curves, record.curves.iter().map(|c| c.values.len()).sum()),
                tables: after(next.tables, record.tables.iter().map(|t| t.counts.len()).sum()),
            };
            filling.rows.insert(&placement.job, next);
            filling.records.push(record);
        }
        filling
    }

    pub(super) fn placements_and_results(
        &self,
        connection: &mut Connection,
        axes: &[String],
    ) -> rusqlite::Result<()> {
        let transaction = connection.transaction()?;
        {
            let places = vec!["?"; 18 + axes.len()].join(", ");
            let mut insert =
                transaction.prepare(&format!("insert into _placements values ({places})"))?;
            for study in self.studies {
                for placement in &study.placements {
                    self.insert_placement(&mut insert, &study.name, placement, axes)?;
                }
            }
            let mut insert = transaction.prepare("insert into _results values (?, ?, ?, ?)")?;
            for named in self.records.iter().flat_map(|record| &record.values) {
                let (name, layer, value) = (&named.name, &named.layer, &named.value);
                insert.execute(params![name, layer, value.number(), value.reason()])?;
            }
        }
        transaction.commit()
    }

    pub(super) fn curves(&self, connection: &mut Connection) -> rusqlite::Result<()> {
        let transaction = connection.transaction()?;
        {
            let mut insert = transaction.prepare("insert into _curves values (?, ?, ?, ?, ?)")?;
            for curve in self.records.iter().flat_map(|record| &record.curves) {
                // What stays bound need not be bound again for every epoch.
                insert.raw_bind_parameter(1, &curve.name)?;
                insert.raw_bind_parameter(2, &curve.layer)?;
                for (epoch, value) in (i64::from(curve.first_epoch)..).zip(&curve.values) {
                    insert.raw_bind_parameter(3, epoch)?;
                    insert.raw_bind_parameter(4, value.number())?;
                    insert.raw_bind_parameter(5, value.reason())?;
                    insert.raw_execute()?;
                }
            }
        }
        transaction.commit()
    }

    pub(super) fn tables(&self, connection: &mut Connection) -> rusqlite::Result<()> {
        let transaction = connection.transaction()?;
        {
            let mut insert = transaction.prepare("insert into _tables values (?, ?, ?, ?, ?)")?;
            for table in self.records.iter().flat_map(|record| &record.tables) {
                let cells = table
                    .rows
                    .iter()
                    .flat_map(|row| table.columns.iter().map(move |column| (row, column)));
                for ((row, column), count) in cells.zip(&table.counts) {
                    insert.execute(params![table.name, table.layer, row, column, count])?;
                }
            }
        }
        transaction.commit()
    }

    fn insert_placement(
        &self,
        insert: &mut Statement<'_>,
        study: &str,
        placement: &Placement,
        axes: &[String],
    ) -> rusqlite::Result<()> {
        let outcome = self.contents.records.get(&placement.job).map(|record| &record.outcome);
        let provenance = self.contents.provenance.get(&placement.job);
        let none = Rows { results: (1, 0), curves: (1, 0), tables: (1, 0) };
        let rows = self.rows.get(&placement.job).copied().unwrap_or(none);
        let axes: Vec<_> = axes.iter().map(|axis| position(placement.axes.get(axis))).collect();
        let memory = provenance.map(|provenance| provenance.peak_memory_bytes.cast_signed());
        let mut cells: Vec<&dyn ToSql> = vec![&study, &placement.model, &placement.seed];
        cells.extend(axes.iter().map(|axis| axis as &dyn ToSql));
        let (job, kind) = (placement.job.as_str(), placement.kind.word());
        let word = outcome.map_or("pending", Outcome::word);
        let reason = outcome.and_then(Outcome::reason);
        let tool = provenance.map(|provenance| &provenance.tool);
        let level = provenance.map(|provenance| &provenance.level);
        let threads = provenance.map(|provenance| provenance.threads);
        let seconds = provenance.map(|provenance| provenance.wall_seconds);
        cells.extend([&job as &dyn ToSql, &kind, &word, &reason]);
        cells.extend([&tool as &dyn ToSql, &level, &threads, &seconds, &memory]);
        for (first, last) in [&rows.results, &rows.curves, &rows.tables] {
            cells.extend([first as &dyn ToSql, last]);
        }
        insert.execute(params_from_iter(cells))?;
        Ok(())
    }
}

fn after((_, last): (i64, i64), count: usize) -> (i64, i64) {
    (last + 1, last + count as i64)
}

/// A whole number is an integer to SQL, so that `30` is shown as `30`.
fn position(axis: Option<&Axis>) -> types::Value {
    match axis {
        None => types::Value::Null,
        Some(Axis::Text(text)) => types::Value::Text(text.clone()),
        Some(Axis::Number(number)) if number.fract() == 0.0 && number.abs() < 9e15 => {
            types::Value::Integer(*number as i64)
        }
        Some(Axis::Number(number)) => types::Value::Real(*number),
    }
}
