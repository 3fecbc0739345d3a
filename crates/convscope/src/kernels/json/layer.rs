//! What is said of a whole layer.

use convscope_core::Value as Number;
use convscope_probe::{Chance, Judged, Kse, LayerCard, PROBES, Ranked, Reading};
use serde_json::{Map, Value, json};

use crate::kernels::summary::{Score, Summary};

/// What the kernels of a layer have together.
pub(super) fn together(summary: &Summary, reading: Option<&Reading<'_>>) -> Value {
    let structures = summary
        .structures
        .iter()
        .map(|of| json!({ "name": of.id, "count": of.count, "by-chance": of.by_chance }));
    let scores = summary.scores.iter().enumerate().filter(|(_, score)| score.bins.is_some());
    let scores: Map<String, Value> = scores
        .map(|(place, score)| (PROBES[place].id.clone(), of_probe(score, reading, place)))
        .collect();
    let (structured, by_chance) = summary.with_structure();
    let [bits, plain, by_chance_bits] = summary.bits();
    json!({
        "looked-at": summary.described.len(),
        "zeros": summary.zero(),
        "constant": summary.constant,
        "structures": structures.collect::<Vec<_>>(),
        "structures-drawn-by-chance": summary.drawn,
        "with-structure": structured,
        "with-structure-by-chance": by_chance,
        "median-energy": summary.energy().number(),
        "mean-code-length": bits.number(),
        "mean-code-length-without": plain.number(),
        "mean-code-length-by-chance": by_chance_bits.number(),
        "median-unique-values": summary.unique().number(),
        "scores": scores,
    })
}

/// What is known of all kernels as one.
pub(super) fn layer_card(card: &LayerCard) -> Value {
    let duplicates = &card.duplicates;
    let colour = card.colour.as_ref().map(|colour| {
        let [light, red, green] = &colour.axes;
        json!({
            "light": ranked(light), "red-against-blue": ranked(red),
            "green-against-magenta": ranked(green), "separability": ranked(&colour.separability),
        })
    });
    let kse = |kse: &Kse| {
        json!({
            "sparsity": ranked(&kse.sparsity), "entropy": ranked(&kse.entropy),
            "indicator": ranked(&kse.indicator), "compared": kse.compared,
        })
    };
    json!({
        "sparsity": judged(&card.sparsity),
        "zeros": judged(&card.zeros),
        "variance-entropy": judged(&card.variance_entropy),
        "clean-variance-entropy": judged(&card.clean_variance_entropy),
        "normalised-entropy": judged(&card.normalised_entropy),
        "orthogonality": judged(&card.orthogonality),
        "one-pattern": judged(&card.one_pattern),
        "one-row": judged(&card.one_row),
        "one-product": or_why(&card.one_product, ranked),
        "kse": or_why(&card.kse, kse),
        "duplicates": {
            "compared": duplicates.compared, "alike": judged(&duplicates.alike),
            "equal": judged(&duplicates.equal), "pairs": judged(&duplicates.pairs),
            "pairs-by-chance": duplicates.pairs_by_chance,
        },
        "components": {
            "mean": card.components.mean, "basis": card.components.basis,
            "shares": card.components.shares,
        },
        "colour": colour,
    })
}

fn judged(of: &Judged) -> Value {
    let Judged { value, gaussian, permuted } = of;
    let mut object = json!({
        "value": value.number(),
        "chance": gaussian.mean.number(), "deviation": gaussian.deviation.number(),
        "z": of.z(), "percentile": gaussian.percentile.number(),
        "permuted-mean": permuted.mean.number(), "permuted-deviation": permuted.deviation.number(),
        "permuted-percentile": permuted.percentile.number(),
    });
    let parts = [value, &gaussian.percentile, &permuted.percentile];
    if let Some(why) = parts.iter().find_map(|part| part.reason()) {
        object["why"] = why.into();
    }
    object
}

fn ranked(of: &Ranked) -> Value {
    let all = |which: usize| -> Vec<Option<f64>> {
        (0..of.values.len()).map(|place| of.percentiles(place)[which]).collect()
    };
    let mut object = judged(&of.mean());
    object["values"] = json!(of.values);
    object["gaussian"] = json!(all(0));
    object["permuted"] = json!(all(1));
    object
}

/// What is said of some thing, or why nothing is.
fn or_why<T>(of: &Result<T, &'static str>, say: impl Fn(&T) -> Value) -> Value {
    of.as_ref().map_or_else(|why| json!({ "missing": why }), say)
}

fn of_probe(score: &Score, reading: Option<&Reading<'_>>, place: usize) -> Value {
    let number = |value: Number| value.number();
    let chances = reading.map(|reading| [reading.gaussian(), reading.permuted()]);
    let at = |which: usize, share: f64| {
        let chance: Option<&Chance> = chances.and_then(|both| both[which][place].as_ref());
        chance.map(|chance| chance.quantile(share))
    };
    let bins = score.bins.as_ref().map(|bins| {
        json!({
            "from": bins.range[0], "to": bins.range[1], "counts": bins.counts,
            "expected": bins.expected, "distance": bins.distance(),
        })
    });
    json!({
        "count": score.count(),
        "mean": number(score.mean()),
        "median": number(score.median()),
        "gaussian-mean": score.by_chance[0],
        "gaussian-95": at(0, 0.95),
        "permuted-mean": score.by_chance[1],
        "permuted-95": at(1, 0.95),
        "histogram": bins,
    })
}
