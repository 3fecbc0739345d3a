//! The page as one HTML file.

use base64::{Engine, prelude::BASE64_STANDARD};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Page, masthead, study};
use crate::{assets, figure::Figure, ramp, theme};

/// Writes a page as one HTML file that needs nothing else.
///
/// It makes no request: its scripts are inlined and admitted one by one by their hashes, and its
/// policy forbids everything else. A figure that cannot be drawn says why in its place.
///
/// ```
/// use convscope_report::{Page, Parts, page};
///
/// let page = Page {
///     title: "Nothing yet".into(),
///     about: None,
///     parts: Parts::STUDIES,
///     sections: Vec::new(),
///     provenance: Vec::new(),
///     faults: Vec::new(),
/// };
/// assert!(page::html(&page).starts_with("<!DOCTYPE html>"));
/// ```
pub fn html(page: &Page) -> String {
    let charts = has_charts(page);
    let scripts = scripts(charts);
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(policy(&scripts));
                title { (page.title) }
                style { (PreEscaped(faces())) (PreEscaped(assets::PAGE_STYLE)) (PreEscaped(signed_scale())) }
            }
            body {
                a.skip href="#main" { "Skip to the " (page.parts.all.to_lowercase()) }
                (masthead::bar())
                div.columns {
                    (masthead::head(page))
                    (masthead::contents(page))
                    main id="main" {
                        @for (place, section) in page.sections.iter().enumerate() {
                            (study::section(section, place + 1, page.parts))
                        }
                    }
                }
                (foot(page, charts))
                script type="application/json" id="themes" { (PreEscaped(themes())) }
                @for script in &scripts { script { (PreEscaped(script)) } }
            }
        }
    };
    markup.into_string()
}

/// Writes JSON so that no text in it can end the element that holds it.
pub(super) fn embedded(value: &serde_json::Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

fn foot(page: &Page, charts: bool) -> Markup {
    html! {
        footer {
            h2 { "Where these numbers come from" }
            dl.facts {
                @for (name, value) in &page.provenance {
                    div { dt { (name) } dd { (value) } }
                }
            }
            details {
                summary { "Licences of the libraries and typefaces in this page" }
                @for (library, licence) in assets::licences(charts) {
                    h3 { (library) }
                    pre.licence tabindex="0" { (licence) }
                }
            }
        }
    }
}

/// A page without charts does without the chart library.
fn has_charts(page: &Page) -> bool {
    let mut figures = page.sections.iter().flat_map(|section| &section.figures);
    figures.any(|figure| matches!(figure, Figure::Chart(_)))
}

fn scripts(charts: bool) -> Vec<String> {
    let library: &[&str] =
        if charts { &[assets::VEGA, assets::VEGA_LITE, assets::VEGA_EMBED] } else { &[] };
    let all = library.iter().chain([&assets::PAGE_SCRIPT]);
    all.map(|script| script.replace("</script", "<\\/script")).collect()
}

/// Forbids every load, and every script but ours.
fn policy(scripts: &[String]) -> String {
    let hashes = scripts.iter().map(|script| {
        format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(script.as_bytes())))
    });
    let scripts = hashes.collect::<Vec<_>>().join(" ");
    format!(
        "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data:; \
         font-src data:; base-uri 'none'; form-action 'none'"
    )
}

fn themes() -> String {
    let theme = |theme: &theme::Theme| {
        json!({ "colours": theme.colours(),
                "config": theme.config(theme::PAGE_FONT, "transparent") })
    };
    embedded(&json!({ "light": theme(&theme::LIGHT), "dark": theme(&theme::DARK) }))
}

/// Returns the typefaces, as part of the style.
fn faces() -> String {
    let face = |(family, weight, bytes): (&str, u32, &[u8])| {
        let address = format!("data:font/woff2;base64,{}", BASE64_STANDARD.encode(bytes));
        format!("@font-face{{font-family:{family};font-weight:{weight};src:url({address})}}")
    };
    assets::FACES.map(face).concat()
}

/// Returns the style of the signed scale's steps, light and dark.
fn signed_scale() -> String {
    let last = (ramp::STEPS - 1) as f64;
    (0..ramp::STEPS)
        .map(|step| {
            let share = step as f64 / last;
            let light = ramp::colour(&ramp::SIGNED_LIGHT, share);
            let dark = ramp::colour(&ramp::SIGNED_DARK, share);
            format!(
                ".k{step}{{fill:light-dark({light},{dark});background:light-dark({light},{dark})}}"
            )
        })
        .collect::<Vec<_>>()
        .concat()
}
