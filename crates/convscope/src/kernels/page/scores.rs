//! The scores of a layer that are furthest from chance.

use convscope_core::Value;
use convscope_probe::PROBES;
use convscope_report::{Histogram, Histograms, Unit};

use crate::kernels::histogram::Bins;
use crate::kernels::summary::{Score, Summary};

/// How many scores have a histogram.
const MOST: usize = 12;

/// Scores whose values go together as much as this say one thing.
const SAME: f64 = 0.999;

/// With fewer kernels histograms say nothing.
const LEAST: usize = 8;

/// Draws the scores that differ most from chance; nothing of layers with few kernels.
pub(super) fn histograms(summary: &Summary) -> Option<Histograms> {
    let mut scores: Vec<(usize, &Score, &Bins)> = summary
        .scores
        .iter()
        .enumerate()
        .filter(|(_, score)| score.count() >= LEAST)
        .filter_map(|(probe, score)| Some((probe, score, score.bins.as_ref()?)))
        .collect();
    let measured = scores.len();
    scores.sort_by(|a, b| b.2.distance().total_cmp(&a.2.distance()));
    let mut chosen: Vec<(usize, &Score, &Bins)> = Vec::new();
    for one in scores {
        if chosen.len() < MOST && !chosen.iter().any(|other| one.1.goes_with(other.1) > SAME) {
            chosen.push(one);
        }
    }
    let panel = |(probe, score, bins): &(usize, &Score, &Bins)| Histogram {
        name: PROBES[*probe].id.replace('-', " "),
        note: note(score),
        from: bins.range[0],
        to: bins.range[1],
        count: bins.count(),
        shares: bins.shares(),
        expected: bins.expected.clone(),
    };
    (!chosen.is_empty()).then(|| Histograms {
        id: "scores".into(),
        title: "Scores beside chance".into(),
        note: format!(
            "Of {measured} scores the {} that differ most from chance, the furthest first; of scores that \
             go together one. A score of few kernels differs by chance. --json has all.",
            chosen.len()
        ),
        thing: "kernel".into(),
        chance: "independent normal numbers".into(),
        panels: chosen.iter().map(panel).collect(),
    })
}

fn note(score: &Score) -> String {
    let show = |value: Option<f64>| value.map_or_else(|| "–".into(), |v| Unit::Number.show(v));
    let mean = Value::number(&score.mean());
    let [normal, permuted] = score.by_chance.map(show);
    format!("mean {}; by chance {normal}, permuted {permuted}", show(mean))
}
