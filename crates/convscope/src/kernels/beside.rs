//! What is different in another file, as a table for a terminal.

use convscope_probe::{Dealt, PROBES, Shift};
use convscope_report::deviations;

use super::against::{Against, Apart, DEALS};
use super::summary::Summary;
use super::table::{counted, line, number, table};

/// How many scores of a layer are named.
const NAMED: usize = 3;

/// The rows of the tables, layer by layer.
#[derive(Default)]
pub(super) struct Beside {
    compared: Vec<[String; HEADS.len()]>,
    missing: Vec<[String; 2]>,
}

/// What the columns mean.
const LEGEND: [&str; 3] = [
    "drift: how differently kernels are spread along the directions in which they differ most; turned: how",
    "far their principal components are, from 0 to 1; chance: the same kernels dealt at random; p: share of",
    "deals with as much. Scores: means here and there of those that moved furthest, with their z",
];

/// The heads of the columns.
const HEADS: [&str; 10] =
    ["layer", "kernels", "there", "drift", "chance", "p", "turned", "chance", "p", "scores"];

impl Beside {
    /// Adds a layer.
    pub(super) fn add(&mut self, name: &str, summary: &Summary) {
        match &summary.against {
            None => {}
            Some(Ok(apart)) => self.compared.push(row(name, apart)),
            Some(Err(why)) => self.missing.push([name.to_owned(), why.clone()]),
        }
    }

    /// Writes the tables.
    pub(super) fn write(&self, text: &mut String, against: &Against) {
        line(
            text,
            &format!(
                "\nbeside {}: {} compared, {} not, {} only there; {DEALS} deals",
                against.other.file,
                counted(self.compared.len(), "layer"),
                self.missing.len(),
                against.only.len()
            ),
        );
        if !self.compared.is_empty() {
            for words in LEGEND {
                line(text, words);
            }
            table(text, Some(HEADS), &self.compared);
        }
        if !self.missing.is_empty() {
            line(text, "not compared");
            table(text, None, &self.missing);
        }
        if !against.only.is_empty() {
            line(text, &format!("only there: {}", against.only.join(", ")));
        }
    }
}

fn row(name: &str, apart: &Apart) -> [String; HEADS.len()] {
    let [own, their] = apart.kernels.map(|count| count.to_string());
    let p = |dealt: &Dealt| {
        dealt.value.number().map_or_else(|| "–".to_owned(), |_| format!("{:.3}", dealt.p))
    };
    let (drift, basis) = (&apart.drift.divergence, &apart.drift.basis);
    let scores: Vec<String> = apart.furthest().into_iter().take(NAMED).map(score).collect();
    [
        name.to_owned(),
        own,
        their,
        number(&drift.value, 3),
        number(&drift.chance, 3),
        p(drift),
        number(&basis.value, 3),
        number(&basis.chance, 3),
        p(basis),
        scores.join("; "),
    ]
}

fn score((probe, shift): &(usize, Shift)) -> String {
    let [here, there] = shift.means;
    let z = shift.distance.z();
    let z = z.map_or_else(|| "–".to_owned(), |z| deviations(z).replace('−', "-"));
    format!("{} {here:.3} {there:.3} ({z})", PROBES[*probe].id)
}
