//! What is built in: the chart library, the page's script and style.

/// The grammar's runtime.
pub(crate) const VEGA: &str = include_str!("../assets/vendor/vega.min.js");
/// The grammar's compiler.
pub(crate) const VEGA_LITE: &str = include_str!("../assets/vendor/vega-lite.min.js");
/// Tooltips and an interpreter for pages that forbid compiling text to code.
pub(crate) const VEGA_EMBED: &str = include_str!("../assets/vendor/vega-embed.min.js");
/// The page's typefaces: family, weight, WOFF2.
pub(crate) const FACES: [(&str, u32, &[u8]); 4] = [
    ("Literata", 400, include_bytes!("../assets/fonts/Literata-400.woff2")),
    ("Literata", 600, include_bytes!("../assets/fonts/Literata-600.woff2")),
    ("Inter", 400, include_bytes!("../assets/fonts/Inter-Regular.woff2")),
    ("Inter", 600, include_bytes!("../assets/fonts/Inter-SemiBold.woff2")),
];
/// The licences of all that a page carries, which are to be kept with it.
static LICENCES: [(&str, &str); 5] = [
    ("vega 6.4.0", include_str!("../assets/vendor/vega.LICENSE")),
    ("vega-lite 6.5.0", include_str!("../assets/vendor/vega-lite.LICENSE")),
    ("vega-embed 7.3.0", include_str!("../assets/vendor/vega-embed.LICENSE")),
    ("Literata", include_str!("../assets/fonts/Literata.LICENSE")),
    ("Inter", include_str!("../assets/fonts/Inter.LICENSE")),
];
/// Drawing without a browser.
pub(crate) const DRAW: &str = include_str!("../assets/draw.js");
/// The page's behaviour.
pub(crate) const PAGE_SCRIPT: &str = include_str!("../assets/page.js");
/// The page's looks.
pub(crate) const PAGE_STYLE: &str = include_str!("../assets/page.css");

/// The libraries that draw charts stand first.
const OF_CHARTS: usize = 3;

/// Returns the licences of what a page with or without charts carries.
pub(crate) fn licences(charts: bool) -> &'static [(&'static str, &'static str)] {
    &LICENCES[if charts { 0 } else { OF_CHARTS }..]
}
