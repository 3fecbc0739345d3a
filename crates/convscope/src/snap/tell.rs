//! What snapping did, as text and as JSON.

use std::fmt::Write;

use convscope_report::Unit;
use serde_json::{Map, Value, json};

use super::Snapped;

/// Returns what is printed.
pub(crate) fn text(snapped: &Snapped) -> String {
    let mut text = format!("{}: {}\n", snapped.path, snapped.what);
    for layer in &snapped.layers {
        let ([filters, inputs], [rows, columns]) = (layer.counts, layer.sides);
        let _ =
            writeln!(text, "  {}: {filters} × {inputs} kernels of {rows} × {columns}", layer.name);
    }
    let line = |text: &mut String, name: &str, [before, after]: [String; 2]| {
        let _ = writeln!(text, "{name:<34} {before:>12} {after:>12}");
    };
    text.push('\n');
    line(&mut text, "", ["before".into(), "after".into()]);
    for (name, of) in rows(snapped) {
        line(&mut text, &name, of);
    }
    text.push_str("\nkernels by structure\n");
    for (form, count) in snapped.forms() {
        let _ = writeln!(text, "  {form:<32} {count:>12}");
    }
    let unfit: usize = snapped.layers.iter().map(|layer| layer.unfit.len()).sum();
    if unfit > 0 {
        let _ = writeln!(text, "  {:<32} {unfit:>12}", "left as they are");
    }
    text
}

/// Returns bits, kernels, loss and accuracy, before and after, as readers see them.
pub(super) fn rows(snapped: &Snapped) -> Vec<(String, [String; 2])> {
    let value = |name: &str| snapped.value(name).unwrap_or_default();
    let whole = |number: f64| format!("{number:.0}");
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let mut rows = vec![
        ("bits of kernels".to_owned(), [value("bits-free"), value("bits")].map(whole)),
        ("share of free bits".to_owned(), [1.0, value("bits-share")].map(percent)),
        ("kernels snapped".to_owned(), [0.0, value("kernels-snapped")].map(whole)),
    ];
    for (name, standings) in &snapped.standings {
        let loss = standings.map(|standing| Unit::Number.show(standing.loss));
        rows.push((format!("loss, {name}"), loss));
        let accuracy = standings.map(|standing| format!("{:.2} %", 100.0 * standing.accuracy));
        rows.push((format!("accuracy, {name}"), accuracy));
    }
    rows
}

/// Returns everything as JSON.
pub(crate) fn json(snapped: &Snapped) -> Value {
    let values: Map<String, Value> =
        snapped.edited.values.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let standings = snapped.standings.iter().map(|(name, [before, after])| {
        json!({
            "images": name,
            "loss": [before.loss, after.loss],
            "accuracy": [before.accuracy, after.accuracy],
        })
    });
    let layers = snapped.layers.iter().map(|layer| {
        let ([filters, inputs], [rows, columns]) = (layer.counts, layer.sides);
        let each = rows * columns;
        let kernels = snapped.after(layer).chunks(each).enumerate().map(|(place, numbers)| {
            let first = layer.offset + place * each;
            let form = snapped.edited.forms.iter().find(|own| own.range.start == first);
            json!({
                "filter": place / inputs,
                "channel": place % inputs,
                "structure": form.map(|own| own.form.as_str()),
                "rows": numbers.chunks(columns).collect::<Vec<_>>(),
            })
        });
        let left = layer.unfit.iter().map(|(place, why)| {
            json!({ "filter": place / inputs, "channel": place % inputs, "why": why })
        });
        json!({
            "name": layer.name,
            "dimensions": layer.dimensions,
            "layout": layer.layout.letters(),
            "counts": [filters, inputs],
            "kernels": kernels.collect::<Vec<_>>(),
            "left": left.collect::<Vec<_>>(),
        })
    });
    let notes = snapped.edited.notes.iter().map(|note| {
        json!({
            "name": note.name,
            "columns": note.columns,
            "rows": note.rows,
            "values": note.values.chunks(note.columns.len().max(1)).collect::<Vec<_>>(),
        })
    });
    json!({
        "file": snapped.path,
        "what": snapped.what,
        "values": values,
        "standings": standings.collect::<Vec<_>>(),
        "layers": layers.collect::<Vec<_>>(),
        "tables": notes.collect::<Vec<_>>(),
        "remarks": snapped.remarks,
    })
}
