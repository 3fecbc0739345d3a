//! The head of the page: title, tally of verdicts, list of studies.

use convscope_core::verdict::Verdict;
use maud::{Markup, html};

use super::{ClaimRow, Page, claims, study};
use crate::numbers;

/// The verdicts in the order in which they are told.
pub(super) const VERDICTS: [Verdict; 3] =
    [Verdict::Reproduced, Verdict::NotReproduced, Verdict::Undecided];

/// The line above all: whose page it is, and the switch between light and dark.
pub(super) fn bar() -> Markup {
    html! {
        div.bar {
            p.brand { "convscope" }
            button.theme type="button" hidden { "Dark" }
        }
    }
}

/// Title, tally, prose, and what the store could not read.
pub(super) fn head(page: &Page) -> Markup {
    let claims: Vec<&ClaimRow> = page.sections.iter().flat_map(|section| &section.claims).collect();
    html! {
        header.masthead {
            h1 { (page.title) }
            (tally(&claims))
            @if let Some(about) = &page.about { div.prose { (study::paragraphs(about)) } }
            @if !page.faults.is_empty() {
                aside.faults aria-label="Faults of the store" {
                    p { strong { "The store has faults." } " What they touch is not on this page." }
                    ul { @for fault in &page.faults { li { (fault) } } }
                }
            }
            noscript {
                p.empty {
                    "Charts are drawn by a script, which this browser does not run. The numbers \
                     are all here: open the table behind each figure."
                }
            }
        }
    }
}

/// The list of studies, with their verdicts.
pub(super) fn contents(page: &Page) -> Markup {
    html! {
        nav aria-label=(page.parts.all) {
            h2 { (page.parts.all) }
            ol {
                @for section in &page.sections {
                    li {
                        a href={ "#" (study::anchor(&section.id)) } { (section.id) }
                        (counts(&section.claims))
                    }
                }
            }
        }
    }
}

/// "72 claims: 51 reproduced, 9 not reproduced, 12 undecided", and the same as a strip.
fn tally(claims: &[&ClaimRow]) -> Markup {
    let count = |verdict| claims.iter().filter(|claim| claim.verdict == verdict).count();
    html! {
        @if !claims.is_empty() {
            p.tally {
                strong { (numbers::counted(claims.len(), "claim")) } ": "
                @for (place, verdict) in VERDICTS.into_iter().enumerate() {
                    @if place > 0 { ", " }
                    span.(claims::class(verdict)) { (count(verdict)) " " (verdict.words()) }
                }
            }
            div.strip aria-hidden="true" {
                @for verdict in VERDICTS {
                    @if count(verdict) > 0 {
                        span.(claims::class(verdict)) style={ "flex-grow:" (count(verdict)) } {}
                    }
                }
            }
        }
    }
}

fn counts(claims: &[ClaimRow]) -> Markup {
    let count = |verdict| claims.iter().filter(|claim| claim.verdict == verdict).count();
    html! {
        span.counts {
            @for verdict in VERDICTS {
                @if count(verdict) > 0 {
                    span.(claims::class(verdict)) title=(verdict.words()) {
                        (claims::symbol(verdict)) (count(verdict))
                        span.unseen { " " (verdict.words()) }
                    }
                }
            }
        }
    }
}
