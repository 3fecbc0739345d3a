//! One study: question, arms, claims, figures, provenance.

use std::ops::RangeInclusive;

use maud::{Markup, html};

use super::{Arm, Parts, Section, Trouble, claims, exhibit};
use crate::numbers;

/// Returns the anchor of a study.
pub(super) fn anchor(id: &str) -> String {
    format!("study-{}", slug(id))
}

/// Returns text as an identifier: what is neither letter nor digit becomes a dash.
pub(super) fn slug(text: &str) -> String {
    text.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '-' }).collect()
}

/// Writes the paragraphs of a text, which blank lines part.
pub(super) fn paragraphs(text: &str) -> Markup {
    html! {
        @for paragraph in text.split("\n\n").map(str::trim).filter(|it| !it.is_empty()) {
            p { (paragraph) }
        }
    }
}

/// Writes the study that is the `number`-th on the page.
pub(super) fn section(section: &Section, number: usize, parts: Parts) -> Markup {
    let anchor = anchor(&section.id);
    html! {
        section.study id=(anchor) aria-labelledby={ (anchor) "-question" } {
            p.eyebrow { (parts.one) " " (number) " · " (section.id) }
            h2 id={ (anchor) "-question" } { (section.question) }
            @if let Some(about) = &section.about { div.prose { (paragraphs(about)) } }
            @if !section.arms.is_empty() { (arms(&section.arms)) }
            @if !section.troubles.is_empty() { (troubles(&section.troubles)) }
            @if !section.claims.is_empty() { (claims::table(&section.claims)) }
            @for (place, figure) in section.figures.iter().enumerate() {
                (exhibit::figure(figure, &section.id, &format!("{number}.{}", place + 1)))
            }
            @if !section.provenance.is_empty() { (provenance(&section.provenance, parts)) }
        }
    }
}

/// So many arms are told at once; more stand in a table that is opened.
const ARMS_AT_ONCE: usize = 12;

fn arms(arms: &[Arm]) -> Markup {
    html! {
        h3 { "What was trained" }
        @if arms.len() > ARMS_AT_ONCE {
            details.behind {
                summary { (format!("Table of all {} arms", arms.len())) }
                (arms_table(arms))
            }
        } @else {
            (arms_table(arms))
        }
    }
}

fn arms_table(arms: &[Arm]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Table of arms" {
            table.arms {
                thead {
                    tr {
                        th scope="col" { "Arm" }
                        th scope="col" { "Net" }
                        th.number scope="col" { "Parameters" }
                        th scope="col" { "Data" }
                        th scope="col" { "Recipe" }
                        th.number scope="col" { "Seeds" }
                        th scope="col" { "Varied" }
                    }
                }
                tbody { @for one in arms { (arm(one)) } }
            }
        }
    }
}

fn arm(arm: &Arm) -> Markup {
    html! {
        tr {
            th scope="row" { (arm.name) }
            td { (arm.net) }
            td.number { (span(&arm.parameters)) }
            td { (arm.data) }
            td { (arm.recipe) }
            td.number { (arm.seeds) }
            td {
                @if arm.axes.is_empty() { "–" }
                @for (axis, values) in &arm.axes {
                    div { span.axis { (axis) } " " (values) }
                }
            }
        }
    }
}

/// Writes one number, or the least and the most.
fn span(numbers: &RangeInclusive<usize>) -> String {
    let (least, most) = (*numbers.start(), *numbers.end());
    let least_written = numbers::count(least);
    if least == most {
        least_written
    } else {
        format!("{least_written} to {}", numbers::count(most))
    }
}

fn troubles(troubles: &[Trouble]) -> Markup {
    html! {
        aside.faults aria-label="Jobs without a result" {
            p { strong { "Some jobs have no result." } " The numbers below rest on the others." }
            ul { @for trouble in troubles { li { (trouble.what) ": " (trouble.why) } } }
        }
    }
}

fn provenance(facts: &[(String, String)], parts: Parts) -> Markup {
    html! {
        details.provenance {
            summary { "Provenance of this " (parts.one.to_lowercase()) }
            dl.facts { @for (name, value) in facts { div { dt { (name) } dd { (value) } } } }
        }
    }
}
