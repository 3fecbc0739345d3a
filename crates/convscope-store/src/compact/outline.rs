//! Which numbers a record has.

use serde::{Deserialize, Serialize};

use super::long::Numbers;
use crate::{Curve, Named, Record, Table};

/// The names of a record's numbers, in their order.
#[derive(Serialize, Deserialize)]
pub(super) struct Outline {
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
    /// Leaves the numbers away.
    pub(super) fn of(record: &Record) -> Self {
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

    /// Puts the numbers back; `None` when there are too few.
    pub(super) fn rebuild(
        self,
        numbers: &mut Numbers,
    ) -> Option<(Vec<Named>, Vec<Curve>, Vec<Table>)> {
        let value = |(name, layer)| Some(Named { name, layer, value: numbers.take_value()? });
        let values = self.values.into_iter().map(value).collect::<Option<_>>()?;
        let curve = |CurveOutline { name, layer, first_epoch, length }| {
            Some(Curve { name, layer, first_epoch, values: numbers.take_values(length)? })
        };
        let curves = self.curves.into_iter().map(curve).collect::<Option<_>>()?;
        let table = |TableOutline { name, layer, rows, columns }| {
            let counts = numbers.take_numbers(rows.len() * columns.len())?;
            Some(Table { name, layer, rows, columns, counts })
        };
        let tables = self.tables.into_iter().map(table).collect::<Option<_>>()?;
        Some((values, curves, tables))
    }
}
