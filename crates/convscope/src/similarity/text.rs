//! Results for a terminal.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use convscope_store::{Cell as Entry, Rows};

use super::pairs;
use super::results::{Cell, Results, Table};

/// With more columns than this a table does not fit a terminal, and the best of each row is told.
const WIDEST: usize = 12;

/// Writes tables: one for all measures where there is one pair, else one for each measure.
pub(crate) fn written(results: &Results) -> String {
    let mut text = String::new();
    let [rows, columns] = results.sides.each_ref().map(|side| side.layers.len());
    if rows * columns == 1 {
        text.push_str(&one_pair(results).to_text());
    } else {
        for table in &results.tables {
            let _ = writeln!(text, "{}", table.title());
            text.push_str(&of_table(results, table).to_text());
            text.push('\n');
        }
    }
    if !results.pairs.is_empty() {
        text.push('\n');
        text.push_str(&pairs::text::written(&results.pairs));
    }
    for (caveat, count) in caveats(results) {
        let _ = writeln!(text, "caveat ({count}): {caveat}");
    }
    text
}

/// A line for each measure.
fn one_pair(results: &Results) -> Rows {
    let mut columns = vec!["measure", "value", "by chance", "z"];
    let tested = results.settings.permutations.is_some();
    let sure = results.settings.bootstrap.is_some();
    if tested {
        columns.push("p");
    }
    if sure {
        columns.extend(["from", "to"]);
    }
    let row = |table: &Table| {
        let cell = &table.cells[0][0];
        let score = &cell.score;
        let mut row = vec![Entry::Text(table.title())];
        let values = [&score.value, &score.null_mean, &score.z];
        let tests = if tested { &[&cell.p][..] } else { &[] };
        let ends = if sure { &[&cell.low, &cell.high][..] } else { &[] };
        row.extend(
            values.into_iter().chain(tests.iter().copied()).chain(ends.iter().copied()).map(number),
        );
        row
    };
    Rows {
        columns: columns.into_iter().map(str::to_owned).collect(),
        rows: results.tables.iter().map(row).collect(),
    }
}

/// All pairs of a measure, or the best of each row.
fn of_table(results: &Results, table: &Table) -> Rows {
    let [a, b] = results
        .sides
        .each_ref()
        .map(|side| side.layers.iter().map(|layer| layer.name.clone()).collect::<Vec<_>>());
    if b.len() <= WIDEST {
        let rows = a.iter().zip(&table.cells).map(|(name, cells)| {
            let cells = cells.iter().map(rounded);
            std::iter::once(Entry::Text(name.clone())).chain(cells).collect()
        });
        let columns = std::iter::once(String::new()).chain(b).collect();
        return Rows { columns, rows: rows.collect() };
    }
    let rows = a.iter().zip(&table.cells).map(|(name, cells)| {
        let best = best(table, cells);
        let (other, value, z) = best.map_or((Entry::Null, Entry::Null, Entry::Null), |place| {
            let score = &cells[place].score;
            (Entry::Text(b[place].clone()), number(&score.value), number(&score.z))
        });
        vec![Entry::Text(name.clone()), other, value, z]
    });
    Rows {
        columns: ["layer", "most alike", "value", "z"].map(String::from).into(),
        rows: rows.collect(),
    }
}

/// Returns the column of the most alike layer.
fn best(table: &Table, cells: &[Cell]) -> Option<usize> {
    let sign = if table.sense == convscope_measure::Sense::Distance { -1.0 } else { 1.0 };
    let known = cells.iter().enumerate();
    let known = known.filter_map(|(place, cell)| Some((place, sign * cell.score.value.number()?)));
    known
        .fold(None, |best: Option<(usize, f64)>, (place, value)| match best {
            Some((_, most)) if most >= value => best,
            _ => Some((place, value)),
        })
        .map(|(place, _)| place)
}

fn number(value: &convscope_core::Value) -> Entry {
    value.number().map_or(Entry::Null, Entry::Real)
}

/// Rounds to what a glance can take in.
fn rounded(cell: &Cell) -> Entry {
    let Some(value) = cell.score.value.number() else { return Entry::Null };
    if value.abs() >= 10.0 {
        return Entry::Real(value);
    }
    Entry::Real((value * 1e3).round() / 1e3 + 0.0)
}

/// Returns every caveat, and every reason for a missing value, with how many scores have it.
pub(crate) fn caveats(results: &Results) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut reasons: BTreeMap<&str, (Vec<String>, usize)> = BTreeMap::new();
    for table in &results.tables {
        for cell in table.cells.iter().flatten() {
            for caveat in &cell.score.caveats {
                *counts.entry(caveat.to_string()).or_default() += 1;
            }
            if let Some(reason) = cell.score.value.reason() {
                let (titles, count) = reasons.entry(reason).or_default();
                if titles.last() != Some(&table.title()) {
                    titles.push(table.title());
                }
                *count += 1;
            }
        }
    }
    let reasons = reasons.into_iter().map(|(reason, (titles, count))| {
        (format!("no value of {}: {reason}", titles.join("; ")), count)
    });
    counts.into_iter().chain(reasons).collect()
}
