//! What the specifications of all marks share.

use serde_json::{Value, json};

use crate::{
    groups::{Key, Level, Summary},
    numbers::{self, Unit},
    theme,
};

/// The width that static figures are drawn for.
pub(crate) const STATIC_WIDTH: usize = 560;

/// How high a row of a chart is whose names stand below each other.
const ROW: usize = 22;

/// How a chart takes its place.
pub(super) enum Size {
    /// As wide as there is room, and high enough for so many rows of names below each other.
    Fill { rows: usize },
    /// Cells of a fixed size: how many stand side by side, and how many letters name one.
    Cells { across: usize, letters: usize },
}

/// Puts layers together: one panel, or one for each level of `facet`.
///
/// `legends` are the keys that have a legend.
pub(super) fn chart(
    heading: &str,
    layers: &[Value],
    facet: Option<&Key>,
    legends: &[&Key],
    size: &Size,
) -> Value {
    let mut spec = json!({
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "title": heading,
        "data": { "name": "averages" },
        "usermeta": { "convscope": hints(facet, legends, size) },
    });
    let panel = panel(layers, facet.map_or(1, |key| key.levels.len()), size);
    match facet {
        None => {
            for (name, value) in panel.as_object().into_iter().flatten() {
                spec[name] = value.clone();
            }
        }
        Some(key) => {
            let before = panel_prefix(key);
            let names: Vec<String> =
                key.levels.iter().map(|level| format!("{before}{}", level.name)).collect();
            spec["transform"] = json!([{ "calculate": format!("{} + datum.facet", json!(before)),
                                         "as": "panel" }]);
            spec["facet"] =
                json!({ "field": "panel", "type": "nominal", "title": null, "sort": names });
            let (panels, columns) = (key.levels.len(), columns(key.levels.len(), size));
            spec["columns"] = json!(columns);
            if !panels.is_multiple_of(columns) {
                // Else the axes would stand below the gap that the last row leaves.
                spec["resolve"] = json!({ "axis": { "x": "independent" } });
            }
            spec["spacing"] = json!({ "row": 22, "column": 22 });
            spec["spec"] = panel;
        }
    }
    spec
}

/// Returns the colour and symbol of a series, in the order of `fixed` as far as that names it.
pub(super) fn series(key: &Key, fixed: &[String]) -> (Value, Value) {
    let places = series_places(&key.levels, fixed);
    let colours: Vec<String> = if key.is_numeric() {
        let last = (key.levels.len() - 1).max(1);
        (0..key.levels.len())
            .map(|level| format!("@ordered-{}", level * (theme::ORDERED - 1) / last))
            .collect()
    } else {
        places.iter().map(|place| format!("@series-{}", place % theme::SERIES)).collect()
    };
    // The second round of colours takes the symbols one further.
    let symbols: Vec<&str> = places
        .iter()
        .map(|place| theme::SYMBOLS[(place + place / theme::SERIES) % theme::SYMBOLS.len()])
        .collect();
    let channel = |range: Value| {
        json!({ "field": "series", "type": "nominal", "title": legend_title(key),
                "scale": { "domain": names(&key.levels), "range": range } })
    };
    (channel(json!(colours)), channel(json!(symbols)))
}

/// Draws the level that guessing reaches.
pub(super) fn chance_layers(chance: Option<f64>, axis: &str) -> Vec<Value> {
    let Some(chance) = chance else { return Vec::new() };
    // A row of its own, else the rule would be drawn once for every row of the chart.
    let data = json!({ "values": [{ "chance": chance }] });
    let place = json!({ "field": "chance", "type": "quantitative" });
    let text = if axis == "y" {
        json!({ "type": "text", "text": "chance", "align": "right", "baseline": "bottom",
                "dy": -3, "x": "width", "color": "@quiet", "fontSize": 11 })
    } else {
        json!({ "type": "text", "text": "chance", "align": "left", "baseline": "top",
                "dx": 4, "y": 2, "color": "@quiet", "fontSize": 11 })
    };
    vec![
        json!({ "data": data, "mark": { "type": "rule", "strokeDash": [2, 3], "color": "@quiet" },
                "encoding": { axis: place } }),
        json!({ "data": data, "mark": text, "encoding": { axis: place } }),
    ]
}

/// Keeps symbols within a given domain whole, and drops those beyond it.
pub(super) fn within(field: &str, domain: Option<[f64; 2]>) -> String {
    let inside = domain.map_or(String::new(), |[low, high]| {
        format!(" && datum.{field} >= {low} && datum.{field} <= {high}")
    });
    format!("isValid(datum.{field}){inside}")
}

/// Drops the channels of a layer that encode nothing.
pub(super) fn without_nothing(mut layer: Value) -> Value {
    if let Some(channels) = layer["encoding"].as_object_mut() {
        channels.retain(|_, channel| !channel.is_null());
    }
    layer
}

/// Returns an axis' title: what the study calls it, else the column.
pub(super) fn axis_title(given: Option<&String>, column: &str) -> String {
    given.map_or_else(|| words(column), Clone::clone)
}

/// Returns a column's name as readers write it.
pub(super) fn words(column: &str) -> String {
    column.replace('_', " ")
}

/// Returns the tooltips that every averaged mark has.
pub(super) fn tooltips(unit: Unit) -> Vec<Value> {
    let number = |field: &str, title: &str| {
        json!({ "field": field, "title": title, "type": "quantitative",
                "format": unit.cell_format() })
    };
    vec![
        number("mean", "mean"),
        number("low", "95 % from"),
        number("high", "95 % to"),
        json!({ "field": "n", "title": "replicates", "type": "quantitative", "format": "d" }),
    ]
}

/// Returns mean, low, high and count as embedded numbers.
pub(super) fn embedded(summary: &Summary) -> [Value; 4] {
    [
        numbers::embedded(summary.mean),
        summary.low.map_or(Value::Null, numbers::embedded),
        summary.high.map_or(Value::Null, numbers::embedded),
        json!(summary.count),
    ]
}

/// Returns the names of levels.
pub(super) fn names(levels: &[Level]) -> Vec<&str> {
    levels.iter().map(|level| level.name.as_str()).collect()
}

/// Says which rows had no number, if any.
pub(super) fn missing_note((missing, all): (usize, usize)) -> Option<String> {
    (missing > 0).then(|| format!("{missing} of {all} rows have no number and are left out."))
}

fn panel(layers: &[Value], panels: usize, size: &Size) -> Value {
    match size {
        Size::Fill { rows } => {
            let columns = columns(panels, size);
            let width = STATIC_WIDTH / columns - if columns > 1 { 40 } else { 0 };
            let height = if panels > 1 { width * 3 / 4 } else { 300 };
            json!({ "width": width, "height": height.max(rows * ROW), "layer": layers })
        }
        Size::Cells { letters, .. } => {
            json!({ "width": { "step": cell_width(*letters) }, "height": { "step": 38 },
                    "layer": layers })
        }
    }
}

/// What must be known to fit the chart to its place.
fn hints(facet: Option<&Key>, legends: &[&Key], size: &Size) -> Value {
    let panels = facet.map_or(1, |key| key.levels.len());
    let letters = legends.iter().flat_map(|key| &key.levels).map(|it| it.name.chars().count());
    let mut hints = json!({ "panels": panels, "letters": letters.max().unwrap_or(0) });
    match size {
        Size::Fill { rows } => {
            hints["layout"] = json!("fill");
            hints["least"] = json!(rows * ROW);
        }
        Size::Cells { across, letters } => {
            hints["layout"] = json!("cells");
            hints["across"] = json!(across);
            hints["cell"] = json!(cell_width(*letters));
        }
    }
    hints
}

fn columns(panels: usize, size: &Size) -> usize {
    let most = match size {
        Size::Fill { .. } => 3,
        Size::Cells { across, letters } => {
            (STATIC_WIDTH / (across * cell_width(*letters) + 90)).max(1)
        }
    };
    panels.div_ceil(panels.div_ceil(most.min(panels)))
}

fn cell_width(letters: usize) -> usize {
    (letters * 6 + 12).clamp(52, 96)
}

/// Returns what stands before a panel's name: a number alone says little.
fn panel_prefix(key: &Key) -> String {
    if key.is_numeric() { format!("{} = ", words(&key.column)) } else { String::new() }
}

/// Returns a legend's title: words speak for themselves, numbers do not.
pub(super) fn legend_title(key: &Key) -> Value {
    if key.is_numeric() { json!(words(&key.column)) } else { Value::Null }
}

fn series_places(levels: &[Level], fixed: &[String]) -> Vec<usize> {
    let known = levels.iter().any(|level| fixed.contains(&level.name));
    let mut next = if known { fixed.len() } else { 0 };
    levels
        .iter()
        .map(|level| {
            fixed.iter().position(|name| *name == level.name).unwrap_or_else(|| {
                next += 1;
                next - 1
            })
        })
        .collect()
}
