//! The claims table: what was published beside what was measured.

use convscope_core::verdict::Verdict;
use maud::{Markup, html};

use super::{ClaimRow, Measured};
use crate::numbers::Unit;

/// Width and height of the drawing of one claim.
const WIDE: f64 = 168.0;
const HIGH: f64 = 24.0;

/// Returns the style class of a verdict.
pub(super) fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Reproduced => "reproduced",
        Verdict::NotReproduced => "not-reproduced",
        Verdict::Undecided => "undecided",
    }
}

/// Draws the symbol of a verdict: tick, cross, or empty ring.
pub(super) fn symbol(verdict: Verdict) -> Markup {
    html! {
        svg.symbol viewBox="0 0 16 16" aria-hidden="true" {
            @match verdict {
                Verdict::Reproduced => path d="M3 8.5l3.4 3.4L13 4.6" {},
                Verdict::NotReproduced => path d="M4 4l8 8M12 4l-8 8" {},
                Verdict::Undecided => circle cx="8" cy="8" r="4.6" stroke-dasharray="2.4 2.4" {},
            }
        }
    }
}

/// Writes the table of claims.
pub(super) fn table(claims: &[ClaimRow]) -> Markup {
    // The roles keep it a table where a narrow screen shows each claim as a card.
    html! {
        h3 { "Claims" }
        div.scroll tabindex="0" role="region" aria-label="Table of claims" {
            table.claims role="table" {
                thead role="rowgroup" {
                    tr role="row" {
                        th scope="col" role="columnheader" { "Claim" }
                        th.number scope="col" role="columnheader" { "Published" }
                        th.number scope="col" role="columnheader" { "Measured, 95 % interval" }
                        th scope="col" role="columnheader" { span.unseen { "Drawing" } }
                        th scope="col" role="columnheader" { "Verdict" }
                    }
                }
                tbody role="rowgroup" { @for claim in claims { (row(claim)) } }
            }
        }
        @if claims.iter().any(|claim| claim.measured.is_some()) { (key(claims)) }
    }
}

fn row(claim: &ClaimRow) -> Markup {
    html! {
        tr role="row" {
            th scope="row" role="rowheader" {
                (claim.says)
                div.source { (claim.source) }
            }
            td.number role="cell" data-label="Published" { (claim.published) }
            td.number role="cell" data-label="Measured" {
                @match &claim.measured {
                    Some(measured) => (numbers(measured)),
                    None => span.quiet { "nothing yet" },
                }
            }
            td.drawing role="cell" { @if let Some(drawing) = drawing(claim) { (drawing) } }
            td role="cell" data-label="Verdict" {
                span.verdict.(class(claim.verdict)) {
                    (symbol(claim.verdict)) (claim.verdict.words())
                }
                div.why { (claim.why) }
                @if let Some(mismatch) = &claim.mismatch && claim.verdict == Verdict::NotReproduced {
                    div.why { (mismatch) }
                }
            }
        }
    }
}

fn numbers(measured: &Measured) -> Markup {
    let Measured { mean, low, high, count, unit } = measured;
    html! {
        span.mean { (unit.show(*mean)) }
        div.interval {
            @if let (Some(low), Some(high)) = (low, high) {
                (unit.bare(*low)) " to " (unit.bare(*high)) ", "
            }
            "n\u{a0}=\u{a0}" (count)
        }
    }
}

/// Draws the measured interval, the expected range and the published number on one axis.
fn drawing(claim: &ClaimRow) -> Option<Markup> {
    let measured = claim.measured.as_ref()?;
    let (low, high) =
        (measured.low.unwrap_or(measured.mean), measured.high.unwrap_or(measured.mean));
    let shown = [low, high].into_iter().chain(claim.published_number);
    let shown = shown.chain(claim.expected.iter().flat_map(|(from, to)| [*from, *to]));
    // A difference is read against none.
    let none = (measured.unit == Unit::Points).then_some(0.0);
    let shown = shown.chain(none);
    let (least, most) =
        shown.clone().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), it| {
            (least.min(it), most.max(it))
        });
    let span = (most - least).max(1e-9);
    let place = |number: f64| 8.0 + (number - least) / span * (WIDE - 16.0);
    let x = |number: f64| format!("{:.1}", place(number));
    let length = |from: f64, to: f64| format!("{:.1}", place(to) - place(from));
    let middle = HIGH / 2.0;
    Some(html! {
        svg.claim viewBox=(format!("0 0 {WIDE} {HIGH}")) role="img" aria-label=(words(claim, measured)) {
            line.axis x1="0" x2=(WIDE) y1=(middle) y2=(middle) {}
            @if let Some(none) = none {
                line.none x1=(x(none)) x2=(x(none)) y1="3" y2=(HIGH - 3.0) {}
            }
            @if let Some((from, to)) = claim.expected {
                rect.expected x=(x(from)) y=(middle - 6.0) height="12" rx="2" width=(length(from, to)) {}
            }
            rect.measured x=(x(low)) y=(middle - 1.75) height="3.5" rx="1.75" width=(length(low, high)) {}
            circle.measured cx=(x(measured.mean)) cy=(middle) r="4.2" {}
            @if let Some(published) = claim.published_number {
                path.published d=(format!("M{} {}l4.6 5.5l-4.6 5.5l-4.6 -5.5z", x(published), middle - 5.5)) {}
            }
        }
    })
}

fn words(claim: &ClaimRow, measured: &Measured) -> String {
    let unit = measured.unit;
    let interval = match (measured.low, measured.high) {
        (Some(low), Some(high)) => format!(", interval {} to {}", unit.show(low), unit.show(high)),
        _ => String::new(),
    };
    let expected = claim.expected.map_or(String::new(), |(from, to)| {
        format!(", expected range {} to {}", unit.show(from), unit.show(to))
    });
    format!(
        "published {}, measured {}{interval}{expected}",
        claim.published,
        unit.show(measured.mean)
    )
}

/// Explains the drawings, as far as there is something to explain.
fn key(claims: &[ClaimRow]) -> Markup {
    let drawn = || claims.iter().filter_map(|claim| Some((claim, claim.measured.as_ref()?)));
    html! {
        p.key {
            @if drawn().any(|(claim, _)| claim.published_number.is_some()) {
                span {
                    svg.claim viewBox="0 0 12 12" aria-hidden="true" {
                        path.published d="M6 .5l4.6 5.5l-4.6 5.5l-4.6 -5.5z" {}
                    }
                    "published"
                }
            }
            span {
                svg.claim.long viewBox="0 0 30 12" aria-hidden="true" {
                    rect.measured x="0" y="4.25" width="30" height="3.5" rx="1.75" {}
                    circle.measured cx="15" cy="6" r="4.2" {}
                }
                "mean here with its 95 % interval"
            }
            @if drawn().any(|(claim, _)| claim.expected.is_some()) {
                span {
                    svg.claim.long viewBox="0 0 30 12" aria-hidden="true" {
                        rect.expected x="0" y="0" width="30" height="12" rx="2" {}
                    }
                    "range in which the two would agree"
                }
            }
            @if drawn().any(|(_, measured)| measured.unit == Unit::Points) {
                span {
                    svg.claim viewBox="0 0 12 12" aria-hidden="true" {
                        line.none x1="6" x2="6" y1="0" y2="12" {}
                    }
                    "no difference"
                }
            }
        }
    }
}
