//! Everything, as JSON that is written layer by layer; `docs/kernels-command.md` says what each key means.

use std::io::{self, Write};

use convscope_core::Value as Number;
use convscope_probe::{Chance, Details, Judged, LayerCard, PROBES, Reading, Scored};
use serde_json::{Map, Value, json};

use super::laid::{Laid, Placed};
use super::skipped::Skipped;
use super::summary::{Score, Summary};
use super::{Hears, Kernels};
use crate::complaint::Complaint;

/// A JSON object that is being written.
pub(crate) struct Written<W> {
    to: W,
    layers: usize,
    kernels: usize,
}

impl<W: Write> Written<W> {
    /// Writes what is known of the file.
    pub(crate) fn begin(mut to: W, kernels: &Kernels) -> Result<Self, Complaint> {
        let probe = |probe: &convscope_probe::Probe| {
            json!({
                "id": probe.id, "group": probe.group, "about": probe.about,
                "formula": probe.formula, "source": probe.source, "null": probe.null,
            })
        };
        let facts = json!({
            "kind": "convscope-kernels",
            "version": 1,
            "convscope": env!("CARGO_PKG_VERSION"),
            "file": kernels.file,
            "format": kernels.arrays.format().name,
            "bytes": kernels.arrays.source().length(),
            "notes": kernels.notes,
            "skipped": kernels.skipped.iter().map(skipped).collect::<Vec<_>>(),
            "probes": PROBES.iter().map(probe).collect::<Vec<_>>(),
        });
        told(write!(to, "{},\n\"layers\": [", open(&facts)))?;
        Ok(Self { to, layers: 0, kernels: 0 })
    }

    /// Writes the end.
    pub(crate) fn end(mut self) -> Result<(), Complaint> {
        told(writeln!(self.to, "\n]}}").and_then(|()| self.to.flush()))
    }
}

impl<W: Write> Hears for Written<W> {
    fn layer(&mut self, laid: &Laid) -> Result<(), Complaint> {
        let comma = if self.layers == 0 { "" } else { "," };
        (self.layers, self.kernels) = (self.layers + 1, 0);
        told(write!(self.to, "{comma}\n{},\n\"kernels\": [", open(&facts(laid))))
    }

    fn cards(&mut self, _: &Laid, cards: &[Placed]) -> Result<(), Complaint> {
        for placed in cards {
            let comma = if self.kernels == 0 { "" } else { "," };
            self.kernels += 1;
            told(write!(self.to, "{comma}\n{}", card(placed)))?;
        }
        Ok(())
    }

    fn summary(
        &mut self,
        laid: &Laid,
        summary: &Summary,
        reading: Option<&Reading<'_>>,
    ) -> Result<(), Complaint> {
        let mut all = together(summary, reading);
        match &laid.together {
            Ok(card) => all["together"] = layer_card(card),
            Err(why) => all["together-missing"] = (*why).into(),
        }
        let all = all.to_string();
        told(write!(self.to, "\n],\n{}", &all[1..]))
    }
}

/// Returns an object without its closing brace.
fn open(object: &Value) -> String {
    let mut text = object.to_string();
    text.pop();
    text
}

fn told(result: io::Result<()>) -> Result<(), Complaint> {
    result.map_err(|error| Complaint::Trouble(format!("cannot write JSON: {error}")))
}

fn skipped(one: &Skipped) -> Value {
    json!({ "name": one.name, "dimensions": one.dimensions, "kind": one.kind, "why": one.why })
}

fn facts(laid: &Laid) -> Value {
    let unfit = laid.unfit.iter().map(|unfit| {
        let [output, input] = unfit.place;
        json!({ "output": output, "input": input, "why": unfit.why })
    });
    json!({
        "name": laid.name,
        "dimensions": laid.dimensions,
        "kind": laid.kind,
        "layout": laid.layout,
        "layout-from": laid.how,
        "groups": laid.used.as_ref().map(|used| used.groups),
        "transposed": laid.transposed,
        "outputs": laid.outputs,
        "inputs": laid.inputs,
        "rows": laid.size.rows,
        "columns": laid.size.columns,
        "free-bits": laid.codes.free(),
        "grid-step": laid.codes.grid.step,
        "unfit": unfit.collect::<Vec<_>>(),
    })
}

fn card(placed: &Placed) -> Value {
    let ([output, input], card) = (placed.place, &placed.card);
    let (description, structured) = (&card.description, placed.is_structured());
    let scores: Map<String, Value> =
        card.scores.iter().map(|scored| (scored.probe.id.clone(), score(scored))).collect();
    json!({
        "output": output,
        "input": input,
        "zero": placed.is_zero,
        "structure": placed.structure,
        "dimension": placed.dimension(description.ideal.len()),
        "energy": if structured { description.energy.into() } else { Value::Null },
        "bits": if structured { description.bits.into() } else { Value::Null },
        "code-length": placed.bits,
        "code-length-without": placed.plain,
        "ideal": if structured { json!(description.ideal) } else { Value::Null },
        "scores": scores,
        "details": details(&card.details),
    })
}

fn score(scored: &Scored) -> Value {
    let mut object = Map::new();
    let parts =
        [("value", &scored.value), ("gaussian", &scored.gaussian), ("permuted", &scored.permuted)];
    for (key, part) in parts {
        object.insert(key.into(), json!(part.number()));
    }
    let reasons = parts.iter().find_map(|(_, part)| part.reason());
    if let Some(why) = reasons {
        object.insert("why".into(), why.into());
    }
    object.into()
}

fn details(details: &Details) -> Value {
    let operator = details.operator.as_ref().map(|found| {
        json!({
            "name": found.operator.id, "flip": found.flip.id(), "negated": found.negated,
            "cosine": found.cosine,
        })
    });
    let gabor = details.gabor.as_ref().map(|found| {
        json!({
            "fit": found.fit, "direction": found.direction, "wavelength": found.wavelength,
            "deviation": found.deviation, "aspect": found.aspect, "phase": found.phase,
        })
    });
    json!({
        "edge-direction": details.edge_direction,
        "line-direction": details.line_direction,
        "operator": operator,
        "gabor": gabor,
    })
}

/// What the kernels of a layer have together.
fn together(summary: &Summary, reading: Option<&Reading<'_>>) -> Value {
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

fn layer_card(card: &LayerCard) -> Value {
    let judged = |of: &Judged| {
        let mut object = json!({
            "value": of.value.number(), "chance": of.chance.number(),
            "deviation": of.deviation.number(), "z": of.z(),
        });
        if let Some(why) = of.value.reason() {
            object["why"] = why.into();
        }
        object
    };
    let duplicates = &card.duplicates;
    let colour = card.colour.as_ref().map(|colour| {
        json!({
            "axes": colour.axes, "separability": colour.separability, "mean-axes": colour.mean_axes,
        })
    });
    json!({
        "sparsity": card.sparsity,
        "zeros": card.zeros,
        "variance-entropy": judged(&card.variance_entropy),
        "clean-variance-entropy": judged(&card.clean_variance_entropy),
        "normalised-entropy": card.normalised_entropy.number(),
        "orthogonality": judged(&card.orthogonality),
        "one-pattern": judged(&card.one_pattern),
        "one-row": judged(&card.one_row),
        "duplicates": {
            "compared": duplicates.compared, "alike": duplicates.alike, "equal": duplicates.equal,
            "pairs": duplicates.pairs, "pairs-by-chance": duplicates.pairs_by_chance,
        },
        "components": {
            "mean": card.components.mean, "basis": card.components.basis,
            "shares": card.components.shares,
        },
        "colour": colour,
    })
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
