//! What is different in another file.

use convscope_core::Value;
use convscope_probe::{Dealt, PROBES, Shift};
use convscope_report::{Figure, Listing, Section, Unit, deviations};

use super::{called, section};
use crate::kernels::against::{Against, Apart, DEALS, MOST};
use crate::kernels::laid::Laid;
use crate::kernels::summary::Summary;

/// The heads of the columns of layers.
const HEADS: [&str; 10] = [
    "layer",
    "score that moved most",
    "kernels",
    "kernels there",
    "drift",
    "by chance",
    "p",
    "basis turned",
    "by chance",
    "p",
];

/// How many scores of a layer are listed.
const LISTED: usize = 12;

/// A row for each layer so far.
#[derive(Default)]
pub(super) struct Beside {
    compared: Vec<Vec<String>>,
    missing: Vec<Vec<String>>,
}

impl Beside {
    /// Adds a layer, and returns how its scores moved.
    pub(super) fn add(&mut self, laid: &Laid, summary: &Summary) -> Option<Figure> {
        match summary.against.as_ref()? {
            Ok(apart) => {
                self.compared.push(row(called(laid), apart));
                Some(Figure::Listing(moved(apart)))
            }
            Err(why) => {
                self.missing.push(vec![called(laid).to_owned(), why.clone()]);
                None
            }
        }
    }

    /// Returns the part of the page.
    pub(super) fn section(mut self, against: &Against) -> Section {
        let file = &against.other.file;
        let about = format!(
            "Layers of {file} with the same names, each a set of kernels of which neither order nor place counts: {} compared, {} \
             not, {} only there. By chance: the kernels of both dealt into two sets of the same sizes at random, \
             {DEALS} times; p is the share of deals with as much, the real one counted. Of layers with more than {MOST} \
             kernels so many, evenly spread, are compared.",
            self.compared.len(),
            self.missing.len(),
            against.only.len()
        );
        let only = |name: &String| vec![name.clone(), "this file has no such layer".into()];
        self.missing.extend(against.only.iter().map(only));
        let compared = Listing {
            id: "beside".into(),
            title: "How far layers lie apart".into(),
            note: "Drift: how differently kernels, each with its largest number at 1, are spread along the directions in \
                   which those of both differ most; few kernels alone make it large. Basis turned: from 0, the same principal components \
                   with the same weights, to 1, at right angles. Scores stand with the means here and there."
                .into(),
            columns: HEADS.map(str::to_owned).to_vec(),
            words: 2,
            rows: self.compared,
        };
        let mut figures = vec![Figure::Listing(compared)];
        if !self.missing.is_empty() {
            figures.push(Figure::Listing(Listing {
                id: "not-compared".into(),
                title: "Layers that were not compared".into(),
                note: String::new(),
                columns: ["layer", "why"].map(str::to_owned).to_vec(),
                words: 2,
                rows: self.missing,
            }));
        }
        section("other file", &format!("What is different in {file}?"), about, figures)
    }
}

fn row(name: &str, apart: &Apart) -> Vec<String> {
    let furthest = apart.furthest().first().map_or_else(
        || "–".to_owned(),
        |(probe, shift)| format!("{}, {}", name_of(*probe), means(shift)),
    );
    let [own, their] = apart.kernels.map(|count| count.to_string());
    let both = [&apart.drift.divergence, &apart.drift.basis];
    let numbers =
        both.into_iter().flat_map(|dealt| [number(&dealt.value), number(&dealt.chance), p(dealt)]);
    [name.to_owned(), furthest, own, their].into_iter().chain(numbers).collect()
}

/// Lists the scores that moved furthest.
fn moved(apart: &Apart) -> Listing {
    let furthest = apart.furthest();
    let row = |(probe, shift): &&(usize, Shift)| {
        let distance = &shift.distance;
        let z = distance.z().map_or_else(|| "–".into(), deviations);
        let [here, there] = shift.means.map(|mean| Unit::Number.show(mean));
        let apart = [number(&distance.value), number(&distance.chance), z, p(distance)];
        [name_of(*probe), here, there].into_iter().chain(apart).collect()
    };
    Listing {
        id: "moved".into(),
        title: "Scores that moved furthest".into(),
        note: format!(
            "The first {} of {}. Distance: the largest difference of the shares of kernels here and there below any \
             value. By chance: the same values dealt at random. Of a hundred scores that did not move one \
             has a p of 0.01.",
            furthest.len().min(LISTED),
            furthest.len()
        ),
        columns: ["score", "mean here", "mean there", "distance", "by chance", "z", "p"]
            .map(str::to_owned)
            .to_vec(),
        words: 1,
        rows: furthest.iter().take(LISTED).map(row).collect(),
    }
}

fn name_of(probe: usize) -> String {
    PROBES[probe].id.replace('-', " ")
}

fn means(shift: &Shift) -> String {
    let [here, there] = shift.means.map(|mean| Unit::Number.show(mean));
    format!("{here} here, {there} there")
}

fn p(dealt: &Dealt) -> String {
    dealt.value.number().map_or_else(|| "–".into(), |_| format!("{:.3}", dealt.p))
}

fn number(value: &Value) -> String {
    value.number().map_or_else(|| "–".into(), |number| Unit::Number.show(number))
}
