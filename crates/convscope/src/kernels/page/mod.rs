//! The kernels of a model as a page.

mod against;
mod cards;
mod overview;
mod scores;
mod together;

use std::fmt::Write;

use convscope_probe::Reading;
use convscope_report::{Figure, Page, Parts, Section, Unit};

use super::laid::Laid;
use super::summary::Summary;
use super::{Hears, Kernels};
use crate::complaint::Complaint;

/// A page that grows layer by layer.
pub(crate) struct Paged {
    sections: Vec<Section>,
    overview: overview::Overview,
    /// What is different in another file.
    beside: against::Beside,
    /// How many kernels of a layer have a card.
    cards: usize,
}

/// How many cards a page has at most, and how many a layer has at most and at least.
const ALL: usize = 1200;
const MOST: usize = 96;
const LEAST: usize = 8;

impl Paged {
    /// Begins a page, on which layers share the room for cards.
    pub(crate) fn of(kernels: &Kernels) -> Self {
        let cards = (ALL / kernels.layers().max(1)).clamp(LEAST, MOST);
        let (overview, beside) = (overview::Overview::default(), against::Beside::default());
        Self { sections: Vec::new(), overview, beside, cards }
    }

    /// Returns the page.
    pub(crate) fn page(mut self, kernels: &Kernels) -> Page {
        let overview = self.overview.section(kernels);
        self.sections.insert(0, overview);
        if let Some(against) = &kernels.against {
            self.sections.insert(1, self.beside.section(against));
        }
        if !kernels.skipped.is_empty() {
            self.sections.push(overview::skipped(kernels));
        }
        Page {
            title: format!("The kernels of {}", name_of(&kernels.file)),
            about: Some(about(kernels)),
            parts: Parts { one: "Part", all: "Parts" },
            sections: self.sections,
            provenance: provenance(kernels),
            faults: Vec::new(),
        }
    }
}

impl Hears for Paged {
    fn summary(
        &mut self,
        laid: &Laid,
        summary: &Summary,
        reading: Option<&Reading<'_>>,
    ) -> Result<(), Complaint> {
        self.overview.add(laid, summary);
        let moved = self.beside.add(laid, summary);
        if let Some(reading) = reading {
            let wall = cards::wall(laid, summary, reading, self.cards);
            let mut figures = vec![Figure::Cards(wall)];
            figures.extend(scores::histograms(summary).map(Figure::Histograms));
            if let Ok(card) = &laid.together {
                figures.extend(together::figures(card, laid.size));
            }
            figures.extend(moved);
            let question = format!("What structure do the kernels of {} have?", called(laid));
            self.sections.push(section(called(laid), &question, told(laid, summary), figures));
        }
        Ok(())
    }
}

/// Says in a few sentences what a layer is.
fn told(laid: &Laid, summary: &Summary) -> String {
    let (structured, by_chance) = summary.with_structure();
    let looked_at = summary.described.len();
    let [bits, plain, bits_by_chance] = summary.bits();
    let show = |value: &convscope_core::Value| {
        value.number().map_or_else(|| "–".into(), |number| format!("{number:.1}"))
    };
    let mut told = format!(
        "{}. {structured} of {looked_at} kernels ({}) have a structure that makes their code shorter; \
         of kernels made of the layer's own numbers in random places {} have one. The shortest code of a \
         kernel takes {} bits in the mean, {} without structures, {} by chance; 8 bits for each \
         number and the name of a structure are {:.1}.",
        capital(&laid.words()),
        Unit::Percent.show(structured as f64 / looked_at.max(1) as f64),
        Unit::Percent.show(by_chance),
        show(&bits),
        show(&plain),
        show(&bits_by_chance),
        laid.free_bits()
    );
    let others = [
        (summary.zero(), "Of zeros"),
        (summary.constant, "Of one number everywhere"),
        (laid.unfit.len(), "Not finite and so not looked at"),
    ];
    for (count, what) in others.into_iter().filter(|(count, _)| *count > 0) {
        write!(told, " {what}: {count}.").expect("writing to a string cannot fail");
    }
    told
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn about(kernels: &Kernels) -> String {
    let mut about = "A kernel has a structure when fewer numbers than it has describe it, and name and \
                     numbers of the structure together with what they leave are a shorter code than its \
                     own numbers, each on the layer's grid of 8 bits. Small kernels have scores far from 0 \
                     by chance: every score stands beside its percentile among kernels of independent normal \
                     numbers, and among kernels of the layer's own numbers in random places. Of a hundred \
                     kernels without any structure one is beyond the 99th percentile."
        .to_owned();
    for note in &kernels.notes {
        about.push_str("\n\nNote: ");
        about.push_str(&note.replace('`', ""));
        about.push('.');
    }
    about
}

fn provenance(kernels: &Kernels) -> Vec<(String, String)> {
    let bytes = kernels.arrays.source().length();
    vec![
        ("convscope".into(), env!("CARGO_PKG_VERSION").into()),
        (
            "file".into(),
            format!("{}, {bytes} bytes, {}", kernels.file, kernels.arrays.format().name),
        ),
        ("every kernel".into(), "convscope kernels FILE --json".into()),
        ("made again by".into(), "convscope kernels FILE --out PAGE".into()),
    ]
}

/// Makes a part of a page that has figures alone.
pub(crate) fn section(id: &str, question: &str, about: String, figures: Vec<Figure>) -> Section {
    Section {
        id: id.into(),
        question: question.into(),
        about: Some(about),
        arms: Vec::new(),
        claims: Vec::new(),
        figures,
        troubles: Vec::new(),
        provenance: Vec::new(),
    }
}

/// What a layer is called; an array without a name has one of its own.
fn called(laid: &Laid) -> &str {
    if laid.name.is_empty() { "the array" } else { &laid.name }
}

/// Returns the last part of a path.
pub(crate) fn name_of(file: &str) -> &str {
    std::path::Path::new(file).file_name().and_then(|name| name.to_str()).unwrap_or(file)
}
