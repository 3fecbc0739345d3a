//! A figure on the page: title, picture, notes, the table behind it.

use maud::{Markup, PreEscaped, html};
use serde_json::json;

use super::{bars, cards, heat, histograms, html::embedded, study::slug};
use crate::{
    figure::{
        Bars, CardWall, Chart, Figure, FigureError, HeatMap, Histograms, KernelPanel, KernelRow,
        KernelWall, SampleGroup, SampleSheet,
    },
    numbers,
    table::Table,
};

/// What a figure shows: the picture, what the reader must know, and its table.
struct Shown {
    picture: Markup,
    notes: Vec<String>,
    table: Table,
}

/// Writes a figure, or why there is none.
pub(super) fn figure(figure: &Figure, study: &str, number: &str) -> Markup {
    let anchor = format!("{}--{}", slug(study), slug(figure.id()));
    let shown = match figure {
        Figure::Chart(one) => chart(one, &anchor),
        Figure::Kernels(wall) => kernels(wall),
        Figure::Samples(sheet) => samples(sheet),
        Figure::HeatMap(map) => heat_map(map),
        Figure::Cards(wall) => cards(wall, &anchor),
        Figure::Histograms(all) => histograms(all),
        Figure::Bars(all) => bars(all),
        Figure::Listing(listing) => listing.table().map(|table| Shown {
            picture: html! { div.listing { (self::table(&table)) } },
            notes: Vec::new(),
            table: Table::default(),
        }),
    };
    html! {
        figure id=(anchor) aria-labelledby={ (anchor) "-title" } {
            h3 id={ (anchor) "-title" } { span.no { "Figure " (number) } " " (figure.title()) }
            @match shown {
                Ok(shown) => (exhibit(&shown, figure.note())),
                Err(why) => (missing(&why, figure.note())),
            }
        }
    }
}

fn exhibit(shown: &Shown, note: &str) -> Markup {
    let rows = shown.table.rows.len();
    html! {
        (shown.picture)
        figcaption {
            @if !note.is_empty() { (note) " " }
            @for note in &shown.notes { (note) " " }
        }
        @if rows > 0 {
            details.behind {
                summary { "Table behind this figure " span.quiet { "(" (numbers::counted(rows, "row")) ")" } }
                (table(&shown.table))
            }
        }
    }
}

fn missing(why: &FigureError, note: &str) -> Markup {
    html! {
        p.empty role="note" { (sentence(&why.to_string())) }
        @if !note.is_empty() { figcaption { (note) } }
    }
}

fn chart(chart: &Chart, anchor: &str) -> Result<Shown, FigureError> {
    let drawing = chart.mark.draw(chart)?;
    let mut spec = drawing.spec;
    spec["description"] = json!(chart.title);
    let fields: Vec<&str> = drawing.averages.fields.iter().map(|(field, _)| *field).collect();
    let titles: Vec<&String> = drawing.averages.fields.iter().map(|(_, title)| title).collect();
    let content = json!({ "name": anchor, "spec": spec, "fields": fields, "titles": titles,
                          "rows": drawing.averages.rows });
    let picture = html! {
        div.chart {
            script type="application/json" { (PreEscaped(embedded(&content))) }
            div.canvas {}
        }
    };
    Ok(Shown { picture, notes: drawing.notes, table: drawing.table })
}

fn kernels(wall: &KernelWall) -> Result<Shown, FigureError> {
    wall.check()?;
    let picture = html! { div.wall { @for row in &wall.rows { (kernel_row(row)) } } };
    Ok(Shown { picture, notes: wall.notes(), table: wall.table() })
}

fn kernel_row(row: &KernelRow) -> Markup {
    let limit = row.limit();
    html! {
        div.layer {
            h4 { (row.name) }
            div.panels { @for one in &row.panels { (panel(one, &row.name, limit)) } }
            (heat::scale(limit))
        }
    }
}

fn panel(panel: &KernelPanel, layer: &str, limit: f64) -> Markup {
    let squares = panel.squares(limit);
    let unit = (260.0 / squares.width as f64).floor().clamp(3.0, 12.0);
    html! {
        div.panel {
            p.state { (panel.name) }
            svg.kernels viewBox=(format!("-.1 -.1 {}.2 {}.2", squares.width, squares.height))
                style=(format!("width:{}px", squares.width as f64 * unit))
                role="img" aria-label=(panel.words(layer)) {
                @for (step, path) in &squares.steps { path class=(format!("k{step}")) d=(path) {} }
                path.frames d=(squares.frames) {}
                path.negatives d=(squares.negatives) {}
            }
        }
    }
}

fn heat_map(map: &HeatMap) -> Result<Shown, FigureError> {
    Ok(Shown { picture: heat::heat_map(map)?, notes: Vec::new(), table: map.table() })
}

fn cards(wall: &CardWall, anchor: &str) -> Result<Shown, FigureError> {
    let picture = cards::cards(wall, anchor)?;
    Ok(Shown { picture, notes: vec![cards::NOTE.into()], table: wall.table() })
}

fn histograms(all: &Histograms) -> Result<Shown, FigureError> {
    Ok(Shown { picture: histograms::histograms(all)?, notes: Vec::new(), table: all.table() })
}

fn bars(all: &Bars) -> Result<Shown, FigureError> {
    Ok(Shown { picture: bars::bars(all)?, notes: Vec::new(), table: all.table() })
}

fn samples(sheet: &SampleSheet) -> Result<Shown, FigureError> {
    sheet.check()?;
    let groups: Vec<Markup> = sheet.groups.iter().map(group).collect::<Result<_, _>>()?;
    let picture = html! { div.samples { @for group in &groups { (group) } } };
    Ok(Shown { picture, notes: Vec::new(), table: sheet.table() })
}

fn group(group: &SampleGroup) -> Result<Markup, FigureError> {
    let mut classes = Vec::new();
    for (class, images) in group.classes() {
        let addresses: Vec<String> =
            images.iter().map(|image| image.address()).collect::<Result<_, _>>()?;
        classes.push((class, addresses));
    }
    Ok(html! {
        div.version {
            h4 { (group.name) }
            div.classes {
                @for (class, addresses) in &classes {
                    div.class {
                        p.state { (class) }
                        div.images {
                            @for (place, address) in addresses.iter().enumerate() {
                                img src=(address) alt={ (class) ", " (group.name) ", image " (place + 1) };
                            }
                        }
                    }
                }
            }
        }
    })
}

fn table(table: &Table) -> Markup {
    // Words lead, numbers follow: one class for the table is shorter than one for each cell.
    let words = table.columns.iter().take_while(|column| !column.numeric).count();
    html! {
        div.scroll tabindex="0" role="region" aria-label=(table.caption) {
            table class=(format!("words-{words}")) {
                caption { (table.caption) }
                thead {
                    tr { @for column in &table.columns { th scope="col" { (column.name) } } }
                }
                tbody {
                    @for row in &table.rows { tr { @for cell in row { td { (cell) } } } }
                }
            }
        }
    }
}

/// Starts an error's text with a capital and ends it with a stop, as prose does.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).chain(['.']).collect()
}
