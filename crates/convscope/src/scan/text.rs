//! What is most worth knowing, as tables for a terminal.

use super::file::ScannedFile;
use super::summary::{Of, Score, Summary, free_bits};
use super::{Asked, Hears, Total};
use crate::complaint::Complaint;
use crate::kernels::{counted, line, table};

/// The rows of the tables, file by file.
pub(crate) struct Told {
    /// Whether layers have rows of their own.
    each_layer: bool,
    files: Vec<[String; HEADS.len()]>,
    layers: Vec<[String; HEADS.len()]>,
}

impl Hears for Told {
    fn file(&mut self, file: &ScannedFile) -> Result<(), Complaint> {
        if file.layers.is_empty() {
            return Ok(());
        }
        self.files.push(row(&file.path, &file.layers.len().to_string(), &file.summary));
        if self.each_layer {
            let of =
                |layer: &super::file::ScannedLayer| row(&file.path, &layer.name, &layer.summary);
            self.layers.extend(file.layers.iter().map(of));
        }
        Ok(())
    }
}

impl Told {
    /// Begins with no file.
    pub(crate) fn new(each_layer: bool) -> Self {
        Self { each_layer, files: Vec::new(), layers: Vec::new() }
    }

    /// Writes the tables.
    pub(crate) fn text(&self, asked: &Asked, total: &Total) -> String {
        let mut text = String::new();
        line(&mut text, &told(total));
        for remark in skips(total).into_iter().chain(remarks(asked, total)) {
            line(&mut text, &remark);
        }
        line(&mut text, "\nfiles");
        let free = format!("{:.1}", free_bits());
        for words in LEGEND {
            line(&mut text, &words.replace("FREE", &free));
        }
        table(&mut text, Some(HEADS), &self.files[..self.files.len().min(FILES)]);
        if let Some(more @ 1..) = self.files.len().checked_sub(FILES) {
            let more = counted(more, "more file");
            line(&mut text, &format!("  and {more}, which --json and --out have"));
        }
        if self.each_layer {
            let heads = HEADS.map(|head| if head == "layers" { "layer" } else { head });
            line(&mut text, "\nlayers");
            table(&mut text, Some(heads), &self.layers);
        }
        line(&mut text, "\nstructures (shares of the kernels that were looked at)");
        let present =
            |of: &&Of| of.count > 0 || of.chance.iter().flatten().any(|share| *share > 0.0);
        let rows: Vec<_> = total.summary.structures.iter().filter(present).map(structure).collect();
        table(&mut text, Some(STRUCTURE_HEADS), &rows);
        line(
            &mut text,
            "\nprobes (means; apart: share of kernels that own numbers in random places would not put there)",
        );
        let mut scores: Vec<&Score> = total.summary.scores.iter().collect();
        scores.sort_by(|a, b| {
            b.apart[1].unwrap_or_default().total_cmp(&a.apart[1].unwrap_or_default())
        });
        table(&mut text, Some(SCORE_HEADS), &scores.into_iter().map(score).collect::<Vec<_>>());
        text
    }
}

/// Says in one line what was scanned.
pub(super) fn told(total: &Total) -> String {
    let summary = &total.summary;
    format!(
        "{} of 3 × 3 in {} of {}: {} of zeros, {} constant, {} not finite and not looked at",
        counted(summary.kernels as usize, "kernel"),
        counted(total.layers, "layer"),
        counted(total.files, "file"),
        summary.zeros,
        summary.constant,
        summary.refused
    )
}

/// Says which files were not scanned, and how well chance is known, a line each.
pub(super) fn remarks(asked: &Asked, total: &Total) -> Vec<String> {
    let mut remarks = Vec::new();
    if total.without > 0 {
        remarks.push(format!("{} without kernels of 3 × 3", counted(total.without, "file")));
    }
    remarks.extend(total.unread.iter().map(|(path, why)| format!("not read: {path}: {why}")));
    let files = &asked.files;
    for (count, thing, what) in [
        (files.others, "file", "of other kinds in the folders"),
        (files.again, "file", "named or linked twice and scanned once"),
        (files.links, "folder", "linked to and not followed"),
    ] {
        if count > 0 {
            remarks.push(format!("{} {what}", counted(count, thing)));
        }
    }
    let [gaussian, permuted] = total.summary.drawn;
    if gaussian + permuted > 0 {
        remarks.push(format!(
            "chance: {gaussian} kernels of normal numbers, {permuted} of the layers' own numbers in random places; \
             the standard errors of its shares are {:.2} % at most",
            100.0 * total.summary.error()
        ));
    }
    remarks
}

/// Says which arrays were not scanned, a line for each reason.
fn skips(total: &Total) -> Vec<String> {
    let skips = total.skips.all();
    let told = skips.iter().take(REASONS).map(|(why, skip)| {
        let [file, name] = &skip.first;
        let name = if name.is_empty() { "the array" } else { name };
        let [arrays, files] = [counted(skip.arrays, "array"), counted(skip.files, "file")];
        format!("{arrays} in {files} not scanned: {why} (the first is {name} of {file})")
    });
    let mut told: Vec<String> = told.collect();
    if skips.len() > REASONS {
        let more: usize = skips[REASONS..].iter().map(|(_, skip)| skip.arrays).sum();
        told.push(format!("{} more, for other reasons, which --json has", counted(more, "array")));
    }
    told
}

/// So many files have a row of their own.
const FILES: usize = 40;

/// So many reasons why arrays are not scanned are told, the most frequent ones.
const REASONS: usize = 16;

/// What the columns of files mean.
const LEGEND: [&str; 4] = [
    "structure: share of kernels whose code a structure makes shorter; bits: mean of the shortest code, of FREE",
    "with 8 for each number; normal: the same of kernels of normal numbers with the layers' mean squares; own: of",
    "kernels of the layers' own numbers in random places. Among many kernels every difference is certain: look at",
    "how large it is.",
];

/// The heads of the columns of files and layers.
pub(super) const HEADS: [&str; 12] = [
    "file",
    "layers",
    "kernels",
    "zeros",
    "constant",
    "not finite",
    "structure",
    "normal",
    "own",
    "bits",
    "normal",
    "own",
];

/// Writes a row of a file or a layer.
pub(super) fn row(file: &str, layers: &str, summary: &Summary) -> [String; HEADS.len()] {
    let (_, share, by_chance) = summary.with_structure();
    let there = (summary.looked_at() > 0).then_some(share);
    let bits = summary.score("code-length");
    let [normal, own] = bits.map_or([None; 2], |score| score.chance);
    [
        file.to_owned(),
        if layers.is_empty() { "the array".into() } else { layers.to_owned() },
        summary.kernels.to_string(),
        summary.zeros.to_string(),
        summary.constant.to_string(),
        summary.refused.to_string(),
        percent(there),
        percent(by_chance[0]),
        percent(by_chance[1]),
        digits(bits.and_then(|score| score.mean), 2),
        digits(normal, 2),
        digits(own, 2),
    ]
}

const STRUCTURE_HEADS: [&str; 6] = ["structure", "kernels", "share", "normal", "own", "times own"];

fn structure(of: &Of) -> [String; STRUCTURE_HEADS.len()] {
    let times = of.chance[1].filter(|share| *share > 0.0).map(|share| of.share / share);
    [
        of.id.to_owned(),
        of.count.to_string(),
        percent(Some(of.share)),
        percent(of.chance[0]),
        percent(of.chance[1]),
        digits(times, 2),
    ]
}

const SCORE_HEADS: [&str; 6] = ["probe", "kernels", "mean", "normal", "own", "apart"];

fn score(score: &Score) -> [String; SCORE_HEADS.len()] {
    [
        score.probe.id.clone(),
        score.count.to_string(),
        digits(score.mean, 4),
        digits(score.chance[0], 4),
        digits(score.chance[1], 4),
        percent(score.apart[1]),
    ]
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".into(), |share| format!("{:.2} %", 100.0 * share))
}

fn digits(number: Option<f64>, digits: usize) -> String {
    number.map_or_else(|| "–".into(), |number| format!("{number:.digits$}"))
}
