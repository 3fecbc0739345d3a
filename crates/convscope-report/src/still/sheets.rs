//! Kernel walls and sample sheets as one SVG each.

use maud::{Markup, html};

use super::font;
use crate::{
    figure::{FigureError, KernelPanel, KernelRow, KernelWall, SampleGroup, SampleSheet},
    numbers::Unit,
    ramp, theme,
};

const MARGIN: f64 = 12.0;
const GAP: f64 = 36.0;
const LINE: f64 = 18.0;
const TEXT: f64 = 12.0;
const INK: &str = "#1F2328";
const QUIET: &str = "#5B626B";

/// Draws a wall on a light background.
pub(crate) fn svg_of_wall(wall: &KernelWall) -> Result<String, FigureError> {
    wall.check()?;
    let mut top = MARGIN;
    let mut width: f64 = 0.0;
    let mut drawn = Vec::new();
    for row in &wall.rows {
        let (markup, size) = kernel_row(row, top);
        width = width.max(size.0);
        top += size.1 + GAP;
        drawn.push(markup);
    }
    Ok(sheet(width + MARGIN, top - GAP + MARGIN, &html! { @for row in &drawn { (row) } }))
}

/// Draws a sheet on a light background, versions below each other.
pub(crate) fn svg_of_samples(samples: &SampleSheet) -> Result<String, FigureError> {
    samples.check()?;
    let mut top = MARGIN;
    let mut width: f64 = 0.0;
    let mut drawn = Vec::new();
    for group in &samples.groups {
        let (markup, size) = sample_group(group, top)?;
        width = width.max(size.0);
        top += size.1 + GAP * 0.6;
        drawn.push(markup);
    }
    let height = top - GAP * 0.6 + MARGIN;
    Ok(sheet(width + MARGIN, height, &html! { @for group in &drawn { (group) } }))
}

/// One layer: its name, its panels side by side, and the scale below.
fn kernel_row(row: &KernelRow, top: f64) -> (Markup, (f64, f64)) {
    let limit = row.limit();
    let squares: Vec<_> = row.panels.iter().map(|panel| panel.squares(limit)).collect();
    let unit = squares.iter().map(|it| side(it.width)).fold(f64::INFINITY, f64::min);
    let below = top + 2.0 * LINE;
    let mut left = MARGIN;
    let mut height: f64 = 0.0;
    let mut lefts = Vec::new();
    for (panel, it) in row.panels.iter().zip(&squares) {
        lefts.push(left);
        left += (it.width as f64 * unit).max(font::width(&panel.name, false) * TEXT) + GAP;
        height = height.max(it.height as f64 * unit);
    }
    let markup = html! {
        (text(MARGIN, top + TEXT, INK, true, &row.name))
        @for ((panel, it), left) in row.panels.iter().zip(&squares).zip(&lefts) {
            (text(*left, top + LINE + TEXT, QUIET, false, &panel.name))
            (kernels(panel, it, &row.name, (*left, below), unit))
        }
        (legend(limit, below + height + 14.0))
    };
    (markup, ((left - GAP).max(MARGIN + 220.0), 2.0 * LINE + height + 14.0 + 10.0 + LINE))
}

fn kernels(
    panel: &KernelPanel,
    squares: &crate::kernels::Squares,
    layer: &str,
    (left, top): (f64, f64),
    unit: f64,
) -> Markup {
    let last = (ramp::STEPS - 1) as f64;
    html! {
        g transform=(format!("translate({left} {top}) scale({unit})")) role="img"
            aria-label=(panel.words(layer)) {
            @for (step, path) in &squares.steps {
                path fill=(ramp::colour(&ramp::SIGNED_LIGHT, *step as f64 / last)) d=(path) {}
            }
            path fill="none" stroke="#C9CDD2" stroke-width=(format!("{:.4}", 0.8 / unit))
                d=(squares.frames) {}
        }
    }
}

fn legend(limit: f64, top: f64) -> Markup {
    let last = (ramp::STEPS - 1) as f64;
    let step = 180.0 / ramp::STEPS as f64;
    let limit = Unit::Number.show(limit);
    let below = top + 10.0 + TEXT + 2.0;
    html! {
        @for place in 0..ramp::STEPS {
            rect x=(format!("{:.2}", MARGIN + place as f64 * step)) y=(top) height="8"
                width=(format!("{:.2}", step + 0.3))
                fill=(ramp::colour(&ramp::SIGNED_LIGHT, place as f64 / last)) {}
        }
        (text(MARGIN, below, QUIET, false, &format!("−{limit}")))
        (centred(MARGIN + 90.0, below, "0"))
        (text(MARGIN + 180.0 - font::width(&limit, false) * TEXT, below, QUIET, false, &limit))
    }
}

/// One version: its name, and each class' images under the class' name.
fn sample_group(group: &SampleGroup, top: f64) -> Result<(Markup, (f64, f64)), FigureError> {
    const SIDE: f64 = 56.0;
    let mut left = MARGIN;
    let mut height: f64 = 0.0;
    let mut drawn = Vec::new();
    for (class, images) in group.classes() {
        let name_width = font::width(class, false) * TEXT;
        drawn.push(text(left, top + LINE + TEXT, QUIET, false, class));
        let first = left;
        for image in images {
            let wide = SIDE * image.width as f64 / image.height as f64;
            drawn.push(html! {
                image x=(format!("{left:.1}")) y=(top + 2.0 * LINE) height=(SIDE)
                    width=(format!("{wide:.1}")) preserveAspectRatio="none"
                    style="image-rendering:pixelated" href=(image.address()?) {}
            });
            left += wide + 4.0;
            height = SIDE;
        }
        left = (left - 4.0).max(first + name_width) + GAP * 0.6;
    }
    let markup = html! {
        (text(MARGIN, top + TEXT, INK, true, &group.name))
        @for part in &drawn { (part) }
    };
    Ok((markup, (left - GAP * 0.6, 2.0 * LINE + height)))
}

/// Returns how large a weight is drawn, so that a panel is about 200 wide.
fn side(columns: usize) -> f64 {
    (200.0 / columns as f64).floor().clamp(2.0, 12.0)
}

fn sheet(width: f64, height: f64, content: &Markup) -> String {
    let (width, height) = (width.ceil(), height.ceil());
    let markup = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(height)
            viewBox=(format!("0 0 {width} {height}")) font-family=(theme::STATIC_FONT)
            font-size=(TEXT) {
            rect width="100%" height="100%" fill="#FFFFFF" {}
            (content)
        }
    };
    markup.into_string()
}

fn text(left: f64, base: f64, colour: &str, heavy: bool, words: &str) -> Markup {
    html! {
        text x=(format!("{left:.1}")) y=(format!("{base:.1}")) fill=(colour)
            font-weight=[heavy.then_some("600")] { (words) }
    }
}

fn centred(middle: f64, base: f64, words: &str) -> Markup {
    text(middle - font::width(words, false) * TEXT / 2.0, base, QUIET, false, words)
}
