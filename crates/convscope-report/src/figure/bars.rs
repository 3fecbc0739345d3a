//! Shares of things of several kinds, each beside what it would be by chance.

use super::FigureError;
use crate::numbers::{self, Unit};
use crate::table::{Column, Table};

/// A bar for each kind of thing, with a mark where chance would let it end.
///
/// All bars share one scale, which begins at 0.
#[derive(Debug, Clone, Default)]
pub struct Bars {
    /// The name, unique in its section.
    pub id: String,
    /// The title.
    pub title: String,
    /// What the reader should know; may be empty.
    pub note: String,
    /// What is counted ("kernel").
    pub thing: String,
    /// What the marks of each bar are, by kind of chance; two are told apart by their strokes.
    pub marks: Vec<String>,
    /// How the numbers are written.
    pub unit: Unit,
    /// The bars, from the top.
    pub bars: Vec<Bar>,
}

/// How much there is of one kind.
#[derive(Debug, Clone, Default)]
pub struct Bar {
    /// Its name ("identical-columns").
    pub name: String,
    /// What it means, in a sentence; may be empty.
    pub about: String,
    /// How many things are of this kind.
    pub count: usize,
    /// Where the bar ends; not below 0.
    pub value: f64,
    /// Where it would end by chance, one number for each of [`Bars::marks`].
    pub marks: Vec<f64>,
}

impl Bars {
    /// Checks that there are bars, with as many marks as are named.
    pub(crate) fn check(&self) -> Result<(), FigureError> {
        if self.bars.is_empty() {
            return Err(FigureError::NoRows);
        }
        for bar in &self.bars {
            let (wanted, came) = (self.marks.len(), bar.marks.len());
            if wanted != came {
                let what = format!("chance of `{}` in `{}`", bar.name, self.id);
                return Err(FigureError::Shape { what, wanted, came });
            }
        }
        Ok(())
    }

    /// Returns where the scale ends: the largest number of bars and marks, or 1 where all are 0.
    pub(crate) fn limit(&self) -> f64 {
        let all = self.bars.iter().flat_map(|bar| bar.marks.iter().chain([&bar.value]));
        let most = all.fold(0.0, |most: f64, value| most.max(*value));
        if most > 0.0 { most } else { 1.0 }
    }

    /// Returns the table behind: a row for each bar.
    pub(crate) fn table(&self) -> Table {
        let suffix = self.unit.suffix();
        let heads = [format!("{}s", self.thing), format!("value{suffix}")].into_iter();
        let heads = heads.chain(self.marks.iter().map(|mark| format!("{mark}{suffix}")));
        let rows = self.bars.iter().map(|bar| {
            let numbers = [bar.value].into_iter().chain(bar.marks.iter().copied());
            let words = [bar.name.clone(), bar.about.clone(), bar.count.to_string()].into_iter();
            words.chain(numbers.map(|number| self.unit.bare(number))).collect()
        });
        let words = ["kind", "what it means"].map(Column::words).into_iter();
        Table {
            caption: format!("{}, with what chance alone would give", self.title),
            columns: words.chain(heads.map(Column::numbers)).collect(),
            rows: rows.collect(),
        }
    }
}

impl Bar {
    /// Says in words what it shows, for those who do not see it.
    pub(crate) fn words(&self, thing: &str, unit: Unit) -> String {
        let counted = numbers::counted(self.count, thing);
        format!("{}: {counted}, {}", self.name, unit.show(self.value))
    }
}
