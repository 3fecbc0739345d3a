//! Values and what was captured of them, for programs.

use std::path::Path;

use convscope_arrays::SampleIds;
use convscope_onnx::{Captured, Form, Network, Samples, Size, Value as Computed};
use serde_json::{Value, json};

/// What a model says of itself.
pub(crate) fn listed(network: &Network) -> Value {
    let outline = network.outline();
    let inputs = outline.inputs.iter().map(
        |port| json!({ "name": port.name, "kind": port.form.kind, "shape": shape(&port.form) }),
    );
    let values = outline.values.iter().map(|value| {
        let mut facts = facts(value);
        facts["kind"] = json!(value.form.kind);
        facts["shape"] = shape(&value.form);
        facts
    });
    json!({
        "kind": "convscope-capture-list",
        "version": 1,
        "model": network.file(),
        "inputs": inputs.collect::<Vec<_>>(),
        "values": values.collect::<Vec<_>>(),
    })
}

/// What was captured.
pub(crate) fn captured(
    network: &Network,
    samples: &Samples,
    captured: &Captured,
    out: &Path,
) -> Value {
    let layers = captured.layers.iter().map(|layer| {
        let mut facts = facts(&layer.value);
        facts["shape"] = json!(layer.dimensions);
        facts
    });
    json!({
        "kind": "convscope-capture",
        "version": 1,
        "model": network.file(),
        "file": out.display().to_string(),
        "samples": captured.samples,
        "sample_ids": samples.ids().map(SampleIds::hash),
        "batch": captured.batch,
        "notes": captured.notes,
        "layers": layers.collect::<Vec<_>>(),
    })
}

fn facts(value: &Computed) -> Value {
    json!({ "name": value.name, "op": value.op, "module": value.module })
}

/// Sizes are numbers, names, or null where nothing is known.
fn shape(form: &Form) -> Value {
    let size = |size: &Size| match size {
        Size::Fixed(size) => json!(size),
        Size::Free(name) if name.is_empty() => Value::Null,
        Size::Free(name) => json!(name),
    };
    form.dimensions.as_ref().map_or(Value::Null, |sizes| sizes.iter().map(size).collect())
}
