//! Pairs of layers for programs.

use serde_json::{Map, Value, json};

use super::{Canonical, LayerPair, Units, mean_of_partners};

/// Writes a pair; what there is not is `null` and its reason stands under `why`.
pub(crate) fn written(pair: &LayerPair) -> Value {
    let mut why = Map::new();
    let mut written = Map::new();
    let [a, b] = &pair.layers;
    written.extend([("a".into(), json!(a)), ("b".into(), json!(b))]);
    written.insert("conv".into(), json!(pair.conv));
    let mut put = |key: &str, value: Option<Result<Value, &String>>| {
        let Some(value) = value else { return };
        if let Err(reason) = &value {
            why.insert(key.into(), json!(reason));
        }
        written.insert(key.into(), value.unwrap_or_default());
    };
    put("unit_correlations", pair.units.as_ref().map(|found| found.as_ref().map(units)));
    put(
        "canonical_correlations",
        pair.canonical.as_ref().map(|found| found.as_ref().map(canonical)),
    );
    written.insert("why".into(), why.into());
    written.into()
}

fn units(units: &Units) -> Value {
    let ordered = &units.ordered;
    let rows = ordered.correlations.row_iter();
    let rows: Vec<Vec<f64>> = rows.map(|row| row.iter().copied().collect()).collect();
    json!({
        "units_a": ordered.rows,
        "units_b": ordered.columns,
        "values": rows,
        "mean_of_partners": mean_of_partners(ordered),
        "mean_of_partners_shuffled": units.shuffled,
    })
}

fn canonical(canonical: &Canonical) -> Value {
    json!({ "values": canonical.values, "shuffled": canonical.shuffled })
}
