//! Means over replicates for each category, with intervals and the single replicates.

use convscope_core::{Entry, registry};
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Averages, Drawing, Mark, scale,
    spec::{self, Size},
};
use crate::{
    figure::{Chart, FigureError},
    groups::{Groups, Key, Sample, Summary},
    numbers::{self, Unit},
    table::{Column, Table},
};

pub(super) const ENTRY: Entry<dyn Mark> = Entry {
    id: "interval",
    about: "means of categories with 95 % intervals and the single replicates",
    source: "Student 1908, doi:10.2307/2331554",
    build: |settings| Ok(Box::new(registry::read::<Interval>(settings)?)),
    canonical: registry::canonical::<Interval>,
    schema: SchemaGenerator::subschema_for::<Interval>,
};

/// Means over replicates for each category, with 95 % Student intervals.
///
/// Every row is one replicate, and stands as a faint tick beside its mean. The interval holds the
/// *mean* with 95 % confidence; overlapping intervals do not prove that two means are equal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Interval {
    /// The column of the categories.
    pub x: String,
    /// The column that is averaged.
    pub y: String,
    /// The column whose values are told apart by colour and symbol.
    pub color: Option<String>,
    /// The column whose values have a panel each.
    pub facet: Option<String>,
    /// Whether the categories stand below each other, which suits long names.
    pub horizontal: bool,
    /// The ends of the axis of numbers; without them it fits the numbers.
    pub domain_y: Option<[f64; 2]>,
    /// How the averaged numbers are written.
    pub unit: Unit,
    /// The value that guessing reaches, drawn as a dotted line.
    pub chance: Option<f64>,
    /// What x is called, if not as its column.
    pub title_x: Option<String>,
    /// What y is called, if not as its column.
    pub title_y: Option<String>,
}

impl Default for Interval {
    fn default() -> Self {
        Self {
            x: "model".into(),
            y: "value".into(),
            color: None,
            facet: None,
            horizontal: false,
            domain_y: None,
            unit: Unit::Number,
            chance: None,
            title_x: None,
            title_y: None,
        }
    }
}

impl Mark for Interval {
    fn columns(&self) -> Vec<&str> {
        let keys = [&self.facet, &self.color].into_iter().flatten();
        keys.chain([&self.x, &self.y]).map(String::as_str).collect()
    }

    fn draw(&self, chart: &Chart) -> Result<Drawing, FigureError> {
        let keys: Vec<&str> = [self.facet.as_deref(), self.color.as_deref(), Some(&self.x)]
            .into_iter()
            .flatten()
            .collect();
        let groups = Groups::of(&chart.rows, &keys, &self.y)?;
        let key = |column: Option<&String>| {
            column.and_then(|column| groups.keys.iter().find(|key| key.column == *column))
        };
        let (facet, color) = (key(self.facet.as_ref()), key(self.color.as_ref()));
        let layers = self.layers(&groups, color, &chart.series);
        let categories = groups.keys.last().map_or(0, |key| key.levels.len());
        let size = Size::Fill { rows: if self.horizontal { categories } else { 0 } };
        let heading = spec::axis_title(self.title_y.as_ref(), &self.y);
        Ok(Drawing {
            spec: spec::chart(&heading, &layers, facet, color.as_slice(), &size),
            averages: self.averages(&groups),
            table: self.table(&groups, &heading),
            notes: notes(&groups),
        })
    }
}

impl Interval {
    fn layers(&self, groups: &Groups, color: Option<&Key>, fixed: &[String]) -> Vec<Value> {
        let summaries: Vec<Summary> = groups.samples.values().filter_map(Sample::summary).collect();
        let scale = scale::number_scale(self.domain_y, self.unit, &summaries);
        let categories = self.category_channel(groups);
        let (colour, symbol) = color
            .map_or((json!({ "value": "@series-0" }), Value::Null), |key| spec::series(key, fixed));
        let (place, number, end, offset) =
            if self.horizontal { ("y", "x", "x2", "yOffset") } else { ("x", "y", "y2", "xOffset") };
        let layer = |mark: Value, field: &str, filter: String| {
            let mut encoding = json!({ "color": colour });
            encoding[place] = categories.clone();
            encoding[number] = self.number_channel(field, &scale);
            // Categories that are told apart by colour already stand in their own places.
            if let Some(key) = color.filter(|key| key.column != self.x) {
                encoding[offset] = json!({ "field": "series", "type": "nominal",
                                           "sort": spec::names(&key.levels) });
            }
            json!({ "transform": [{ "filter": filter }],
                    "mark": mark, "encoding": encoding })
        };
        let across = if self.horizontal { "M0,-1L0,1" } else { "M-1,0L1,0" };
        let seeds = json!({ "type": "point", "shape": across, "size": 150, "strokeWidth": 1.2,
                            "opacity": 0.5 });
        let rule = json!({ "type": "rule", "strokeWidth": 2.2, "clip": true, "tooltip": null });
        let mean = json!({ "type": "point", "filled": true, "size": 80, "opacity": 1,
                           "stroke": "@paper", "strokeWidth": 1.2 });
        let mut rules = layer(rule, "low", "isValid(datum.low)".into());
        rules["encoding"][end] = json!({ "field": "high" });
        let mut means = layer(mean, "mean", spec::within("mean", self.domain_y));
        means["encoding"]["tooltip"] = json!(self.tooltips());
        if !symbol.is_null() {
            means["encoding"]["shape"] = symbol;
        }
        let rules = summaries.iter().any(|summary| summary.low.is_some()).then_some(rules);
        [layer(seeds, "replicate", spec::within("replicate", self.domain_y))]
            .into_iter()
            .chain(rules)
            .chain([means])
            .chain(spec::chance_layers(self.chance, number))
            .collect()
    }

    fn category_channel(&self, groups: &Groups) -> Value {
        let categories = groups.keys.last().expect("x is always a key");
        let names = spec::names(&categories.levels);
        let letters: usize = names.iter().map(|name| name.chars().count() + 2).sum();
        let angle = if self.horizontal || letters <= 70 { 0 } else { -35 };
        json!({ "field": "category", "type": "ordinal", "sort": names,
                "scale": { "type": "band", "paddingInner": 0.35, "paddingOuter": 0.25 },
                "axis": { "title": spec::axis_title(self.title_x.as_ref(), &self.x),
                          "labelAngle": angle, "labelLimit": 200, "grid": false,
                          "ticks": false, "domain": !self.horizontal } })
    }

    fn number_channel(&self, field: &str, scale: &Value) -> Value {
        json!({ "field": field, "type": "quantitative", "scale": scale,
                "axis": { "title": null, "format": self.unit.axis_format(), "tickCount": 6,
                          "grid": true, "domain": false, "ticks": false } })
    }

    fn tooltips(&self) -> Vec<Value> {
        let named = |field: &str, title: &str| json!({ "field": field, "title": title });
        let mut all = vec![named("category", &self.x)];
        all.extend(self.color.as_ref().map(|column| named("series", column)));
        all.extend(spec::tooltips(self.unit));
        all
    }

    fn averages(&self, groups: &Groups) -> Averages {
        let mut fields: Vec<(&'static str, String)> = Vec::new();
        fields.extend(self.facet.as_ref().map(|column| ("facet", column.clone())));
        fields.extend(self.color.as_ref().map(|column| ("series", column.clone())));
        fields.push(("category", self.x.clone()));
        fields.extend(["mean", "low", "high", "n", "replicate"].map(|name| (name, name.into())));
        let mut rows = Vec::new();
        for (levels, sample) in &groups.samples {
            let names: Vec<Value> = names(groups, levels).into_iter().map(Value::from).collect();
            if let Some(summary) = sample.summary() {
                let mean = spec::embedded(&summary).into_iter().chain([Value::Null]);
                rows.push(names.iter().cloned().chain(mean).collect());
            }
            for number in &sample.numbers {
                let blank = std::iter::repeat_n(Value::Null, 4);
                let seed = blank.chain([numbers::embedded(*number)]);
                rows.push(names.iter().cloned().chain(seed).collect());
            }
        }
        Averages { fields, rows }
    }

    fn table(&self, groups: &Groups, heading: &str) -> Table {
        let words = groups.keys.iter().map(|key| Column::words(spec::words(&key.column)));
        let numbers = ["mean", "95 % from", "95 % to", "n"].map(Column::numbers);
        let row = |(levels, summary): (&Vec<usize>, Summary)| {
            let words = names(groups, levels).into_iter().map(str::to_owned);
            words.chain(self.cells(&summary)).collect()
        };
        let summaries = groups
            .samples
            .iter()
            .filter_map(|(levels, sample)| sample.summary().map(|summary| (levels, summary)));
        Table {
            caption: format!("{heading}{}", self.unit.suffix()),
            columns: words.chain(numbers).collect(),
            rows: summaries.map(row).collect(),
        }
    }

    fn cells(&self, summary: &Summary) -> [String; 4] {
        let end = |end: Option<f64>| end.map_or_else(|| "–".into(), |end| self.unit.bare(end));
        [
            self.unit.bare(summary.mean),
            end(summary.low),
            end(summary.high),
            summary.count.to_string(),
        ]
    }
}

fn names<'a>(groups: &'a Groups, levels: &[usize]) -> Vec<&'a str> {
    let keys = groups.keys.iter().zip(levels);
    keys.map(|(key, level)| key.levels[*level].name.as_str()).collect()
}

fn notes(groups: &Groups) -> Vec<String> {
    let single = groups.samples.values().all(|sample| sample.numbers.len() < 2);
    let reading = if single {
        "One number for each point: there is no interval."
    } else {
        "Large symbols are means over the replicates, lines their 95 % intervals (Student), \
         small ticks the single replicates."
    };
    [Some(reading.to_owned()), spec::missing_note(groups.missing())].into_iter().flatten().collect()
}
