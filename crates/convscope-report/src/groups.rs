//! Rows grouped by some columns, and what the numbers of a group say.

use std::collections::BTreeMap;

use convscope_core::{registry::nearest, stats};

use crate::{
    figure::FigureError,
    rows::{Cell, Rows},
};

/// Rows that share the values of the key columns are one group.
pub(crate) struct Groups {
    /// The key columns.
    pub(crate) keys: Vec<Key>,
    /// For each group the places of its levels, and its numbers; in the order of the levels.
    pub(crate) samples: BTreeMap<Vec<usize>, Sample>,
}

/// A column that rows are grouped by.
pub(crate) struct Key {
    /// The column's name.
    pub(crate) column: String,
    /// Its different values: numbers ascending, words as they first appear.
    pub(crate) levels: Vec<Level>,
}

/// One value of a key column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Level {
    /// How it is written.
    pub(crate) name: String,
    /// The number, where it is one.
    pub(crate) number: Option<f64>,
}

/// The numbers of one group.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Sample {
    /// The numbers there are.
    pub(crate) numbers: Vec<f64>,
    /// How many rows have none.
    pub(crate) missing: usize,
}

/// A mean with its 95 % interval, where there are numbers enough for one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Summary {
    pub(crate) mean: f64,
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
    pub(crate) count: usize,
}

impl Groups {
    /// Groups rows by `keys` and collects the column `value`.
    pub(crate) fn of(rows: &Rows, keys: &[&str], value: &str) -> Result<Self, FigureError> {
        let value_place = place(rows, value)?;
        let places: Vec<usize> =
            keys.iter().map(|key| place(rows, key)).collect::<Result<_, _>>()?;
        if rows.rows.is_empty() {
            return Err(FigureError::NoRows);
        }
        let columns: Vec<Coded> = places.iter().map(|&place| Coded::of(rows, place)).collect();
        let mut samples: BTreeMap<Vec<usize>, Sample> = BTreeMap::new();
        for (row, cells) in rows.rows.iter().enumerate() {
            let group = columns.iter().map(|column| column.codes[row]).collect();
            samples.entry(group).or_default().add(&cells[value_place], value)?;
        }
        if samples.values().all(|sample| sample.numbers.is_empty()) {
            return Err(FigureError::NoNumbers { column: value.into(), rows: rows.rows.len() });
        }
        let keys = keys
            .iter()
            .zip(columns)
            .map(|(key, column)| Key { column: (*key).into(), levels: column.levels })
            .collect();
        Ok(Self { keys, samples })
    }

    /// Returns how many rows have no number, and how many there are.
    pub(crate) fn missing(&self) -> (usize, usize) {
        let missing = self.samples.values().map(|sample| sample.missing).sum();
        let numbers: usize = self.samples.values().map(|sample| sample.numbers.len()).sum();
        (missing, numbers + missing)
    }
}

impl Key {
    /// Returns whether all values are numbers.
    pub(crate) fn is_numeric(&self) -> bool {
        self.levels.iter().all(|level| level.number.is_some())
    }
}

impl Sample {
    /// Returns the mean and its interval; `None` without numbers.
    pub(crate) fn summary(&self) -> Option<Summary> {
        let mean = stats::mean(&self.numbers)?;
        let interval = stats::mean_interval(&self.numbers);
        let (low, high) = (interval.map(|it| it.low), interval.map(|it| it.high));
        Some(Summary { mean, low, high, count: self.numbers.len() })
    }

    fn add(&mut self, cell: &Cell, column: &str) -> Result<(), FigureError> {
        match cell {
            Cell::Null => self.missing += 1,
            Cell::Integer(whole) => self.numbers.push(*whole as f64),
            Cell::Real(number) => self.numbers.push(*number),
            Cell::Text(text) => {
                return Err(FigureError::NotANumber { column: column.into(), text: text.clone() });
            }
        }
        Ok(())
    }
}

/// A column whose cells are replaced by the places of their levels.
struct Coded {
    levels: Vec<Level>,
    codes: Vec<usize>,
}

impl Coded {
    fn of(rows: &Rows, place: usize) -> Self {
        let mut levels = Vec::new();
        let mut known: BTreeMap<(u8, u64, &str), usize> = BTreeMap::new();
        let mut codes = Vec::with_capacity(rows.rows.len());
        for cells in &rows.rows {
            let code = *known.entry(identity(&cells[place])).or_insert_with(|| {
                levels.push(Level::of(&cells[place]));
                levels.len() - 1
            });
            codes.push(code);
        }
        let sorted = sorted(&levels);
        let mut place_of = vec![0; levels.len()];
        for (new, &old) in sorted.iter().enumerate() {
            place_of[old] = new;
        }
        Self {
            levels: sorted.iter().map(|&old| levels[old].clone()).collect(),
            codes: codes.into_iter().map(|code| place_of[code]).collect(),
        }
    }
}

impl Level {
    fn of(cell: &Cell) -> Self {
        match cell {
            Cell::Null => Self { name: "–".into(), number: None },
            Cell::Integer(whole) => Self { name: whole.to_string(), number: Some(*whole as f64) },
            Cell::Real(number) => Self { name: number.to_string(), number: Some(*number) },
            Cell::Text(text) => Self { name: text.clone(), number: None },
        }
    }
}

/// Whole numbers and floats of the same value are one level.
fn identity(cell: &Cell) -> (u8, u64, &str) {
    match cell {
        Cell::Null => (0, 0, ""),
        Cell::Integer(whole) => (1, (*whole as f64).to_bits(), ""),
        Cell::Real(number) => (1, number.to_bits(), ""),
        Cell::Text(text) => (2, 0, text),
    }
}

/// Returns the levels' order: numbers ascending and before words, words as they came.
fn sorted(levels: &[Level]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..levels.len()).collect();
    order.sort_by(|&a, &b| match (levels[a].number, levels[b].number) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    order
}

fn place(rows: &Rows, column: &str) -> Result<usize, FigureError> {
    rows.columns.iter().position(|name| name == column).ok_or_else(|| FigureError::NoColumn {
        wanted: column.into(),
        have: rows.columns.join(", "),
        nearest: nearest(column, rows.columns.iter().map(String::as_str)),
    })
}

#[cfg(test)]
mod tests {
    use super::{Groups, Summary};
    use crate::{
        figure::FigureError,
        rows::{Cell, Rows},
    };

    fn rows() -> Rows {
        let row = |model: &str, images: i64, value: Cell| {
            vec![Cell::Text(model.into()), Cell::Integer(images), value]
        };
        Rows {
            columns: vec!["model".into(), "images".into(), "value".into()],
            rows: vec![
                row("mlp", 100, Cell::Real(1.0)),
                row("mlp", 100, Cell::Integer(3)),
                row("cnn", 10, Cell::Real(5.0)),
                row("cnn", 10, Cell::Null),
            ],
        }
    }

    #[test]
    fn numbers_ascend_and_words_stay_as_they_came() {
        let groups = Groups::of(&rows(), &["model", "images"], "value").unwrap();
        let names = |key: usize| {
            groups.keys[key].levels.iter().map(|level| level.name.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(names(0), ["mlp", "cnn"]);
        assert_eq!(names(1), ["10", "100"]);
        assert!(!groups.keys[0].is_numeric() && groups.keys[1].is_numeric());
    }

    #[test]
    fn missing_numbers_are_counted_not_averaged() {
        let groups = Groups::of(&rows(), &["model"], "value").unwrap();
        assert_eq!(groups.missing(), (1, 4));
        let cnn = groups.samples[&vec![1]].summary().unwrap();
        assert_eq!(cnn, Summary { mean: 5.0, low: None, high: None, count: 1 });
        let mlp = groups.samples[&vec![0]].summary().unwrap();
        assert!((mlp.high.unwrap() - (2.0 + 12.706_205)).abs() < 1e-5, "t(1) · √2 / √2");
    }

    #[test]
    fn what_cannot_be_drawn_is_said() {
        let misspelt = Groups::of(&rows(), &["modle"], "value").err().unwrap();
        assert!(misspelt.to_string().ends_with("did you mean `model`?"), "{misspelt}");
        let words = Groups::of(&rows(), &["images"], "model").err().unwrap();
        assert!(matches!(words, FigureError::NotANumber { .. }));
        let nothing = Rows { rows: Vec::new(), ..rows() };
        assert_eq!(Groups::of(&nothing, &["model"], "value").err(), Some(FigureError::NoRows));
    }
}
