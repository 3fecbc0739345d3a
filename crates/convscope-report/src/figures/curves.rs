//! Curves: averages along a numeric axis, thinned where they are long.

use std::collections::{BTreeMap, BTreeSet};

use super::spec;
use crate::{
    figure::FigureError,
    groups::{Groups, Key, Summary},
    numbers::{Unit, rounded},
    rows::Rows,
    table::{Column, Table},
};

/// How many points a curve has at most.
const LONGEST: usize = 200;

/// All curves of a chart.
pub(super) struct Curves {
    pub(super) facet: Option<Key>,
    pub(super) color: Option<Key>,
    pub(super) dash: Option<Key>,
    pub(super) all: Vec<Curve>,
    /// How many neighbouring places each point averages.
    pub(super) bin: usize,
    /// Rows without a number, and all rows.
    pub(super) missing: (usize, usize),
}

/// One curve: where it belongs, and its points from left to right.
pub(super) struct Curve {
    /// Places of its levels among those of facet, color and dash, as far as these exist.
    levels: Vec<usize>,
    /// Place along x, and what the replicates say there.
    pub(super) points: Vec<(f64, Summary)>,
}

impl Curves {
    /// Averages rows over replicates; `keys` are facet, color and dash.
    pub(super) fn of(
        rows: &Rows,
        keys: [Option<&str>; 3],
        x: &str,
        y: &str,
    ) -> Result<Self, FigureError> {
        let columns: Vec<&str> = keys.into_iter().flatten().chain([x]).collect();
        let groups = Groups::of(rows, &columns, y)?;
        let missing = groups.missing();
        let mut curves = averaged(&groups, x)?;
        let longest = curves.iter().map(|curve| curve.points.len()).max().unwrap_or(0);
        let bin = longest.div_ceil(LONGEST).max(1);
        for curve in &mut curves {
            curve.points = curve.points.chunks(bin).map(binned).collect();
        }
        let mut found = groups.keys.into_iter();
        let mut key = |column: Option<&str>| column.and_then(|_| found.next());
        let [facet, color, dash] = keys;
        let (facet, color, dash) = (key(facet), key(color), key(dash));
        Ok(Self { facet, color, dash, all: curves, bin, missing })
    }

    /// Returns the names of a curve's facet, color and dash, as far as these exist.
    pub(super) fn names(&self, curve: &Curve) -> Vec<&str> {
        let keys = [&self.facet, &self.color, &self.dash].into_iter().flatten();
        keys.zip(&curve.levels).map(|(key, level)| key.levels[*level].name.as_str()).collect()
    }

    /// Returns how many points the longest curve has.
    pub(super) fn longest(&self) -> usize {
        self.all.iter().map(|curve| curve.points.len()).max().unwrap_or(0)
    }

    /// Returns whether any point has an interval.
    pub(super) fn has_interval(&self) -> bool {
        self.summaries().any(|summary| summary.low.is_some())
    }

    /// Returns every place along x, ascending.
    pub(super) fn places(&self) -> Vec<f64> {
        let points = self.all.iter().flat_map(|curve| &curve.points);
        let mut places: Vec<f64> = points.map(|(place, _)| rounded(*place)).collect();
        places.sort_by(f64::total_cmp);
        places.dedup();
        places
    }

    /// Returns what the replicates say at every point.
    pub(super) fn summaries(&self) -> impl Iterator<Item = &Summary> {
        self.all.iter().flat_map(|curve| curve.points.iter().map(|(_, summary)| summary))
    }
}

/// Returns the readers' table: a row for each place, a column for each curve.
pub(super) fn table(curves: &Curves, x: &str, y: &str, unit: Unit) -> Table {
    let counts: BTreeSet<usize> = curves.summaries().map(|summary| summary.count).collect();
    let common = (counts.len() == 1).then(|| counts.first().copied().unwrap_or(0));
    let heads = curves.all.iter().map(|curve| match curves.names(curve).join(", ") {
        name if name.is_empty() => y.to_owned(),
        name => name,
    });
    let columns = std::iter::once(Column::numbers(spec::words(x)))
        .chain(heads.map(Column::numbers))
        .collect();
    let mut cells: BTreeMap<(usize, u64), String> = BTreeMap::new();
    for (place, curve) in curves.all.iter().enumerate() {
        for (x, summary) in &curve.points {
            cells.insert((place, rounded(*x).to_bits()), cell(summary, unit, common));
        }
    }
    let row = |x: f64| {
        let cells = (0..curves.all.len())
            .map(|curve| cells.get(&(curve, x.to_bits())).cloned().unwrap_or_else(|| "–".into()));
        std::iter::once(Unit::Number.show(x)).chain(cells).collect()
    };
    Table {
        caption: caption(y, unit, common),
        columns,
        rows: curves.places().into_iter().map(row).collect(),
    }
}

fn caption(y: &str, unit: Unit, common: Option<usize>) -> String {
    let replicates = common.map_or("number of replicates".into(), |n| format!("n = {n} each"));
    format!("{y}{}: mean, 95 % interval, {replicates}", unit.suffix())
}

fn cell(summary: &Summary, unit: Unit, common: Option<usize>) -> String {
    let interval = match (summary.low, summary.high) {
        (Some(low), Some(high)) => format!(" [{}, {}]", unit.bare(low), unit.bare(high)),
        _ => String::new(),
    };
    let count = if common.is_none() { format!(" n={}", summary.count) } else { String::new() };
    unit.bare(summary.mean) + &interval + &count
}

/// Averages the replicates at every place of every curve.
fn averaged(groups: &Groups, x: &str) -> Result<Vec<Curve>, FigureError> {
    let axis = groups.keys.last().expect("x is always a key");
    let mut curves: BTreeMap<&[usize], Vec<(f64, Summary)>> = BTreeMap::new();
    for (levels, sample) in &groups.samples {
        let (place, levels) = levels.split_last().expect("x is always a key");
        let level = &axis.levels[*place];
        let along = level.number.ok_or_else(|| FigureError::NotANumber {
            column: x.into(),
            text: level.name.clone(),
        })?;
        if let Some(summary) = sample.summary() {
            curves.entry(levels).or_default().push((along, summary));
        }
    }
    let curve = |(levels, points): (&[usize], _)| Curve { levels: levels.into(), points };
    Ok(curves.into_iter().map(curve).collect())
}

/// Averages neighbouring points: means and ends of intervals alike.
///
/// The band of the average would be narrower; how much depends on how fast a curve forgets, so the
/// mean of the bands is kept, which is never too narrow.
fn binned(points: &[(f64, Summary)]) -> (f64, Summary) {
    let n = points.len() as f64;
    let mean_of = |part: fn(&Summary) -> Option<f64>| {
        let sum: Option<f64> = points.iter().map(|(_, summary)| part(summary)).sum();
        sum.map(|sum| sum / n)
    };
    let place = points.iter().map(|(place, _)| place).sum::<f64>() / n;
    let mean = points.iter().map(|(_, summary)| summary.mean).sum::<f64>() / n;
    let count = points.iter().map(|(_, summary)| summary.count).min().unwrap_or(0);
    (place, Summary { mean, low: mean_of(|it| it.low), high: mean_of(|it| it.high), count })
}

#[cfg(test)]
mod tests {
    use super::{Curves, table};
    use crate::{
        numbers::Unit,
        rows::{Cell, Rows},
    };

    fn rows(epochs: i64) -> Rows {
        let row = |seed: i64, epoch: i64| {
            vec![Cell::Integer(seed), Cell::Integer(epoch), Cell::Real((epoch * seed) as f64)]
        };
        Rows {
            columns: ["seed", "epoch", "value"].map(String::from).into(),
            rows: (1..=3)
                .flat_map(|seed| (1..=epochs).map(move |epoch| row(seed, epoch)))
                .collect(),
        }
    }

    #[test]
    fn short_curves_are_kept_whole() {
        let curves = Curves::of(&rows(200), [None; 3], "epoch", "value").unwrap();
        assert_eq!((curves.bin, curves.longest()), (1, 200));
        let (x, summary) = curves.all[0].points[9];
        assert_eq!((x, summary.mean, summary.count), (10.0, 20.0, 3));
    }

    #[test]
    fn long_curves_are_averaged_over_equal_bins() {
        let curves = Curves::of(&rows(500), [None; 3], "epoch", "value").unwrap();
        assert_eq!((curves.bin, curves.longest()), (3, 167));
        let (x, summary) = curves.all[0].points[0];
        assert_eq!((x, summary.mean, summary.count), (2.0, 4.0, 3));
        // t(2) · sd / √3 with sd = epoch, averaged over epochs 1 to 3.
        assert!((summary.high.unwrap() - (4.0 + 4.302_653 * 2.0 / 3f64.sqrt())).abs() < 1e-5);
    }

    #[test]
    fn the_table_states_mean_interval_and_replicates() {
        let curves = Curves::of(&rows(2), [None; 3], "epoch", "value").unwrap();
        let table = table(&curves, "epoch", "loss", Unit::Number);
        assert_eq!(table.caption, "loss: mean, 95 % interval, n = 3 each");
        assert_eq!(table.rows[0], ["1", "2 [−0.4841, 4.484]"]);
    }

    #[test]
    fn an_axis_of_words_is_refused() {
        let mut rows = rows(1);
        rows.rows[0][1] = Cell::Text("first".into());
        let error = Curves::of(&rows, [None; 3], "epoch", "value").err().unwrap();
        assert_eq!(error.to_string(), "column `epoch` must hold numbers, but holds `first`");
    }
}
