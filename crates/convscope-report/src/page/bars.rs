//! Bars beside chance on the page.

use maud::{Markup, html};

use crate::figure::{Bar, Bars, FigureError};

/// The length of the longest bar in its own units.
const LONG: f64 = 100.0;

/// Draws a bar in each row, on one scale.
pub(super) fn bars(all: &Bars) -> Result<Markup, FigureError> {
    all.check()?;
    let limit = all.limit();
    Ok(html! {
        div.bars { @for bar in &all.bars { (one(bar, all, limit)) } }
        p.key {
            span { svg.bin viewBox="0 0 1 1" aria-hidden="true" { rect width="1" height="1" {} } (all.thing) "s" }
            @for (place, mark) in all.marks.iter().enumerate() {
                span {
                    svg.line viewBox="0 0 26 12" aria-hidden="true" { path class=(stroke(place)) d="M13 0v12" {} }
                    "by chance: " (mark)
                }
            }
        }
    })
}

fn one(bar: &Bar, all: &Bars, limit: f64) -> Markup {
    let at = |value: f64| format!("{:.3}", 0.99 * LONG * value / limit);
    html! {
        p.state title=(bar.about) { (bar.name) }
        svg viewBox=(format!("0 0 {LONG} 10")) preserveAspectRatio="none" role="img"
            aria-label=(bar.words(&all.thing, all.unit)) {
            path.bins d=(format!("M0 2h{}v6H0z", at(bar.value))) {}
            @for (place, mark) in bar.marks.iter().enumerate() {
                path class=(stroke(place)) d=(format!("M{} 0v10", at(*mark))) {}
            }
        }
        p.number { (all.unit.show(bar.value)) }
    }
}

/// The first kind of chance is dashed, the others are not.
fn stroke(place: usize) -> &'static str {
    if place == 0 { "chance dashed" } else { "chance" }
}
