//! Colours and type of charts and kernels, in light and in dark.
//!
//! The six series colours are at least 20 apart (CIELAB, ΔE 1976) for normal sight and for full
//! protanopia, deuteranopia and tritanopia (Machado 2009), and have a contrast of 3 or more
//! against the background. Series also differ by symbol, so that colour is never alone.

use serde_json::{Map, Value, json};

use crate::ramp;

/// The typeface of static figures, which is bundled.
pub(crate) const STATIC_FONT: &str = "Inter";
/// The typefaces of charts on a page, which carries the first.
pub(crate) const PAGE_FONT: &str =
    "Inter, ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
/// How many series have colours of their own.
pub(crate) const SERIES: usize = 6;
/// How many steps the ramp for ordered series has.
pub(crate) const ORDERED: usize = 9;
/// Symbols, one for each place in the order of series.
pub(crate) const SYMBOLS: [&str; SERIES] =
    ["circle", "square", "triangle-up", "diamond", "triangle-down", "cross"];

/// The colours of one background.
pub(crate) struct Theme {
    series: [&'static str; SERIES],
    /// Ends of the unsigned ramp, and of the ramp for ordered series.
    ramp: [&'static str; 2],
    ordered: [&'static str; 3],
    ink: &'static str,
    quiet: &'static str,
    faint: &'static str,
    paper: &'static str,
    on_strong: &'static str,
}

/// For a light background.
pub(crate) const LIGHT: Theme = Theme {
    series: ["#0077BB", "#D9701A", "#0B4D3A", "#8A2478", "#6E5206", "#7F94A3"],
    ramp: ["#F1F5F8", "#0B5C97"],
    ordered: ["#8CC1E0", "#2A7FB8", "#0A2F5C"],
    ink: "#1F2328",
    quiet: "#5B626B",
    faint: "#E3E5E8",
    paper: "#FFFFFF",
    on_strong: "#FFFFFF",
};

/// For a dark background.
pub(crate) const DARK: Theme = Theme {
    series: ["#4C97E6", "#D4733A", "#66EBBE", "#EBC2F7", "#F5BC42", "#8A8E94"],
    ramp: ["#1C222A", "#74BBF5"],
    ordered: ["#2E6CA6", "#5FA8E0", "#CFE8FA"],
    ink: "#E6E8EB",
    quiet: "#A3AAB3",
    faint: "#2B3037",
    paper: "#14161A",
    on_strong: "#0B0D10",
};

impl Theme {
    /// Returns the colours by the names that specifications use.
    pub(crate) fn colours(&self) -> Map<String, Value> {
        let mut colours = Map::new();
        for (place, colour) in self.series.iter().enumerate() {
            colours.insert(format!("@series-{place}"), json!(colour));
        }
        for step in 0..ORDERED {
            let colour = ramp::colour(&self.ordered, step as f64 / (ORDERED - 1) as f64);
            colours.insert(format!("@ordered-{step}"), json!(colour));
        }
        let named = [
            ("@ramp-low", self.ramp[0]),
            ("@ramp-high", self.ramp[1]),
            ("@ink", self.ink),
            ("@quiet", self.quiet),
            ("@faint", self.faint),
            ("@paper", self.paper),
            ("@on-strong", self.on_strong),
        ];
        colours.extend(named.map(|(name, colour)| (name.to_owned(), json!(colour))));
        colours
    }

    /// Returns the Vega-Lite configuration: type, axes, legends.
    pub(crate) fn config(&self, font: &str, background: &str) -> Value {
        let (ink, quiet, faint) = (self.ink, self.quiet, self.faint);
        json!({
            "background": background,
            "font": font,
            "padding": { "left": 0, "right": 4, "top": 2, "bottom": 2 },
            // The table behind the chart speaks; a word for every symbol would drown it.
            "mark": { "aria": false },
            "view": { "stroke": null, "cursor": "default" },
            "axis": {
                "labelColor": quiet, "labelFontSize": 11.5, "labelPadding": 5,
                "titleColor": quiet, "titleFontSize": 12, "titleFontWeight": "normal",
                "titlePadding": 8,
                "grid": true, "gridColor": faint, "gridWidth": 1,
                "domain": false, "ticks": false,
            },
            "axisX": { "grid": false, "domain": true, "domainColor": quiet, "domainWidth": 1,
                       "ticks": true, "tickColor": quiet, "tickSize": 4 },
            "header": { "labelColor": ink, "labelFontSize": 12.5, "labelFontWeight": 600,
                        "labelPadding": 6, "labelAnchor": "start",
                        "titleColor": quiet, "titleFontSize": 12, "titleFontWeight": "normal" },
            "legend": { "orient": "top", "direction": "horizontal", "offset": 10,
                        "labelColor": ink, "labelFontSize": 12.5, "labelLimit": 260,
                        "titleColor": quiet, "titleFontSize": 12, "titleFontWeight": "normal",
                        "symbolSize": 70, "symbolOpacity": 1, "columnPadding": 18, "rowPadding": 5,
                        "layout": { "top": { "anchor": "start", "center": true, "margin": 20 } } },
            "title": { "color": quiet, "fontSize": 12, "fontWeight": "normal",
                       "anchor": "start", "frame": "bounds", "offset": 8 },
            "text": { "color": ink, "fontSize": 11.5 },
            "rule": { "color": quiet },
            "range": { "ramp": [self.ramp[0], self.ramp[1]] },
            "tooltip": { "content": "encoding" },
        })
    }
}

/// Puts a theme's colours in the place of their names.
pub(crate) fn coloured(spec: &Value, theme: &Theme) -> Value {
    fn walk(value: &Value, colours: &Map<String, Value>) -> Value {
        match value {
            Value::String(name) => colours.get(name).unwrap_or(value).clone(),
            Value::Array(items) => items.iter().map(|item| walk(item, colours)).collect(),
            Value::Object(fields) => {
                let fields = fields.iter().map(|(key, field)| (key.clone(), walk(field, colours)));
                Value::Object(fields.collect())
            }
            other => other.clone(),
        }
    }
    walk(spec, &theme.colours())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{DARK, LIGHT, coloured};

    #[test]
    fn names_become_colours_and_other_words_stay() {
        let spec = json!({ "range": ["@series-0", "@nobody"], "title": "ink" });
        let wanted = json!({ "range": ["#0077BB", "@nobody"], "title": "ink" });
        assert_eq!(coloured(&spec, &LIGHT), wanted);
        assert_ne!(coloured(&spec, &DARK), wanted);
    }

    #[test]
    fn both_backgrounds_have_the_same_names() {
        let names = |theme: &super::Theme| theme.colours().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&LIGHT), names(&DARK));
    }
}
