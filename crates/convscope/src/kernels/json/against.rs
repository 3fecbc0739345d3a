//! What is different in another file.

use convscope_probe::{Dealt, PROBES, Shift};
use serde_json::{Map, Value, json};

use super::skipped_array;
use crate::kernels::against::{Against, Compared, DEALS, MOST};

/// What is known of the other file.
pub(super) fn other(against: &Against) -> Value {
    let other = &against.other;
    json!({
        "file": other.file, "format": other.arrays.format().name,
        "bytes": other.arrays.source().length(),
        "skipped": other.skipped.iter().map(skipped_array).collect::<Vec<_>>(),
        "only": against.only, "deals": DEALS, "most-kernels": MOST,
    })
}

/// What is different in the layer of the same name, or why that is not said.
pub(super) fn against(compared: &Compared) -> Value {
    let apart = match compared {
        Ok(apart) => apart,
        Err(why) => return json!({ "missing": why }),
    };
    let moved = |(probe, shift): &(usize, Shift)| {
        let mut object = dealt(&shift.distance);
        object["means"] = json!(shift.means);
        object["counts"] = json!(shift.counts);
        (PROBES[*probe].id.clone(), object)
    };
    json!({
        "dimensions": apart.dimensions,
        "kernels": apart.kernels,
        "compared": apart.drift.counts,
        "divergence": dealt(&apart.drift.divergence),
        "basis": dealt(&apart.drift.basis),
        "scores": apart.scores.iter().map(moved).collect::<Map<String, Value>>(),
    })
}

fn dealt(of: &Dealt) -> Value {
    let mut object = json!({
        "value": of.value.number(), "chance": of.chance.number(),
        "deviation": of.deviation.number(), "z": of.z(), "p": of.p,
    });
    if let Some(why) = of.value.reason() {
        object["why"] = why.into();
    }
    object
}
