//! Means over replicates along a numeric axis, with bands.

use convscope_core::{Entry, registry};
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Averages, Drawing, Mark,
    curves::{self, Curve, Curves},
    scale::{NumberAxis, Scale},
    spec::{self, Size},
};
use crate::{
    figure::{Chart, FigureError},
    groups::{Key, Summary},
    numbers::{self, Unit},
};

pub(super) const ENTRY: Entry<dyn Mark> = Entry {
    id: "line",
    about: "means along a numeric axis with 95 % bands over the replicates",
    source: "Student 1908, doi:10.2307/2331554",
    build: |settings| Ok(Box::new(registry::read::<Line>(settings)?)),
    canonical: registry::canonical::<Line>,
    schema: SchemaGenerator::subschema_for::<Line>,
};

/// How many points of a curve all bear a symbol.
const FEW: usize = 30;

/// Means over replicates along a numeric axis, with 95 % Student bands.
///
/// Every row is one replicate. Rows that agree in `x`, `color`, `dash` and `facet` are averaged.
/// The band holds the *mean* with 95 % confidence; single replicates scatter more widely. Bands of
/// accuracies near 1 may pass 1, because Student's interval does not know that bound.
///
/// A curve with more than 200 places is averaged over bins of equally many neighbouring places,
/// mean and band alike, and the figure says so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Line {
    /// The numeric column along the axis.
    pub x: String,
    /// The column that is averaged.
    pub y: String,
    /// The column whose values are told apart by colour and symbol.
    pub color: Option<String>,
    /// The column whose values are told apart by solid and dashed lines.
    pub dash: Option<String>,
    /// The column whose values have a panel each.
    pub facet: Option<String>,
    /// How numbers are spaced along x.
    pub scale_x: Scale,
    /// How numbers are spaced along y.
    pub scale_y: Scale,
    /// The ends of the y axis; without them it fits the numbers.
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

impl Default for Line {
    fn default() -> Self {
        Self {
            x: "epoch".into(),
            y: "value".into(),
            color: Some("model".into()),
            dash: None,
            facet: None,
            scale_x: Scale::Linear,
            scale_y: Scale::Linear,
            domain_y: None,
            unit: Unit::Number,
            chance: None,
            title_x: None,
            title_y: None,
        }
    }
}

impl Mark for Line {
    fn columns(&self) -> Vec<&str> {
        let keys = [&self.facet, &self.color, &self.dash].into_iter().flatten();
        keys.chain([&self.x, &self.y]).map(String::as_str).collect()
    }

    fn draw(&self, chart: &Chart) -> Result<Drawing, FigureError> {
        let keys = [self.facet.as_deref(), self.color.as_deref(), self.dash.as_deref()];
        let curves = Curves::of(&chart.rows, keys, &self.x, &self.y)?;
        self.check_logarithms(&curves)?;
        let heading = spec::axis_title(self.title_y.as_ref(), &self.y);
        let layers = self.layers(&curves, &chart.series);
        let legends: Vec<_> = [&curves.color, &curves.dash].into_iter().flatten().collect();
        Ok(Drawing {
            spec: spec::chart(
                &heading,
                &layers,
                curves.facet.as_ref(),
                &legends,
                &Size::Fill { rows: 0 },
            ),
            averages: self.averages(&curves),
            table: curves::table(&curves, &self.x, &heading, self.unit),
            notes: notes(&curves, &spec::words(&self.x)),
        })
    }
}

impl Line {
    fn layers(&self, curves: &Curves, fixed: &[String]) -> Vec<Value> {
        let x = self.x_channel(curves);
        let axis = self.y_axis(curves);
        let mean = axis.channel("mean");
        let (low, cut) = axis.lower_end();
        let (colour, symbol) = curves
            .color
            .as_ref()
            .map_or((json!({ "value": "@series-0" }), Value::Null), |key| spec::series(key, fixed));
        let dash = curves.dash.as_ref().map_or(Value::Null, dashes);
        let detail = detail(curves);
        // All places of a short curve bear a symbol, some of a long one.
        let marked = if curves.longest() > FEW { curves.longest() / 6 } else { 1 };
        let band = json!({ "transform": cut,
            "mark": { "type": "area", "opacity": 0.16, "clip": true },
            "encoding": { "x": x, "y": low, "y2": { "field": "high" }, "color": colour,
                          "detail": detail } });
        let line = json!({
            "mark": { "type": "line", "strokeWidth": 1.8, "clip": self.leaves_domain(curves) },
            "encoding": { "x": x, "y": mean, "color": colour, "strokeDash": dash } });
        let points = json!({ "name": "points", "transform": self.every(marked, curves),
            "mark": { "type": "point", "filled": true, "opacity": 1, "size": 46 },
            "encoding": { "x": x, "y": mean, "color": colour, "shape": symbol,
                          "detail": detail, "tooltip": self.tooltips() } });
        let hover = json!({ "name": "hover",
            "transform": self.every(curves.longest().div_ceil(60), curves),
            "mark": { "type": "point", "filled": true, "opacity": 0, "size": 160 },
            "encoding": { "x": x, "y": mean, "detail": detail, "tooltip": self.tooltips() } });
        let hover = (curves.longest() > FEW).then_some(hover);
        let band = curves.has_interval().then_some(band);
        let layers = band.into_iter().chain([line, points]).chain(hover);
        layers.map(spec::without_nothing).chain(spec::chance_layers(self.chance, "y")).collect()
    }

    /// Picks every `step`-th place of each curve, as far as it lies within the axis.
    fn every(&self, step: usize, curves: &Curves) -> Value {
        let inside = json!({ "filter": spec::within("mean", self.domain_y) });
        if step <= 1 {
            return json!([inside]);
        }
        let keys = [("facet", &curves.facet), ("series", &curves.color), ("dash", &curves.dash)];
        let keys: Vec<&str> =
            keys.iter().filter_map(|(field, key)| key.as_ref().map(|_| *field)).collect();
        json!([
            { "window": [{ "op": "row_number", "as": "place" }], "groupby": keys },
            { "filter": format!("datum.place % {step} == {}", step / 2) },
            inside,
        ])
    }

    /// Refuses what a logarithmic axis cannot show.
    fn check_logarithms(&self, curves: &Curves) -> Result<(), FigureError> {
        let least_mean = curves.summaries().map(|it| it.mean).fold(f64::INFINITY, f64::min);
        let least_place = curves.places().first().copied().unwrap_or(f64::INFINITY);
        let axes = [(self.scale_x, &self.x, least_place), (self.scale_y, &self.y, least_mean)];
        for (scale, column, least) in axes {
            if scale == Scale::Log && least <= 0.0 {
                return Err(FigureError::NotPositive {
                    column: column.clone(),
                    least: Unit::Number.show(least),
                });
            }
        }
        Ok(())
    }

    /// Returns whether a mean lies beyond the given ends of y; else a line on the edge stays whole.
    fn leaves_domain(&self, curves: &Curves) -> bool {
        let beyond =
            |[low, high]: [f64; 2]| curves.summaries().any(|it| it.mean < low || it.mean > high);
        self.domain_y.is_some_and(beyond)
    }

    fn x_channel(&self, curves: &Curves) -> Value {
        let title = spec::axis_title(self.title_x.as_ref(), &self.x);
        let places = curves.places();
        // Few places are marked where they are, many where it is round.
        let values = if places.len() <= 8 { json!(places) } else { Value::Null };
        let mut scale = json!({ "zero": false, "nice": false, "padding": 6 });
        self.scale_x.set(&mut scale);
        json!({ "field": "x", "type": "quantitative", "scale": scale,
                "axis": { "title": title, "values": values, "format": "~s", "tickCount": 7,
                          "labelFlush": false } })
    }

    fn y_axis(&self, curves: &Curves) -> NumberAxis {
        let summaries: Vec<_> = curves.summaries().copied().collect();
        NumberAxis::of(self.scale_y, self.domain_y, self.unit, &summaries)
    }

    fn tooltips(&self) -> Vec<Value> {
        let named = |field: &str, title: &String| json!({ "field": field, "title": title });
        let mut all: Vec<Value> = [("facet", &self.facet), ("series", &self.color)]
            .into_iter()
            .chain([("dash", &self.dash)])
            .filter_map(|(field, column)| column.as_ref().map(|column| named(field, column)))
            .collect();
        all.push(json!({ "field": "x", "title": self.x, "type": "quantitative" }));
        all.extend(spec::tooltips(self.unit));
        all
    }

    fn averages(&self, curves: &Curves) -> Averages {
        let keys = [("facet", &curves.facet), ("series", &curves.color), ("dash", &curves.dash)];
        let keys = keys.iter().filter_map(|(field, key)| Some((*field, key.as_ref()?)));
        let mut fields: Vec<(&'static str, String)> =
            keys.map(|(field, key)| (field, key.column.clone())).collect();
        fields.push(("x", self.x.clone()));
        fields.extend(["mean", "low", "high", "n"].map(|field| (field, field.to_owned())));
        let row = |curve: &Curve, place: f64, summary: &Summary| {
            let names = curves.names(curve).into_iter().map(Value::from);
            let numbers = spec::embedded(summary);
            names.chain([numbers::embedded(place)]).chain(numbers).collect()
        };
        let mut rows = Vec::new();
        for curve in &curves.all {
            rows.extend(curve.points.iter().map(|(place, summary)| row(curve, *place, summary)));
        }
        Averages { fields, rows }
    }
}

/// Areas and points of different dashes must not be joined.
fn detail(curves: &Curves) -> Value {
    curves.dash.as_ref().map_or(Value::Null, |_| json!({ "field": "dash", "type": "nominal" }))
}

fn dashes(key: &Key) -> Value {
    let patterns = [json!([1, 0]), json!([5, 3]), json!([1.5, 2.5]), json!([8, 3, 2, 3])];
    let range: Vec<&Value> = patterns.iter().cycle().take(key.levels.len()).collect();
    json!({ "field": "dash", "type": "nominal", "title": spec::legend_title(key),
            "legend": { "symbolType": "M-2.2,0L2.2,0", "symbolStrokeWidth": 1.8,
                        "labelOffset": 10 },
            "scale": { "domain": spec::names(&key.levels), "range": range } })
}

fn notes(curves: &Curves, x: &str) -> Vec<String> {
    let band = if curves.has_interval() {
        "Lines are means over the replicates, bands their 95 % intervals (Student)."
    } else {
        "One number for each point: there is no interval."
    };
    let thinned = (curves.bin > 1).then(|| {
        format!("Each point is the average over {} neighbouring values of {x}.", curves.bin)
    });
    [Some(band.to_owned()), thinned, spec::missing_note(curves.missing)]
        .into_iter()
        .flatten()
        .collect()
}
