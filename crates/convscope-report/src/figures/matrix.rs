//! Means over replicates in a matrix, such as a confusion matrix.

use std::collections::BTreeMap;

use convscope_core::{Entry, registry};
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Averages, Drawing, Mark,
    spec::{self, Size},
};
use crate::{
    figure::{Chart, FigureError},
    groups::{Groups, Key, Summary},
    numbers::{self, Unit},
    table::{Column, Table},
};

pub(super) const ENTRY: Entry<dyn Mark> = Entry {
    id: "matrix",
    about: "means of rows by columns, with the numbers in the cells",
    source: "textbook",
    build: |settings| Ok(Box::new(registry::read::<Matrix>(settings)?)),
    canonical: registry::canonical::<Matrix>,
    schema: SchemaGenerator::subschema_for::<Matrix>,
};

/// Means over replicates in a matrix, with the numbers in the cells.
///
/// With `share`, every cell is divided by the sum of its row, so that a row of a confusion matrix
/// says where the images of one class went. Shares are made of the mean counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Matrix {
    /// The column that names the matrix's rows.
    pub row: String,
    /// The column that names the matrix's columns.
    pub column: String,
    /// The column that is averaged.
    pub value: String,
    /// The column whose values have a matrix each.
    pub facet: Option<String>,
    /// Whether cells are shares of their row, in percent.
    pub share: bool,
    /// The ends of the colour scale; without them it runs from 0 to the largest mean.
    pub domain: Option<[f64; 2]>,
    /// What the rows are called, if not as their column.
    pub title_row: Option<String>,
    /// What the columns are called, if not as their column.
    pub title_column: Option<String>,
}

impl Default for Matrix {
    fn default() -> Self {
        Self {
            row: "row".into(),
            column: "column".into(),
            value: "count".into(),
            facet: Some("model".into()),
            share: false,
            domain: None,
            title_row: None,
            title_column: None,
        }
    }
}

/// A cell: the places of its facet (if there are facets), row and column, and what it holds.
struct Square<'a> {
    levels: &'a [usize],
    summary: Summary,
}

impl Mark for Matrix {
    fn columns(&self) -> Vec<&str> {
        let facet = self.facet.as_deref();
        [&self.row, &self.column, &self.value]
            .into_iter()
            .map(String::as_str)
            .chain(facet)
            .collect()
    }

    fn draw(&self, chart: &Chart) -> Result<Drawing, FigureError> {
        let keys: Vec<&str> =
            self.facet.as_deref().into_iter().chain([&*self.row, &*self.column]).collect();
        let groups = Groups::of(&chart.rows, &keys, &self.value)?;
        let squares = self.squares(&groups);
        let [.., rows, columns] = groups.keys.as_slice() else {
            unreachable!("row and column are always keys")
        };
        let facet = self.facet.as_ref().and(groups.keys.first());
        let names = columns.levels.iter().map(|level| level.name.chars().count());
        let size = Size::Cells { across: columns.levels.len(), letters: names.max().unwrap_or(0) };
        let layers = self.layers(rows, columns, self.colour_ends(&squares));
        Ok(Drawing {
            spec: spec::chart(self.heading(), &layers, facet, &[], &size),
            averages: self.averages(&groups, &squares),
            table: self.table(&groups, &squares),
            notes: self.notes(&groups, &squares),
        })
    }
}

impl Matrix {
    fn squares<'a>(&self, groups: &'a Groups) -> Vec<Square<'a>> {
        let mut squares: Vec<Square> = groups
            .samples
            .iter()
            .filter_map(|(levels, sample)| Some(Square { levels, summary: sample.summary()? }))
            .collect();
        if self.share {
            let mut sums: BTreeMap<&[usize], f64> = BTreeMap::new();
            for square in &squares {
                *sums.entry(square.row()).or_default() += square.summary.mean;
            }
            for square in &mut squares {
                let sum = sums[square.row()];
                square.summary = divided(square.summary, sum);
            }
            squares.retain(|square| square.summary.mean.is_finite());
        }
        squares
    }

    fn layers(&self, rows: &Key, columns: &Key, ends: [f64; 2]) -> Vec<Value> {
        let axis = |field: &str, key: &Key, title: String| {
            json!({ "field": field, "type": "ordinal", "sort": spec::names(&key.levels),
                    "scale": { "paddingInner": 0.04, "paddingOuter": 0 },
                    "axis": { "title": title, "labelAngle": 0, "ticks": false, "domain": false,
                              "grid": false, "labelLimit": 160 } })
        };
        let place = json!({
            "x": axis("column", columns, spec::axis_title(self.title_column.as_ref(), &self.column)),
            "y": axis("row", rows, spec::axis_title(self.title_row.as_ref(), &self.row)),
        });
        let with = |name: &str, channel: Value| {
            let mut encoding = place.clone();
            encoding[name] = channel;
            encoding
        };
        let colour = json!({ "field": "mean", "type": "quantitative", "legend": null,
                             "scale": { "domain": ends, "range": ["@ramp-low", "@ramp-high"],
                                        "clamp": true, "interpolate": "rgb" } });
        let mut squares = with("color", colour);
        squares["tooltip"] = json!(self.tooltips());
        // Above this share of the ramp the light ink of the strong end reads better.
        let strong = ends[0] + 0.6 * (ends[1] - ends[0]);
        let ink = json!({ "value": "@ink", "condition":
                          { "test": format!("datum.mean > {strong}"), "value": "@on-strong" } });
        let mut numbers = with("color", ink);
        numbers["text"] = json!({ "field": "shown", "type": "nominal" });
        vec![
            json!({ "mark": { "type": "rect", "cornerRadius": 2 }, "encoding": squares }),
            json!({ "mark": { "type": "text", "fontSize": 12, "tooltip": null },
                    "encoding": numbers }),
        ]
    }

    fn tooltips(&self) -> Vec<Value> {
        let mut all = vec![
            json!({ "field": "row", "title": self.row }),
            json!({ "field": "column", "title": self.column }),
        ];
        all.extend(spec::tooltips(self.unit()));
        all
    }

    fn averages(&self, groups: &Groups, squares: &[Square]) -> Averages {
        let mut fields: Vec<(&'static str, String)> = Vec::new();
        fields.extend(self.facet.as_ref().map(|column| ("facet", column.clone())));
        fields.extend([("row", self.row.clone()), ("column", self.column.clone())]);
        fields.extend(["mean", "low", "high", "n", "shown"].map(|name| (name, name.into())));
        let row = |square: &Square| {
            let names = names(groups, square).map(Value::from);
            let shown = json!(self.shown(square.summary.mean));
            names.chain(spec::embedded(&square.summary)).chain([shown]).collect()
        };
        Averages { fields, rows: squares.iter().map(row).collect() }
    }

    fn table(&self, groups: &Groups, squares: &[Square]) -> Table {
        let words = groups.keys.iter().map(|key| Column::words(spec::words(&key.column)));
        let numbers = ["mean", "95 % from", "95 % to", "n"].map(Column::numbers);
        let unit = self.unit();
        let end = |end: Option<f64>| end.map_or_else(|| "–".into(), |end| unit.bare(end));
        let row = |square: &Square| {
            let Summary { mean, low, high, count } = square.summary;
            let words = names(groups, square).map(str::to_owned);
            words.chain([unit.bare(mean), end(low), end(high), count.to_string()]).collect()
        };
        Table {
            caption: format!("{}{}", self.heading(), unit.suffix()),
            columns: words.chain(numbers).collect(),
            rows: squares.iter().map(row).collect(),
        }
    }

    fn notes(&self, groups: &Groups, squares: &[Square]) -> Vec<String> {
        let replicates = squares.iter().map(|square| square.summary.count);
        let (least, most) = (replicates.clone().min(), replicates.max());
        let over = match (least, most) {
            (Some(least), Some(most)) if least == most => numbers::counted(most, "replicate"),
            (Some(least), Some(most)) => format!("{least} to {most} replicates"),
            _ => "no replicates".into(),
        };
        let reading = if self.share {
            format!("Cells are shares of their row in percent, means over {over}.")
        } else {
            format!("Cells are means over {over}.")
        };
        [Some(reading), spec::missing_note(groups.missing())].into_iter().flatten().collect()
    }

    fn colour_ends(&self, squares: &[Square]) -> [f64; 2] {
        self.domain.unwrap_or_else(|| {
            let most = squares.iter().map(|square| square.summary.mean).fold(0.0, f64::max);
            let least = squares.iter().map(|square| square.summary.mean).fold(0.0, f64::min);
            [least, if self.share { 1.0 } else { most.max(least + f64::MIN_POSITIVE) }]
        })
    }

    fn heading(&self) -> &str {
        if self.share { "share of the row" } else { &self.value }
    }

    fn unit(&self) -> Unit {
        if self.share { Unit::Percent } else { Unit::Number }
    }

    /// Writes a cell short: its square is small.
    fn shown(&self, mean: f64) -> String {
        if self.share {
            return format!("{:.0}", mean * 100.0);
        }
        let digits = if mean.abs() >= 100.0 { 0 } else { 2 - usize::from(mean.abs() >= 10.0) };
        let text = format!("{mean:.digits$}");
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').replace('-', "−")
        } else {
            text.replace('-', "−")
        }
    }
}

impl<'a> Square<'a> {
    /// Returns which facet and row it stands in.
    fn row(&self) -> &'a [usize] {
        self.levels.split_last().map_or(&[], |(_, row)| row)
    }
}

fn divided(summary: Summary, by: f64) -> Summary {
    Summary {
        mean: summary.mean / by,
        low: summary.low.map(|low| low / by),
        high: summary.high.map(|high| high / by),
        count: summary.count,
    }
}

fn names<'a>(groups: &'a Groups, square: &'a Square) -> impl Iterator<Item = &'a str> {
    let keys = groups.keys.iter().zip(square.levels);
    keys.map(|(key, level)| key.levels[*level].name.as_str())
}
