//! Everything, as JSON that is written file by file; `docs/scan.md` says what each key means.

use std::io::Write;

use convscope_probe::{Scan, Tally};
use serde_json::{Map, Value, json};

use super::chance::KINDS;
use super::file::{ScannedFile, ScannedLayer};
use super::skips::Skip;
use super::summary::{ByChance, Of, Score, Summary, free_bits};
use super::tallied::{Tallied, Weighed};
use super::{Asked, Hears, Total};
use crate::complaint::Complaint;
use crate::kernels::{open, skipped_array, told};

/// A JSON object that is being written; nothing of it before there is a file or the end.
pub(crate) struct Written<W> {
    to: W,
    /// What was asked for, until it is written.
    facts: Option<String>,
    files: usize,
}

impl<W: Write> Written<W> {
    /// Begins with what was asked for.
    pub(crate) fn new(to: W, asked: &Asked) -> Self {
        let facts = json!({
            "kind": "convscope-scan",
            "version": 1,
            "convscope": env!("CARGO_PKG_VERSION"),
            "paths": asked.paths,
            "seed": asked.number,
            "files-of-other-kinds": asked.files.others,
            "files-again": asked.files.again,
            "folders-not-followed": asked.files.links,
            "free-bits": free_bits(),
        });
        Self { to, facts: Some(open(&facts)), files: 0 }
    }

    fn begin(&mut self) -> Result<(), Complaint> {
        let facts = self.facts.take();
        facts.map_or(Ok(()), |facts| told(write!(self.to, "{facts},\n\"files\": [")))
    }

    /// Writes what all files have, and the end.
    pub(crate) fn end(mut self, total: &Total) -> Result<(), Complaint> {
        self.begin()?;
        let unread = total.unread.iter().map(|(path, why)| json!({ "file": path, "why": why }));
        let mut all = summary(&total.summary);
        all["files"] = total.files.into();
        all["layers"] = total.layers.into();
        all["files-without"] = total.without.into();
        all["histograms"] = histograms(&total.tallied);
        let facts = json!({
            "unread": unread.collect::<Vec<_>>(),
            "skipped": total.skips.all().into_iter().map(skip).collect::<Vec<_>>(),
            "total": all,
        });
        let facts = facts.to_string();
        told(writeln!(self.to, "\n],\n{}", &facts[1..]).and_then(|()| self.to.flush()))
    }
}

impl<W: Write> Hears for Written<W> {
    fn file(&mut self, file: &ScannedFile) -> Result<(), Complaint> {
        self.begin()?;
        let comma = if self.files == 0 { "" } else { "," };
        self.files += 1;
        let mut object = json!({
            "file": file.path,
            "format": file.format,
            "bytes": file.bytes,
            "notes": file.notes,
            "skipped": file.skipped.iter().map(skipped_array).collect::<Vec<_>>(),
            "layers": file.layers.iter().map(layer).collect::<Vec<_>>(),
        });
        if !file.layers.is_empty() {
            object["together"] = summary(&file.summary);
        }
        told(write!(self.to, "{comma}\n{object}"))
    }
}

fn layer(layer: &ScannedLayer) -> Value {
    let mut object = summary(&layer.summary);
    let facts = json!({
        "name": layer.name, "dimensions": layer.dimensions, "kind": layer.kind,
        "layout": layer.layout, "layout-from": layer.how, "transposed": layer.transposed,
    });
    if let (Value::Object(object), Value::Object(facts)) = (&mut object, facts) {
        object.extend(facts);
    }
    object
}

fn summary(summary: &Summary) -> Value {
    let (count, share, by_chance) = summary.with_structure();
    let scores: Map<String, Value> =
        summary.scores.iter().map(|score| (score.probe.id.clone(), of_probe(score))).collect();
    json!({
        "kernels": summary.kernels,
        "looked-at": summary.looked_at(),
        "refused": summary.refused,
        "zeros": summary.zeros,
        "constant": summary.constant,
        "drawn": by_kind(summary.drawn.map(Value::from)),
        "with-structure": of_chance(count, share, by_chance),
        "structures": summary.structures.iter().map(structure).collect::<Vec<_>>(),
        "scores": scores,
    })
}

fn of_chance(count: u64, share: f64, chance: ByChance) -> Value {
    json!({ "count": count, "share": share, KINDS[0]: chance[0], KINDS[1]: chance[1] })
}

fn structure(of: &Of) -> Value {
    let mut object = of_chance(of.count, of.share, of.chance);
    object["name"] = of.id.into();
    object["errors"] = by_kind(of.errors.map(Value::from));
    object
}

fn of_probe(score: &Score) -> Value {
    json!({
        "count": score.count, "mean": score.mean,
        KINDS[0]: score.chance[0], KINDS[1]: score.chance[1],
        "distance": by_kind(score.apart.map(Value::from)),
    })
}

fn by_kind(values: [Value; KINDS.len()]) -> Value {
    KINDS
        .iter()
        .zip(values)
        .map(|(kind, value)| ((*kind).to_owned(), value))
        .collect::<Map<_, _>>()
        .into()
}

fn histograms(tallied: &Tallied) -> Value {
    let of = |(place, (probe, tally)): (usize, (&convscope_probe::Probe, &Tally))| {
        let expected = tallied.chance.each_ref().map(|chance| shares(&chance.tallies[place]));
        let [from, to] = Scan::range(probe).unwrap_or_default();
        let object = json!({
            "from": from, "to": to, "counts": tally.bins.to_vec(), "expected": by_kind(expected.map(Value::from)),
        });
        (probe.id.clone(), object)
    };
    tallied.scan.tallies().enumerate().map(of).collect::<Map<_, _>>().into()
}

fn shares(expected: &Weighed) -> Option<Vec<f64>> {
    expected.shares().map(Vec::from)
}

fn skip((why, skip): (&str, &Skip)) -> Value {
    let [file, name] = &skip.first;
    json!({ "why": why, "arrays": skip.arrays, "files": skip.files, "first": { "file": file, "name": name } })
}
