//! Heat maps and listings: colours, words, and the tables behind.

use crate::{
    figure::{FigureError, HeatCell, HeatMap, Listing},
    numbers::Unit,
    ramp,
    table::{Column, Table},
};

/// With more columns than this the squares are too small for numbers.
const WRITTEN: usize = 16;

impl HeatMap {
    /// Checks that there are cells, as many as rows and columns ask for.
    pub(crate) fn check(&self) -> Result<(), FigureError> {
        let wanted = self.rows.len() * self.columns.len();
        let came: usize = self.cells.iter().map(Vec::len).sum();
        if wanted == 0 {
            return Err(FigureError::NoRows);
        }
        let fits = self.cells.len() == self.rows.len()
            && self.cells.iter().all(|row| row.len() == self.columns.len());
        if !fits {
            let what = format!("the heat map `{}`", self.id);
            return Err(FigureError::Shape { what, wanted, came });
        }
        Ok(())
    }

    /// Returns the number of the strongest colour: the largest there is, and no less than what a
    /// full score is.
    pub(crate) fn limit(&self) -> f64 {
        let values = self.cells.iter().flatten().filter_map(|cell| cell.value);
        values.map(f64::abs).fold(self.full.unwrap_or(0.0), f64::max)
    }

    /// Returns whether the numbers stand in the squares.
    pub(crate) fn written(&self) -> bool {
        self.columns.len() <= WRITTEN
    }

    /// Returns the classes of a cell: its colour, and the ink that can be read on it.
    pub(crate) fn classes(cell: &HeatCell, limit: f64) -> String {
        let Some(value) = cell.value else { return "none".into() };
        let step = ramp::step(value, limit);
        let middle = ramp::STEPS / 2;
        // On a dark page colours are bright sooner than they are dark on a light one.
        let ink = match step.abs_diff(middle) * 100 / middle {
            75.. => " strong",
            45.. => " mid",
            _ => "",
        };
        format!("k{step}{ink}")
    }

    /// Returns what a cell says where there is room for one word.
    pub(crate) fn short(cell: &HeatCell) -> String {
        cell.value.map_or_else(
            || "–".into(),
            |value| {
                let text = if value.abs() >= 100.0 {
                    format!("{value:.0}")
                } else {
                    format!("{value:.2}")
                };
                if text == "-0.00" { "0.00".into() } else { text.replace('-', "−") }
            },
        )
    }

    /// Returns everything that is known of a cell, a line each.
    pub(crate) fn words(&self, row: usize, column: usize) -> String {
        let cell = &self.cells[row][column];
        let value = cell.value.map_or_else(|| "–".into(), |value| Unit::Number.show(value));
        let facts = self.facts.iter().zip(&cell.facts).filter(|(_, fact)| !fact.is_empty());
        let facts: Vec<String> = facts.map(|(name, fact)| format!("{name}: {fact}")).collect();
        format!("{} × {}: {value}\n{}", self.rows[row], self.columns[column], facts.join("\n"))
    }

    /// Returns the table behind it: a row for each cell.
    pub(crate) fn table(&self) -> Table {
        let words = [&self.row_title, &self.column_title].map(Column::words);
        let facts = std::iter::once(&self.value_title).chain(&self.facts).map(Column::numbers);
        let mut rows = Vec::new();
        for (row, cells) in self.rows.iter().zip(&self.cells) {
            for (column, cell) in self.columns.iter().zip(cells) {
                let value = cell.value.map_or_else(|| "–".into(), |value| Unit::Number.show(value));
                let names = [row.clone(), column.clone(), value];
                rows.push(names.into_iter().chain(cell.facts.iter().cloned()).collect());
            }
        }
        Table {
            caption: format!("{}, every pair", self.title),
            columns: words.into_iter().chain(facts).collect(),
            rows,
        }
    }
}

impl Listing {
    /// Returns the rows with their heads.
    pub(crate) fn table(&self) -> Result<Table, FigureError> {
        if self.rows.is_empty() {
            return Err(FigureError::NoRows);
        }
        let wanted = self.columns.len();
        if let Some(odd) = self.rows.iter().find(|row| row.len() != wanted) {
            let what = format!("a row of the table `{}`", self.id);
            return Err(FigureError::Shape { what, wanted, came: odd.len() });
        }
        let columns = self.columns.iter().enumerate();
        let columns = columns.map(|(place, name)| {
            if place < self.words { Column::words(name) } else { Column::numbers(name) }
        });
        Ok(Table {
            caption: self.title.clone(),
            columns: columns.collect(),
            rows: self.rows.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{HeatCell, HeatMap};

    #[test]
    fn cells_are_written_short_and_coloured_by_their_share_of_the_limit() {
        let cell = |value| HeatCell { value, ..HeatCell::default() };
        assert_eq!(HeatMap::short(&cell(Some(-0.001))), "0.00");
        assert_eq!(HeatMap::short(&cell(Some(-0.25))), "−0.25");
        assert_eq!(HeatMap::short(&cell(Some(905.003))), "905");
        assert_eq!(HeatMap::short(&cell(None)), "–");
        assert_eq!(HeatMap::classes(&cell(Some(0.0)), 1.0), "k16");
        assert_eq!(HeatMap::classes(&cell(Some(0.5)), 1.0), "k24 mid");
        assert_eq!(HeatMap::classes(&cell(Some(-1.0)), 1.0), "k0 strong");
        assert_eq!(HeatMap::classes(&cell(None), 1.0), "none");
    }
}
