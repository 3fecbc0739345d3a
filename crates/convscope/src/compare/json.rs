//! A comparison as JSON; `docs/compare.md` says what each key means.

use convscope_core::Value as Number;
use convscope_measure::filters::{Judged, LayerDistances};
use convscope_measure::matching::Run;
use serde_json::{Map, Value, json};

use super::alignment::{ByActivations, Whole};
use super::parameter::Side;
use super::twins::{self, Twins};
use super::{Alignment, Comparison, Known, Model, Parameter};

/// Returns everything; what is missing is null, with the reason beside it.
pub(crate) fn json(comparison: &Comparison) -> Value {
    let mut all = json!({
        "convscope": env!("CARGO_PKG_VERSION"),
        "models": comparison.models.iter().map(model).collect::<Vec<_>>(),
    });
    insert(&mut all, "net", comparison.net.as_ref().map(net));
    insert(&mut all, "alignment", comparison.alignment.as_ref().map(alignment));
    all["parameters"] = comparison.parameters.iter().map(parameter).collect();
    all
}

/// Sets a key to a value, or to null and `…-missing` to the reason.
fn insert(into: &mut Value, key: &str, value: Result<Value, &String>) {
    match value {
        Ok(value) => into[key] = value,
        Err(why) => {
            into[key] = Value::Null;
            into[format!("{key}-missing")] = why.as_str().into();
        }
    }
}

fn numbers<const N: usize>(named: [(&str, &Number); N]) -> Value {
    let mut object = Value::Object(Map::new());
    for (key, number) in named {
        let reason = || number.reason().unwrap_or_default().to_owned();
        let value = number.number().map(Value::from).ok_or_else(reason);
        insert(&mut object, key, value.as_ref().cloned());
    }
    object
}

fn model(model: &Model) -> Value {
    json!({
        "path": model.path, "tensors": model.tensors.len(), "numbers": model.count(),
        "notes": model.notes,
    })
}

fn net(known: &Known) -> Value {
    let input = known.net.input();
    json!({
        "name": known.name, "settings": known.settings, "given": known.given,
        "input": [input.channels, input.height, input.width],
        "outputs": known.net.output().len(), "parameters": known.net.parameter_count(),
    })
}

fn alignment(alignment: &Alignment) -> Value {
    let run = |run: &Run| json!({ "from-as-it-is": run.from_as_it_is, "distances": run.distances });
    let orders = alignment.orders.iter().map(|order| {
        json!({ "layers": order.layers, "members": order.places.len(), "places": order.places })
    });
    let mut object = json!({
        "before": whole(alignment.before), "after": whole(alignment.after),
        "shuffled": whole(alignment.shuffled),
        "best-start": alignment.matching.best,
        "starts": alignment.matching.runs.iter().map(run).collect::<Vec<_>>(),
        "orders": orders.collect::<Vec<_>>(),
    });
    let by_activations = |found: &ByActivations| {
        json!({
            "samples": found.samples, "agree": found.agree, "after": whole(found.after),
            "places": found.places,
        })
    };
    insert(&mut object, "activations", alignment.activations.as_ref().map(by_activations));
    object
}

fn whole(whole: Whole) -> Value {
    let Whole { distance, frobenius, cosine } = whole;
    let (frobenius, cosine) = (Number::of(frobenius), Number::of(cosine));
    numbers([("distance", &Number::of(distance)), ("frobenius", &frobenius), ("cosine", &cosine)])
}

fn parameter(parameter: &Parameter) -> Value {
    let [a, b] = &parameter.sides;
    let side = |side: &Option<Side>| side.as_ref().map(side_of);
    let mut object = json!({
        "name": parameter.name, "in": parameter.state(), "a": side(a), "b": side(b),
    });
    insert(&mut object, "distances", parameter.distances.as_ref().map(distances));
    object["aligned"] = parameter.aligned.as_ref().map(distances).into();
    object["shuffled"] = parameter.by_chance.as_ref().map(distances).into();
    object["twins"] = parameter.twins.as_ref().map(twins_of).into();
    object
}

fn side_of(side: &Side) -> Value {
    let Side { dimensions, kind, norm, mean, deviation, range: [least, most] } = side;
    let mut object = numbers([
        ("norm", norm),
        ("mean", mean),
        ("deviation", deviation),
        ("least", least),
        ("most", most),
    ]);
    object["dimensions"] = json!(dimensions);
    object["count"] = dimensions.iter().product::<usize>().into();
    object["kind"] = (*kind).into();
    object
}

fn distances(distances: &LayerDistances) -> Value {
    let LayerDistances { frobenius, cosine, pearson, nearest } = distances;
    json!({
        "frobenius": judged(frobenius), "cosine": judged(cosine), "pearson": judged(pearson),
        "nearest": judged(nearest),
    })
}

fn judged(judged: &Judged) -> Value {
    let Judged { value, chance, deviation, z } = judged;
    numbers([("value", value), ("chance", chance), ("deviation", deviation), ("z", z)])
}

fn twins_of(twins: &Twins) -> Value {
    let pair = |pair: &twins::Pair| {
        let twin = &pair.found.twin;
        let mut object = numbers([("cosine", &twin.value)]);
        object["filter"] = pair.found.first.into();
        object["twin"] = json!(pair.stood);
        object["negated"] = twin.motion.negated.into();
        object["flip"] = format!("{:?}", twin.motion.flip).into();
        object["shift"] = json!(twin.motion.shift);
        object["words"] = twins::words(twin.motion).into();
        object
    };
    json!({
        "filters": twins.filters, "looked-at": twins.pairs.len(),
        "modulo": { "sign": twins.modulo.sign, "flips": twins.modulo.flips,
                    "shift": twins.modulo.shift },
        "mean": judged(&twins.mean),
        "pairs": twins.pairs.iter().map(pair).collect::<Vec<_>>(),
    })
}
