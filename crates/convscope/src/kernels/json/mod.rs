//! Everything, as JSON that is written layer by layer; `docs/kernels-command.md` says what each key means.

mod against;
mod layer;

use std::io::{self, Write};

use convscope_probe::{Details, PROBES, Reading, Scored};
use serde_json::{Map, Value, json};

use self::against::{against, other};
use self::layer::{layer_card, together};
use super::laid::{Laid, Placed};
use super::skipped::Skipped;
use super::summary::Summary;
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
            "skipped": kernels.skipped.iter().map(skipped_array).collect::<Vec<_>>(),
            "against": kernels.against.as_ref().map(other),
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
        if let Some(compared) = &summary.against {
            all["against"] = against(compared);
        }
        let all = all.to_string();
        told(write!(self.to, "\n],\n{}", &all[1..]))
    }
}

/// Returns an object without its closing brace.
pub(crate) fn open(object: &Value) -> String {
    let mut text = object.to_string();
    text.pop();
    text
}

/// Says what went wrong while JSON was written.
pub(crate) fn told(result: io::Result<()>) -> Result<(), Complaint> {
    result.map_err(|error| Complaint::Trouble(format!("cannot write JSON: {error}")))
}

/// Tells of an array that is not looked at.
pub(crate) fn skipped_array(one: &Skipped) -> Value {
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
        "free-bits": laid.free_bits(),
        "grid-step": laid.grid.step,
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
