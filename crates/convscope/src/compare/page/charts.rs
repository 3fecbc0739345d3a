//! Distances of layers as charts.

use convscope_core::Value;
use convscope_measure::filters::{Judged, LayerDistances};
use convscope_measure::matching::Matching;
use convscope_report::{Chart, Figure, MARKS, Mark};
use convscope_store::{Cell, Rows};
use serde_json::json;

use crate::compare::{Parameter, text};

/// What a layer's number is of; each keeps its colour on the page.
const AS_THEY_ARE: &str = "as they are";
const CHANCE: &str = "by chance";
const ALIGNED: &str = "aligned";
const SHUFFLED: &str = "aligned with a shuffled B";

type Of = fn(&LayerDistances) -> &Judged;

/// Draws distance, cosine and nearest of each layer.
pub(super) fn of_layers(parameters: &[Parameter]) -> Vec<Figure> {
    let titles: [(&str, &str, &str, Of); 3] = [
        ("frobenius", "Relative distance of each layer", "less is more alike", |of| &of.frobenius),
        ("cosine", "Cosine of each layer", "more is more alike", |of| &of.cosine),
        ("nearest", "Mean |cosine| of each filter with its nearest", "in any place", |of| {
            &of.nearest
        }),
    ];
    titles
        .into_iter()
        .filter_map(|(id, title, heading, of)| layers(parameters, id, title, heading, of))
        .collect()
}

fn layers(
    parameters: &[Parameter],
    id: &str,
    title: &str,
    heading: &str,
    of: Of,
) -> Option<Figure> {
    let mut rows = Vec::new();
    for (parameter, own) in text::weights(parameters) {
        let own = of(own);
        let mut add = |state: &str, value: &Value| rows.push(row(&parameter.name, state, value));
        add(AS_THEY_ARE, &own.value);
        add(CHANCE, &own.chance);
        // Any order has the same nearest filters, but for their channels.
        for (state, other) in [(ALIGNED, &parameter.aligned), (SHUFFLED, &parameter.by_chance)] {
            if let Some(other) = other {
                add(state, &of(other).value);
            }
        }
    }
    let note = format!("Layers below each other, as the net has them; {heading}.");
    bars(id, title, &note, id, rows)
}

/// Draws the mean cosine of twins beside chance.
pub(super) fn of_twins(parameters: &[Parameter]) -> Vec<Figure> {
    let rows = parameters.iter().filter_map(|parameter| {
        let mean = &parameter.twins.as_ref()?.mean;
        Some([
            row(&parameter.name, AS_THEY_ARE, &mean.value),
            row(&parameter.name, CHANCE, &mean.chance),
        ])
    });
    let note = "The mean over the filters looked at; by chance: as many random filters beside a random layer.";
    let title = "Mean cosine of filters and their twins";
    bars("twin-cosine", title, note, "mean cosine", rows.flatten().collect()).into_iter().collect()
}

/// Draws the distance after each sweep of each start.
pub(super) fn descent(matching: &Matching) -> Figure {
    let mut rows = Vec::new();
    for (start, run) in matching.runs.iter().enumerate() {
        let name = if run.from_as_it_is { "from B as it is" } else { "from a random order" };
        let name = format!("start {}, {name}", start + 1);
        for (sweep, distance) in run.distances.iter().enumerate() {
            rows.push(vec![
                Cell::Text(name.clone()),
                Cell::Integer(sweep as i64),
                Cell::Real(*distance),
            ]);
        }
    }
    let columns = ["start", "sweep", "distance"].map(str::to_owned).to_vec();
    Figure::Chart(Chart {
        id: "descent".into(),
        title: "Distance of all trained weights after each sweep".into(),
        note: "‖A − B‖ with B's units in the order found so far.".into(),
        mark: mark(&json!({ "line": { "x": "sweep", "y": "distance", "color": "start" } })),
        rows: Rows { columns, rows },
        series: Vec::new(),
    })
}

fn bars(id: &str, title: &str, note: &str, heading: &str, rows: Vec<Vec<Cell>>) -> Option<Figure> {
    if rows.iter().all(|row| row[2] == Cell::Null) {
        return None;
    }
    let settings = json!({ "interval": {
        "x": "layer", "y": "value", "color": "state", "horizontal": true, "title-y": heading,
    } });
    let columns = ["layer", "state", "value"].map(str::to_owned).to_vec();
    Some(Figure::Chart(Chart {
        id: id.into(),
        title: title.into(),
        note: note.into(),
        mark: mark(&settings),
        rows: Rows { columns, rows },
        series: [AS_THEY_ARE, CHANCE, ALIGNED, SHUFFLED].map(str::to_owned).to_vec(),
    }))
}

fn row(layer: &str, state: &str, value: &Value) -> Vec<Cell> {
    let number = value.number().map_or(Cell::Null, Cell::Real);
    vec![Cell::Text(layer.to_owned()), Cell::Text(state.to_owned()), number]
}

fn mark(settings: &serde_json::Value) -> Box<dyn Mark> {
    let built = convscope_core::registry::build(MARKS, "mark", settings);
    built.map(|(mark, _)| mark).expect("the settings are the mark's own")
}
