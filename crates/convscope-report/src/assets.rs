//! What is built in: the chart library, the page's script and style.

/// The grammar's runtime.
pub(crate) const VEGA: &str = include_str!("../assets/vendor/vega.min.js");
/// The grammar's compiler.
pub(crate) const VEGA_LITE: &str = include_str!("../assets/vendor/vega-lite.min.js");
/// Tooltips and an interpreter for pages that forbid compiling text to code.
pub(crate) const VEGA_EMBED: &str = include_str!("../assets/vendor/vega-embed.min.js");
/// The licences of the three, which are to be kept with them.
pub(crate) const LICENCES: [(&str, &str); 3] = [
    ("vega 6.4.0", include_str!("../assets/vendor/vega.LICENSE")),
    ("vega-lite 6.5.0", include_str!("../assets/vendor/vega-lite.LICENSE")),
    ("vega-embed 7.3.0", include_str!("../assets/vendor/vega-embed.LICENSE")),
];
/// Drawing without a browser.
pub(crate) const DRAW: &str = include_str!("../assets/draw.js");
/// The page's behaviour.
pub(crate) const PAGE_SCRIPT: &str = include_str!("../assets/page.js");
/// The page's looks.
pub(crate) const PAGE_STYLE: &str = include_str!("../assets/page.css");
