//! All 3 × 3 kernels of many files as a page.

use convscope_probe::{Probe, STRUCTURES, Scan, Tally};
use convscope_report::{
    Bar, Bars, Figure, Histogram, Histograms, Listing, Page, Parts, Section, Unit,
};

use super::file::ScannedFile;
use super::summary::{Of, Score, free_bits};
use super::tallied::Weighed;
use super::text::{HEADS, remarks, row, told};
use super::{Asked, Hears, Total};
use crate::complaint::Complaint;
use crate::kernels::{FREE, ZERO, name_of, section};

/// A page that grows file by file.
#[derive(Default)]
pub(crate) struct Paged {
    files: Vec<[String; HEADS.len()]>,
}

impl Hears for Paged {
    fn file(&mut self, file: &ScannedFile) -> Result<(), Complaint> {
        self.files.push(row(&file.path, &file.layers.len().to_string(), &file.summary));
        Ok(())
    }
}

impl Paged {
    /// Returns the page.
    pub(crate) fn page(self, asked: &Asked, total: &Total) -> Page {
        let mut sections = vec![structures(total), scores(total), self.files()];
        sections.extend(left_out(total));
        let names: Vec<&str> = asked.paths.iter().map(|path| name_of(path)).collect();
        Page {
            title: format!("The 3 × 3 kernels of {}", names.join(", ")),
            about: Some(about(asked, total)),
            parts: Parts { one: "Part", all: "Parts" },
            sections,
            provenance: vec![
                ("convscope".into(), env!("CARGO_PKG_VERSION").into()),
                ("scanned".into(), asked.paths.join(", ")),
                ("seed of chance".into(), asked.number.to_string()),
                ("every layer".into(), "convscope scan PATH --json".into()),
                ("made again by".into(), "convscope scan PATH --out PAGE".into()),
            ],
            faults: Vec::new(),
        }
    }

    fn files(self) -> Section {
        let table = Figure::Listing(Listing {
            id: "files".into(),
            title: "Every file".into(),
            note: "Structure: the share of kernels whose code a structure makes shorter. Bits: of the shortest \
                   code of a kernel. Behind each what it is by chance: of normal numbers, and of the layers' own \
                   numbers in random places."
                .into(),
            columns: HEADS.map(str::to_owned).to_vec(),
            words: 1,
            rows: self.files.into_iter().map(|row| row.map(|cell| cell.replace(" %", "\u{a0}%")).into()).collect(),
        });
        let about = "Files without kernels of 3 × 3 have a row too.".to_owned();
        section("files", "What do the files have?", about, vec![table])
    }
}

fn about(asked: &Asked, total: &Total) -> String {
    let mut about = format!(
        "{}. A kernel has a structure when name and numbers of the structure, together with what they leave, are a \
         shorter code than the kernel's own nine numbers, each on the layer's grid of 8 bits. Small kernels have \
         structure by chance; so every number stands beside that of kernels of normal numbers with the layer's mean \
         square, and of kernels of the layer's own numbers in random places. Among so many kernels every difference \
         is certain: what counts is how large it is.",
        told(total)
    );
    for remark in remarks(asked, total) {
        about.push_str("\n\n");
        about.push_str(&remark);
        about.push('.');
    }
    about
}

fn structures(total: &Total) -> Section {
    let summary = &total.summary;
    let found = |of: &Of| of.count > 0 || of.chance.iter().flatten().any(|share| *share > 0.0);
    let present = |of: &&Of| of.id != FREE && found(of);
    let bar = |of: &Of| Bar {
        name: of.id.into(),
        about: meaning(of.id).into(),
        count: of.count as usize,
        value: of.share,
        marks: of.chance.iter().map(|share| share.unwrap_or_default()).collect(),
    };
    let bars = Figure::Bars(Bars {
        id: "structures".into(),
        title: "The share of kernels that each structure describes shortest".into(),
        note: "Without kernels that are free: most are, and no bar beside theirs could be seen."
            .into(),
        thing: "kernel".into(),
        marks: ["normal numbers", "own numbers in random places"].map(String::from).into(),
        unit: Unit::Percent,
        bars: summary.structures.iter().filter(present).map(bar).collect(),
    });
    let (count, share, by_chance) = summary.with_structure();
    let show =
        |share: Option<f64>| share.map_or_else(|| "–".into(), |share| Unit::Percent.show(share));
    let bits = |of: &dyn Fn(&Score) -> Option<f64>| {
        let bits = summary.score("code-length").and_then(of);
        bits.map_or_else(|| "–".into(), |bits| format!("{bits:.1}"))
    };
    let about = format!(
        "{count} kernels ({}) have a structure; by chance {} of normal numbers, {} of own numbers in random places. \
         The shortest code takes {} bits in the mean; by chance {} and {}; 8 for each number and the name of a \
         structure are {:.1}.",
        Unit::Percent.show(share),
        show(by_chance[0]),
        show(by_chance[1]),
        bits(&|score| score.mean),
        bits(&|score| score.chance[0]),
        bits(&|score| score.chance[1]),
        free_bits()
    );
    section("structures", "Which structures do the kernels have?", about, vec![bars])
}

fn meaning(id: &str) -> &'static str {
    match id {
        ZERO => "all numbers are 0",
        FREE => "no structure makes the code shorter",
        _ => STRUCTURES.iter().find(|own| own.id == id).map_or("", |own| own.about),
    }
}

/// Draws each score; of scores that are the same for all kernels of 3 × 3 one.
fn scores(total: &Total) -> Section {
    let mut panels: Vec<(Histogram, &Tally, f64)> = Vec::new();
    for (place, (probe, tally)) in total.tallied.scan.tallies().enumerate() {
        let score = &total.summary.scores[place];
        if let Some((panel, ..)) = panels.iter_mut().find(|(_, other, _)| *other == tally) {
            panel.name.push_str(" = ");
            panel.name.push_str(&probe.id.replace('-', " "));
        } else {
            let expected = &total.tallied.chance[1].tallies[place];
            panels.extend(
                panel(probe, tally, score, expected)
                    .map(|panel| (panel, tally, score.apart[1].unwrap_or_default())),
            );
        }
    }
    panels.sort_by(|a, b| b.2.total_cmp(&a.2));
    let figure = Figure::Histograms(Histograms {
        id: "scores".into(),
        title: "Every score beside chance".into(),
        note: "Scores that are one at 3 × 3 have one histogram.".into(),
        thing: "kernel".into(),
        chance: "own numbers in random places".into(),
        panels: panels.into_iter().map(|(panel, ..)| panel).collect(),
    });
    let about = "Each score over all kernels, the one furthest from chance first: by the share of kernels that chance would not put \
                 where they are (apart)."
        .to_owned();
    section("scores", "How do scores differ from chance?", about, vec![figure])
}

fn panel(probe: &Probe, tally: &Tally, score: &Score, expected: &Weighed) -> Option<Histogram> {
    let show =
        |number: Option<f64>| number.map_or_else(|| "–".into(), |number| Unit::Number.show(number));
    let ([from, to], expected) = (Scan::range(probe)?, expected.shares()?);
    (tally.count > 0).then(|| Histogram {
        name: probe.id.replace('-', " "),
        note: format!(
            "mean {}; by chance {}, of normal numbers {}; apart {}",
            show(score.mean),
            show(score.chance[1]),
            show(score.chance[0]),
            Unit::Percent.show(score.apart[1].unwrap_or_default())
        ),
        from,
        to,
        count: tally.count as usize,
        shares: tally.bins.iter().map(|bin| *bin as f64 / tally.count as f64).collect(),
        expected: expected.to_vec(),
    })
}

/// Lists what was not scanned; nothing where all was.
fn left_out(total: &Total) -> Option<Section> {
    let arrays = total.skips.all().into_iter().map(|(why, skip)| {
        let [file, name] = &skip.first;
        vec![
            why.to_owned(),
            format!("{name} of {file}"),
            skip.arrays.to_string(),
            skip.files.to_string(),
        ]
    });
    let unread = total
        .unread
        .iter()
        .map(|(path, why)| vec![why.clone(), path.clone(), String::new(), "1".into()]);
    let rows: Vec<Vec<String>> = unread.chain(arrays).collect();
    (!rows.is_empty()).then(|| {
        let table = Figure::Listing(Listing {
            id: "left-out".into(),
            title: "Arrays and files that were not scanned".into(),
            note: String::new(),
            columns: ["why", "first", "arrays", "files"].map(str::to_owned).to_vec(),
            words: 2,
            rows,
        });
        let about = "Each reason, with the first array that it holds for.".to_owned();
        section("not scanned", "What was not scanned, and why?", about, vec![table])
    })
}
