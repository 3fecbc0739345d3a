//! Heat maps on the page.

use maud::{Markup, html};

use crate::{
    figure::{FigureError, HeatMap},
    numbers::Unit,
    ramp,
};

/// Draws a heat map as a table, so that names have their room and squares can be read aloud.
pub(super) fn heat_map(map: &HeatMap) -> Result<Markup, FigureError> {
    map.check()?;
    let limit = map.limit();
    let size = if map.written() { "written" } else { "dense" };
    Ok(html! {
        div.scroll tabindex="0" role="region" aria-label=(map.title) {
            table.heat.(size) {
                thead {
                    tr {
                        td.corner { (map.row_title) " ↓ " (map.column_title) " →" }
                        @for column in &map.columns { th scope="col" { span { (column) } } }
                    }
                }
                tbody {
                    @for (row, name) in map.rows.iter().enumerate() {
                        tr {
                            th scope="row" { (name) }
                            @for column in 0..map.columns.len() { (square(map, row, column, limit)) }
                        }
                    }
                }
            }
        }
        (scale(limit))
    })
}

fn square(map: &HeatMap, row: usize, column: usize, limit: f64) -> Markup {
    let cell = &map.cells[row][column];
    html! {
        td class=(HeatMap::classes(cell, limit)) title=(map.words(row, column)) {
            @if map.written() {
                (HeatMap::short(cell))
                @if !cell.below.is_empty() { small { (cell.below) } }
            }
        }
    }
}

/// Draws the signed scale with its ends.
pub(super) fn scale(limit: f64) -> Markup {
    let shown = Unit::Number.show(limit);
    html! {
        div.scale role="img" aria-label={ "Scale from −" (shown) " (blue) over 0 to " (shown) " (orange)" } {
            svg viewBox=(format!("0 0 {} 1", ramp::STEPS)) preserveAspectRatio="none" aria-hidden="true" {
                @for step in 0..ramp::STEPS {
                    rect class=(format!("k{step}")) x=(step) width="1.05" height="1" {}
                }
            }
            div.ends aria-hidden="true" { span { "−" (shown) } span { "0" } span { (shown) } }
        }
    }
}
