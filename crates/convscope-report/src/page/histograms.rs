//! Histograms on the page.

use std::fmt::Write;

use maud::{Markup, html};

use crate::{
    figure::{FigureError, Histogram, Histograms},
    numbers::{self, Unit},
};

/// Height of a histogram in its own units; its width is the count of its bins.
const HIGH: f64 = 10.0;

/// Draws all panels side by side, each on its own scale of shares.
pub(super) fn histograms(all: &Histograms) -> Result<Markup, FigureError> {
    all.check()?;
    Ok(html! {
        div.histograms {
            @for panel in &all.panels { @if !panel.shares.is_empty() { (one(panel, &all.thing)) } }
        }
        p.key {
            span { svg.bin viewBox="0 0 1 1" aria-hidden="true" { rect width="1" height="1" {} } (all.thing) "s" }
            span { svg.line viewBox="0 0 26 12" aria-hidden="true" { path.chance d="M0 6h26" {} } "by chance: " (all.chance) }
        }
    })
}

fn one(panel: &Histogram, thing: &str) -> Markup {
    let bins = panel.shares.len();
    html! {
        div.histogram {
            p.state { strong { (panel.name) } }
            svg viewBox=(format!("0 0 {bins} {HIGH}")) preserveAspectRatio="none" role="img"
                aria-label=(panel.words(thing)) {
                path.bins d=(bars(panel)) {}
                path.chance d=(outline(panel)) {}
            }
            div.ends aria-hidden="true" {
                span { (Unit::Number.show(panel.from)) }
                span { (numbers::counted(panel.count, thing)) }
                span { (Unit::Number.show(panel.to)) }
            }
            @if !panel.note.is_empty() { p.quiet { (panel.note) } }
        }
    }
}

/// Returns the height of a share, from the top.
fn top(panel: &Histogram, share: f64) -> f64 {
    HIGH * (1.0 - 0.96 * share / panel.most())
}

fn bars(panel: &Histogram) -> String {
    let mut path = String::new();
    for (bin, share) in panel.shares.iter().enumerate().filter(|(_, share)| **share > 0.0) {
        let top = top(panel, *share);
        write!(path, "M{bin} {HIGH}V{top:.3}h1V{HIGH}z").expect("writing to a string cannot fail");
    }
    path
}

fn outline(panel: &Histogram) -> String {
    let mut path = format!("M0 {HIGH}");
    for share in &panel.expected {
        write!(path, "V{:.3}h1", top(panel, *share)).expect("writing to a string cannot fail");
    }
    path + &format!("V{HIGH}")
}
