//! The page: studies, their arms, claims and figures.

mod bars;
mod cards;
mod claims;
mod exhibit;
mod heat;
mod histograms;
mod html;
mod masthead;
mod study;

use std::ops::RangeInclusive;

use convscope_core::verdict::Verdict;

pub use self::html::html;
use crate::{figure::Figure, numbers::Unit};

/// One report.
#[derive(Debug)]
pub struct Page {
    /// The heading and the title of the window.
    pub title: String,
    /// What the report is about; blank lines part paragraphs.
    pub about: Option<String>,
    /// What its sections are called.
    pub parts: Parts,
    /// The studies or other parts, in the order in which they are shown.
    pub sections: Vec<Section>,
    /// What holds for the whole page: tool version, machine, store. Name and value.
    pub provenance: Vec<(String, String)>,
    /// What the store could not read, in words; shown aloud at the head of the page.
    pub faults: Vec<String>,
}

/// What the sections of a page are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// One of them ("Study").
    pub one: &'static str,
    /// All of them ("Studies").
    pub all: &'static str,
}

impl Parts {
    /// The sections of a report on studies.
    pub const STUDIES: Self = Self { one: "Study", all: "Studies" };
}

/// One study, or one part of another page.
#[derive(Debug)]
pub struct Section {
    /// The study's name, unique on the page.
    pub id: String,
    /// The question, the section's heading.
    pub question: String,
    /// Prose; blank lines part paragraphs.
    pub about: Option<String>,
    /// What was trained.
    pub arms: Vec<Arm>,
    /// Published numbers beside measured ones.
    pub claims: Vec<ClaimRow>,
    /// The figures, in order.
    pub figures: Vec<Figure>,
    /// Jobs that are missing, failed or diverged, one line for each kind of trouble.
    pub troubles: Vec<Trouble>,
    /// Where the numbers come from: plan, jobs, hashes. Name and value.
    pub provenance: Vec<(String, String)>,
}

/// One way of making models, as the table of arms shows it.
#[derive(Debug, Clone)]
pub struct Arm {
    /// The name in the study file.
    pub name: String,
    /// The net, in a few words.
    pub net: String,
    /// How many numbers the net has, from least to most.
    pub parameters: RangeInclusive<usize>,
    /// The data it is trained on, in a few words.
    pub data: String,
    /// How it is trained, in a few words.
    pub recipe: String,
    /// How many replicates.
    pub seeds: u32,
    /// The axes that multiply it: name and values ("images", "10, 30, 50, 100").
    pub axes: Vec<(String, String)>,
}

/// Jobs without a result.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// Which jobs ("mlp, images 10: 2 of 10").
    pub what: String,
    /// What became of them ("diverged in epoch 3").
    pub why: String,
}

/// One claim beside what was measured.
#[derive(Debug, Clone)]
pub struct ClaimRow {
    /// The claim, in words.
    pub says: String,
    /// Where it was published.
    pub source: String,
    /// What was published, as it is to be shown ("86.67 %", "CNN > MLP").
    pub published: String,
    /// Where the published number stands on the drawing, in the unit of [`Measured::mean`].
    pub published_number: Option<f64>,
    /// What was measured here; `None` while there is nothing.
    pub measured: Option<Measured>,
    /// Where the published number had to lie to be one of ours (see
    /// [`Judgement::expected`](convscope_core::verdict::Judgement::expected)).
    pub expected: Option<(f64, f64)>,
    /// The outcome.
    pub verdict: Verdict,
    /// Why that is the verdict, in one sentence.
    pub why: String,
    /// What explains that ours differs; shown where the claim is not reproduced.
    pub mismatch: Option<String>,
}

/// A mean over seeds with its 95 % interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The mean.
    pub mean: f64,
    /// The lower end; `None` where one number gives no interval.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// How many numbers.
    pub count: usize,
    /// How the numbers are written.
    pub unit: Unit,
}
