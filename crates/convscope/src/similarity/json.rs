//! Results for programs: a stable form, described in `docs/similarity.md`.

use convscope_core::Value;
use convscope_measure::Sense;
use serde_json::{Map, json};

use super::pairs;
use super::results::{Cell, Results, SideFacts, Table};

/// Writes everything; what has no number is `null` and its reason stands under `why`.
pub(crate) fn written(results: &Results) -> serde_json::Value {
    let [a, b] = results.sides.each_ref().map(side);
    let settings = &results.settings;
    let mut written = json!({
        "kind": "convscope-similarity",
        "version": 1,
        "convscope": env!("CARGO_PKG_VERSION"),
        "a": a,
        "b": b,
        "samples": { "count": results.samples, "matched": results.matched },
        "settings": {
            "seed": settings.seed,
            "permutations": settings.permutations,
            "bootstrap": settings.bootstrap,
            "places": settings.places,
        },
        "notes": results.notes,
        "tables": results.tables.iter().map(table).collect::<Vec<_>>(),
    });
    if !results.pairs.is_empty() {
        written["pairs"] = results.pairs.iter().map(pairs::json::written).collect();
    }
    written
}

fn side(side: &SideFacts) -> serde_json::Value {
    let layer = |layer: &super::results::LayerFacts| json!({ "name": layer.name, "shape": layer.shape, "kind": layer.kind, "layout": layer.layout });
    json!({
        "file": side.file,
        "format": side.format,
        "bytes": side.bytes,
        "sample_ids": side.sample_ids,
        "layers": side.layers.iter().map(layer).collect::<Vec<_>>(),
    })
}

fn table(table: &Table) -> serde_json::Value {
    let rows = table.cells.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>());
    json!({
        "measure": table.measure,
        "settings": table.settings,
        "conv": table.conv,
        "about": table.about,
        "source": table.source,
        "sense": match table.sense {
            Sense::Similarity => "similarity",
            Sense::Distance => "distance",
        },
        "of_self": table.of_self,
        "symmetric": table.symmetric,
        "scores": rows.collect::<Vec<_>>(),
    })
}

fn cell(cell: &Cell) -> serde_json::Value {
    let score = &cell.score;
    let values = [
        ("value", &score.value),
        ("null_mean", &score.null_mean),
        ("z", &score.z),
        ("percentile", &score.percentile),
        ("p_value", &cell.p),
        ("p_value_of_table", &cell.p_of_table),
        ("low", &cell.low),
        ("high", &cell.high),
        ("bias", &cell.bias),
    ];
    let mut written = Map::new();
    let mut why = Map::new();
    for (name, value) in values {
        written.insert(name.into(), json!(Value::number(value)));
        if let Some(reason) = value.reason() {
            why.insert(name.into(), json!(reason));
        }
    }
    written.insert("n".into(), json!(score.samples));
    written.insert("p".into(), json!(score.units[0]));
    written.insert("q".into(), json!(score.units[1]));
    written.insert("estimator".into(), json!(score.estimator));
    written.insert("caveats".into(), json!(score.caveats));
    written.insert("why".into(), why.into());
    written.into()
}
