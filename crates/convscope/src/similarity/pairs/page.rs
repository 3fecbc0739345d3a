//! Pairs of layers for people.

use convscope_report::{Figure, HeatCell, HeatMap, Listing, Unit};

use super::{Canonical, LayerPair, Units, mean, mean_of_partners};

/// How many units of a layer are drawn: those with the strongest partners.
const DRAWN: usize = 40;
/// How many canonical correlations are listed.
const LISTED: usize = 100;

/// Draws a heat map of units and lists canonical correlations, for each pair.
pub(crate) fn figures(pairs: &[LayerPair]) -> Vec<Figure> {
    let of_pair = |pair: &LayerPair| {
        let units = pair.units.as_ref().map(|found| match found {
            Ok(units) => heat_map(pair, units),
            Err(why) => missing(pair, "units", why),
        });
        let canonical = pair.canonical.as_ref().map(|found| match found {
            Ok(canonical) => listing(pair, canonical),
            Err(why) => missing(pair, "canonical correlations", why),
        });
        units.into_iter().chain(canonical)
    };
    pairs.iter().flat_map(of_pair).collect()
}

fn heat_map(pair: &LayerPair, units: &Units) -> Figure {
    let ordered = &units.ordered;
    let (p, q) = ordered.correlations.shape();
    let named = |places: &[usize]| -> Vec<String> {
        places.iter().take(DRAWN).map(|place| format!("unit {place}")).collect()
    };
    let (rows, columns) = (named(&ordered.rows), named(&ordered.columns));
    let cell = |i: usize, j: usize| HeatCell {
        value: Some(ordered.correlations[(i, j)]),
        ..HeatCell::default()
    };
    let cells = (0..rows.len()).map(|i| (0..columns.len()).map(|j| cell(i, j)).collect()).collect();
    let left_out = if p.max(q) > DRAWN {
        format!(
            " Of {p} × {q} units those with the strongest partners are drawn; all are in --json."
        )
    } else {
        String::new()
    };
    let [a, b] = &pair.layers;
    let title = title(pair, "units");
    Figure::HeatMap(HeatMap {
        id: title.clone(),
        title,
        note: format!(
            "Pearson's correlation over samples. Partners, one to one with the largest sum, stand on \
             the diagonal: {} on average, and {} when the samples of one network are shuffled, of \
             which a matching finds the best too.{left_out}",
            Unit::Number.show(mean_of_partners(ordered)),
            Unit::Number.show(units.shuffled),
        ),
        row_title: a.clone(),
        column_title: b.clone(),
        value_title: "correlation".into(),
        facts: Vec::new(),
        full: Some(1.0),
        rows,
        columns,
        cells,
    })
}

fn listing(pair: &LayerPair, canonical: &Canonical) -> Figure {
    let both = canonical.values.iter().zip(&canonical.shuffled).enumerate().take(LISTED);
    let row = |(place, (value, shuffled)): (usize, (&f64, &f64))| {
        vec![(place + 1).to_string(), Unit::Number.show(*value), Unit::Number.show(*shuffled)]
    };
    let count = canonical.values.len();
    let first =
        if count > LISTED { format!(", of which {LISTED} are listed") } else { String::new() };
    let title = title(pair, "canonical correlations");
    Figure::Listing(Listing {
        id: title.clone(),
        title,
        note: format!(
            "{count} directions{first}. Their mean is {}, and {} when the samples of one network are \
             shuffled.",
            Unit::Number.show(mean(&canonical.values)),
            Unit::Number.show(mean(&canonical.shuffled)),
        ),
        columns: ["direction", "correlation", "samples shuffled"].map(String::from).into(),
        words: 0,
        rows: both.map(row).collect(),
    })
}

fn missing(pair: &LayerPair, what: &str, why: &str) -> Figure {
    let title = title(pair, what);
    Figure::Listing(Listing {
        id: title.clone(),
        title,
        note: String::new(),
        columns: vec!["not shown".into()],
        words: 1,
        rows: vec![vec![why.to_owned()]],
    })
}

fn title(pair: &LayerPair, what: &str) -> String {
    let [a, b] = &pair.layers;
    let conv = pair.conv.map(|conv| format!(", {conv}")).unwrap_or_default();
    format!("{a} and {b}: {what}{conv}")
}
