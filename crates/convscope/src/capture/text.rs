//! The same for people.

use std::fmt::Write;

use convscope_onnx::{Captured, Network, Value};

/// What a model says of itself: its inputs, then a value a line.
pub(crate) fn listed(network: &Network) -> String {
    let outline = network.outline();
    let mut text = String::new();
    for port in &outline.inputs {
        let _ = writeln!(text, "input {}  {}", port.name, port.form);
    }
    text.push('\n');
    let rows = outline.values.iter().map(|value| row(value, value.form.to_string()));
    text + &table(["value", "op", "module", "type and shape"], rows.collect())
}

/// What was captured, a value a line.
pub(crate) fn captured(captured: &Captured) -> String {
    let rows =
        captured.layers.iter().map(|layer| row(&layer.value, format!("{:?}", layer.dimensions)));
    table(["value", "op", "module", "shape"], rows.collect())
}

fn row(value: &Value, shape: String) -> [String; 4] {
    let module = value.module.clone().unwrap_or_else(|| "–".into());
    [value.name.clone(), value.op.clone(), module, shape]
}

fn table(head: [&str; 4], rows: Vec<[String; 4]>) -> String {
    let rows: Vec<[String; 4]> = std::iter::once(head.map(Into::into)).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths = [0, 1, 2].map(|column| width(column).unwrap_or(0));
    let mut text = String::new();
    for [name, op, module, shape] in &rows {
        let [a, b, c] = widths;
        let _ = writeln!(text, "{name:a$}  {op:b$}  {module:c$}  {shape}");
    }
    text
}
