//! Results for people: a page of heat maps, with all that is known of each cell behind it.

use std::fmt::Write as _;

use convscope_core::Value;
use convscope_report::{
    Figure, HeatCell, HeatMap, Listing, Page, Parts, Section, Unit, deviations,
};

use super::results::{Cell, Results, Settings, SideFacts, Table};
use super::{pairs, text};

/// How the sections of the page are called.
const PARTS: Parts = Parts { one: "Part", all: "Parts" };

/// Builds the page.
pub(crate) fn built(results: &Results) -> Page {
    let [a, b] = &results.sides;
    let mut sections = Vec::new();
    let mut treatments: Vec<Option<&str>> = results.tables.iter().map(|table| table.conv).collect();
    treatments.dedup();
    for conv in treatments {
        let tables = results.tables.iter().filter(|table| table.conv == conv);
        let single = a.layers.len() * b.layers.len() == 1;
        let figures: Vec<Figure> = if single {
            vec![one_pair(results, tables)]
        } else {
            tables.map(|table| heat_map(results, table)).collect()
        };
        let (id, question) = match conv {
            Some(conv) => (conv, format!("All layers against all, maps treated by {conv}")),
            None => ("layers", "All layers against all".into()),
        };
        sections.push(section(id, &question, figures));
    }
    if !results.pairs.is_empty() {
        let figures = pairs::page::figures(&results.pairs);
        sections.push(section(
            "pairs",
            "Which units go together, and in which directions",
            figures,
        ));
    }
    let known = "What was compared, and what to know of it";
    sections.push(section("files", known, summary(results)));
    Page {
        title: format!("Similarity of {} and {}", name(&a.file), name(&b.file)),
        about: Some(about(results)),
        parts: PARTS,
        sections,
        provenance: provenance(results),
        faults: Vec::new(),
    }
}

fn section(id: &str, question: &str, figures: Vec<Figure>) -> Section {
    Section {
        id: id.into(),
        question: question.into(),
        about: None,
        arms: Vec::new(),
        claims: Vec::new(),
        figures,
        troubles: Vec::new(),
        provenance: Vec::new(),
    }
}

fn name(file: &str) -> &str {
    std::path::Path::new(file).file_name().and_then(|name| name.to_str()).unwrap_or(file)
}

fn about(results: &Results) -> String {
    let mut about = format!(
        "Each number stands beside what it would be by chance: the mean over all orders of the \
         samples of one network, and z, the distance from it in standard deviations of that null. \
         {} samples.",
        results.samples
    );
    if let Some(orders) = results.settings.permutations {
        let _ = write!(
            about,
            " Tested against {orders} random orders, each shared by all cells of a table; p of the \
             table holds for the most extreme of its cells."
        );
    }
    for note in &results.notes {
        about.push_str("\n\nNote: ");
        about.push_str(&note.replace('`', ""));
        about.push('.');
    }
    about
}

/// The layers of both files after every caveat with how often it applies.
fn summary(results: &Results) -> Vec<Figure> {
    let layers = |side: &SideFacts, letter: &str| {
        let row = |layer: &super::results::LayerFacts| {
            let shape: Vec<String> = layer.shape.iter().map(ToString::to_string).collect();
            let layout = layer.layout.clone().unwrap_or_else(|| "–".into());
            vec![layer.name.clone(), layer.kind.into(), layout, shape.join(" × ")]
        };
        Figure::Listing(Listing {
            id: format!("layers-{letter}"),
            title: format!("Layers of {}", name(&side.file)),
            note: String::new(),
            columns: ["layer", "numbers", "layout", "dimensions"].map(String::from).into(),
            words: 3,
            rows: side.layers.iter().map(row).collect(),
        })
    };
    let [a, b] = &results.sides;
    let mut figures = Vec::new();
    let caveats = text::caveats(results);
    if !caveats.is_empty() {
        figures.push(Figure::Listing(Listing {
            id: "caveats".into(),
            title: "Caveats".into(),
            note: "What holds for some of the scores above.".into(),
            columns: ["caveat", "scores"].map(String::from).into(),
            words: 1,
            rows: caveats.into_iter().map(|(told, count)| vec![told, count.to_string()]).collect(),
        }));
    }
    figures.push(layers(a, "a"));
    if a.file != b.file {
        figures.push(layers(b, "b"));
    }
    figures
}

/// What is told of a score beside its value: as many facts as were asked for, caveats last.
fn facts(settings: &Settings, cell: &Cell) -> Vec<(&'static str, String)> {
    let score = &cell.score;
    let mut facts = vec![("by chance", shown(&score.null_mean)), ("z", shown(&score.z))];
    if settings.permutations.is_some() {
        facts.extend([("p", shown(&cell.p)), ("p of the table", shown(&cell.p_of_table))]);
    }
    if settings.bootstrap.is_some() {
        facts.extend([("95 % from", shown(&cell.low)), ("95 % to", shown(&cell.high))]);
    }
    facts.push(("n", score.samples.to_string()));
    facts.push(("p, q", format!("{},\u{a0}{}", score.units[0], score.units[1])));
    let reason = score.value.reason().map(|why| format!("no value: {why}"));
    let caveats = score.caveats.iter().map(ToString::to_string).chain(reason);
    facts.push(("caveats", caveats.collect::<Vec<_>>().join("; ")));
    facts
}

fn heads(settings: &Settings, cell: &Cell) -> Vec<String> {
    facts(settings, cell).into_iter().map(|(head, _)| head.to_owned()).collect()
}

fn shown(value: &Value) -> String {
    value.number().map_or_else(|| "–".into(), |number| Unit::Number.show(number))
}

fn heat_map(results: &Results, table: &Table) -> Figure {
    let [rows, columns] = results
        .sides
        .each_ref()
        .map(|side| side.layers.iter().map(|layer| layer.name.clone()).collect::<Vec<_>>());
    let cell = |cell: &Cell| HeatCell {
        value: cell.score.value.number(),
        below: cell.score.z.number().map_or_else(String::new, |z| format!("z {}", deviations(z))),
        facts: facts(&results.settings, cell).into_iter().map(|(_, fact)| fact).collect(),
    };
    Figure::HeatMap(HeatMap {
        id: table.title(),
        title: table.title(),
        note: format!("{} {}. {}", table.about, estimators(table), table.source),
        row_title: name(&results.sides[0].file).into(),
        column_title: name(&results.sides[1].file).into(),
        value_title: table.measure.into(),
        facts: heads(&results.settings, &table.cells[0][0]),
        full: table.of_self.filter(|full| *full > 0.0),
        rows,
        columns,
        cells: table.cells.iter().map(|row| row.iter().map(cell).collect()).collect(),
    })
}

/// Returns how the values were estimated, each way once.
fn estimators(table: &Table) -> String {
    let mut all: Vec<&str> =
        table.cells.iter().flatten().map(|cell| cell.score.estimator.as_str()).collect();
    all.sort_unstable();
    all.dedup();
    format!("Estimated as: {}", all.join("; "))
}

/// One pair of layers: a line for each measure.
fn one_pair<'t>(results: &Results, tables: impl Iterator<Item = &'t Table>) -> Figure {
    let mut columns = Vec::new();
    let mut rows = Vec::new();
    for table in tables {
        let cell = &table.cells[0][0];
        let mut facts = facts(&results.settings, cell);
        let caveats = facts.pop().map_or_else(String::new, |(_, caveats)| caveats);
        let mut row = vec![
            ("measure", table.title()),
            ("estimator", cell.score.estimator.clone()),
            ("caveats", caveats),
            ("value", shown(&cell.score.value)),
        ];
        row.extend(facts);
        columns = row.iter().map(|(head, _)| (*head).to_owned()).collect();
        rows.push(row.into_iter().map(|(_, fact)| fact).collect());
    }
    let [a, b] = &results.sides;
    Figure::Listing(Listing {
        id: "scores".into(),
        title: format!("{} against {}", a.layers[0].name, b.layers[0].name),
        note: String::new(),
        columns,
        words: 3,
        rows,
    })
}

fn provenance(results: &Results) -> Vec<(String, String)> {
    let [a, b] = &results.sides;
    let file = |side: &SideFacts| format!("{} ({}, {} bytes)", side.file, side.format, side.bytes);
    let settings = &results.settings;
    let count = |count: Option<usize>| count.map_or_else(|| "none".into(), |n| n.to_string());
    [
        ("convscope", env!("CARGO_PKG_VERSION").into()),
        ("first network", file(a)),
        ("second network", file(b)),
        ("samples matched by", results.matched.into()),
        ("seed", settings.seed.to_string()),
        ("orders tested", count(settings.permutations)),
        ("resamples", count(settings.bootstrap)),
    ]
    .map(|(name, value): (&str, String)| (name.to_owned(), value))
    .into()
}
