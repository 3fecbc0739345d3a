//! Kernels on the page, each of which opens to its card.

use maud::{Markup, html};

use super::heat;
use crate::{
    figure::{CardGroup, CardWall, FigureError, KernelCard},
    kernels::Squares,
    numbers,
};

/// What every wall of cards says of itself.
pub(super) const NOTE: &str = "Blue is negative, orange positive; all kernels share one scale around zero. \
                               Open a kernel for its card.";

/// How wide a kernel stands on the wall and on its card, in pixels.
const SMALL: f64 = 46.0;
const LARGE: f64 = 105.0;

/// Draws the groups below each other; a card that opens closes the one before it.
pub(super) fn cards(wall: &CardWall, anchor: &str) -> Result<Markup, FigureError> {
    wall.check()?;
    let mut places = 0..;
    Ok(html! {
        div.kinds {
            @for group in &wall.groups {
                div.kind {
                    h4 { (group.name) " " span.quiet { (shown(group)) } }
                    @if !group.about.is_empty() { p.state { (group.about) } }
                    div.cards {
                        @for (card, place) in group.cards.iter().zip(places.by_ref()) {
                            (one(wall, group, card, &format!("{anchor}-{place}"), anchor))
                        }
                    }
                }
            }
        }
        (heat::scale(wall.limit))
    })
}

/// Says how many kernels a group has, and how many of them are drawn.
fn shown(group: &CardGroup) -> String {
    let count = numbers::counted(group.count, "kernel");
    let drawn = group.cards.len();
    if drawn < group.count { format!("{count}, {drawn} shown") } else { count }
}

fn one(wall: &CardWall, group: &CardGroup, card: &KernelCard, id: &str, name: &str) -> Markup {
    let kernel = Squares::of(&card.weights, wall.width, wall.limit);
    html! {
        details.card name=(name) {
            summary aria-label={ (card.name) ": " (group.name) } title=(card.name) {
                (drawing(&kernel, SMALL, Some(id)))
                span.tag aria-hidden="true" { (card.tag) }
            }
            div.sheet {
                p.state { strong { (card.name) } ", " (group.name) }
                div.sides {
                    div {
                        div.pair {
                            (captioned("kernel", &again(&kernel, id)))
                            @if let Some(ideal) = &card.ideal { (beside(wall, card, ideal)) }
                        }
                        dl.facts {
                            @for (name, fact) in wall.facts.iter().zip(&card.facts) {
                                div { dt { (name) } dd { (fact) } }
                            }
                        }
                    }
                    @if !card.scores.is_empty() { (scores(wall, card)) }
                }
            }
        }
    }
}

/// Draws the ideal kernel and what it leaves.
fn beside(wall: &CardWall, card: &KernelCard, ideal: &[f32]) -> Markup {
    let left: Vec<f32> = card.weights.iter().zip(ideal).map(|(own, ideal)| own - ideal).collect();
    let draw =
        |weights: &[f32]| drawing(&Squares::of(weights, wall.width, wall.limit), LARGE, None);
    html! {
        (captioned("ideal", &draw(ideal)))
        (captioned("left over", &draw(&left)))
    }
}

fn captioned(words: &str, drawing: &Markup) -> Markup {
    html! { div { p.state { (words) } (drawing) } }
}

fn scores(wall: &CardWall, card: &KernelCard) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label={ "Scores of " (card.name) } {
            table.words-1 {
                thead { tr { @for head in &wall.scores { th scope="col" { (head) } } } }
                tbody { @for row in &card.scores { tr { @for cell in row { td { (cell) } } } } }
            }
        }
    }
}

/// Draws a kernel; under an identifier it can be drawn again.
fn drawing(squares: &Squares, wide: f64, id: Option<&str>) -> Markup {
    let unit = unit(squares, wide);
    html! {
        svg.kernels viewBox=(view(squares)) style=(format!("width:{}px", squares.width as f64 * unit))
            aria-hidden="true" {
            g id=[id] {
                @for (step, path) in &squares.steps { path class=(format!("k{step}")) d=(path) {} }
                path.frames d=(squares.frames) {}
                path.negatives d=(squares.negatives) {}
            }
        }
    }
}

/// Draws a kernel once more, large.
fn again(squares: &Squares, id: &str) -> Markup {
    let unit = unit(squares, LARGE);
    html! {
        svg.kernels viewBox=(view(squares)) style=(format!("width:{}px", squares.width as f64 * unit))
            aria-hidden="true" { use href={ "#" (id) } {} }
    }
}

fn view(squares: &Squares) -> String {
    format!("-.1 -.1 {}.2 {}.2", squares.width, squares.height)
}

/// Returns how large a weight is, so that the longer side of a kernel takes the room.
fn unit(squares: &Squares, room: f64) -> f64 {
    (room / squares.width.max(squares.height) as f64).floor().clamp(3.0, 40.0)
}
