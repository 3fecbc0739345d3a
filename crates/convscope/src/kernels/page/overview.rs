//! All layers beside each other, and what was not looked at.

use convscope_core::Value;
use convscope_report::{Figure, HeatCell, HeatMap, Listing, Section, Unit};

use super::{called, section};
use crate::kernels::Kernels;
use crate::kernels::laid::{Laid, ZERO};
use crate::kernels::summary::{Of, Summary};

/// The heads of the columns of layers.
const HEADS: [&str; 17] = [
    "layer",
    "dimensions",
    "size",
    "filters",
    "inputs of each",
    "kernels",
    "not finite",
    "zeros",
    "constant",
    "with structure",
    "by chance",
    "median energy",
    "mean bits",
    "without structures",
    "by chance",
    "free",
    "median unique values",
];

/// A row for each layer so far.
#[derive(Default)]
pub(super) struct Overview {
    layers: Vec<[String; HEADS.len()]>,
    structures: Vec<(String, Vec<Share>)>,
}

/// How much of a layer has a structure.
struct Share {
    id: &'static str,
    count: usize,
    of: usize,
    by_chance: f64,
}

impl Overview {
    /// Adds a layer.
    pub(super) fn add(&mut self, laid: &Laid, summary: &Summary) {
        let looked_at = summary.described.len();
        let (structured, by_chance) = summary.with_structure();
        let [bits, plain, bits_by_chance] = summary.bits();
        let share = |share: f64| {
            if looked_at == 0 { "–".into() } else { Unit::Percent.show(share) }
        };
        self.layers.push([
            called(laid).to_owned(),
            laid.layout.clone(),
            laid.size.to_string().replace(' ', "\u{a0}"),
            laid.outputs.to_string(),
            laid.inputs.to_string(),
            laid.count().to_string(),
            laid.unfit.len().to_string(),
            summary.zero().to_string(),
            summary.constant.to_string(),
            share(structured as f64 / looked_at.max(1) as f64),
            share(by_chance),
            number(&summary.energy()),
            number(&bits),
            number(&plain),
            number(&bits_by_chance),
            Unit::Number.show(laid.free_bits()),
            number(&summary.unique()),
        ]);
        let share = |own: &Of| Share {
            id: own.id,
            count: own.count,
            of: looked_at,
            by_chance: own.by_chance,
        };
        let structures = summary.structures.iter().map(share).collect();
        self.structures.push((called(laid).to_owned(), structures));
    }

    /// Returns the part of the page.
    pub(super) fn section(&self, kernels: &Kernels) -> Section {
        let table = Figure::Listing(Listing {
            id: "layers".into(),
            title: "Every layer".into(),
            note: "Dimensions: o outputs, i inputs, r rows, c columns. Energy: of kernels with a structure, the share of the sum of squares that the ideal \
                   kernel has. Bits: of the shortest code of a kernel; free: 8 for each number. Unique \
                   values: numbers more than a twentieth of the layer's largest apart. By chance: kernels \
                   of the layer's own numbers in random places."
                .into(),
            columns: HEADS.map(str::to_owned).to_vec(),
            words: 3,
            rows: self.layers.iter().map(|row| row.to_vec()).collect(),
        });
        let figures = [self.heat_map().map(Figure::HeatMap), Some(table)];
        let question =
            format!("Which structures do the kernels of {} have?", super::name_of(&kernels.file));
        let about =
            "Each kernel is described by the structure that gives it the shortest code; kernels \
                     for which none is shorter than their own numbers are free."
                .to_owned();
        section("all layers", &question, about, figures.into_iter().flatten().collect())
    }

    /// Draws the share of each layer's kernels that have each structure.
    fn heat_map(&self) -> Option<HeatMap> {
        let mut ids: Vec<&str> = Vec::new();
        for share in self.structures.iter().flat_map(|(_, shares)| shares) {
            if share.count > 0 && !ids.contains(&share.id) {
                ids.push(share.id);
            }
        }
        ids.sort_by_key(|id| place(id));
        let rows: Vec<&(String, Vec<Share>)> =
            self.structures.iter().filter(|(_, shares)| shares.iter().any(|s| s.of > 0)).collect();
        let cells = rows.iter().map(|(_, shares)| {
            ids.iter().map(|id| cell(shares.iter().find(|share| share.id == *id))).collect()
        });
        (!ids.is_empty()).then(|| HeatMap {
            id: "structures".into(),
            title: "Share of each layer's kernels with each structure".into(),
            note: "Below each share what it would be by chance: of kernels made of the layer's own numbers \
                   in random places."
                .into(),
            row_title: "layer".into(),
            column_title: "structure".into(),
            value_title: "share".into(),
            facts: vec!["by chance".into(), "kernels".into()],
            full: Some(1.0),
            rows: rows.iter().map(|(name, _)| name.clone()).collect(),
            columns: ids.iter().map(|id| (*id).to_owned()).collect(),
            cells: cells.collect(),
        })
    }
}

/// Orders structures as the catalogue does, zeros first.
fn place(id: &str) -> usize {
    let all = convscope_probe::STRUCTURES;
    if id == ZERO { 0 } else { 1 + all.iter().position(|own| own.id == id).unwrap_or(all.len()) }
}

fn cell(share: Option<&Share>) -> HeatCell {
    let Some(share) = share else {
        let facts = vec!["means nothing at this size".into(), String::new()];
        return HeatCell { value: None, below: String::new(), facts };
    };
    HeatCell {
        value: Some(share.count as f64 / share.of.max(1) as f64),
        below: format!("{:.2}", share.by_chance),
        facts: vec![
            Unit::Percent.show(share.by_chance),
            format!("{} of {}", share.count, share.of),
        ],
    }
}

/// Lists the arrays that were not looked at.
pub(super) fn skipped(kernels: &Kernels) -> Section {
    let row = |one: &crate::kernels::skipped::Skipped| {
        let dimensions: Vec<String> = one.dimensions.iter().map(ToString::to_string).collect();
        vec![one.name.clone(), one.why.clone(), one.kind.to_owned(), dimensions.join(" × ")]
    };
    let table = Figure::Listing(Listing {
        id: "skipped".into(),
        title: "Arrays that were not looked at".into(),
        note: String::new(),
        columns: ["array", "why", "numbers", "dimensions"].map(str::to_owned).to_vec(),
        words: 3,
        rows: kernels.skipped.iter().map(row).collect(),
    });
    let about = format!(
        "{} of {} arrays of the file.",
        kernels.skipped.len(),
        kernels.skipped.len() + kernels.layers()
    );
    section("not looked at", "What was not looked at, and why?", about, vec![table])
}

fn number(value: &Value) -> String {
    value.number().map_or_else(|| "–".into(), |number| Unit::Number.show(number))
}
