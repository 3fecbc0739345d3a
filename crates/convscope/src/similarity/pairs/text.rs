//! Pairs of layers for a terminal.

use convscope_store::{Cell as Entry, Rows};

use super::{LayerPair, mean, mean_of_partners};

/// A line for each pair: means, beside those of shuffled samples, and the first of all.
pub(crate) fn written(pairs: &[LayerPair]) -> String {
    let several = pairs.iter().any(|pair| pair.conv != pairs[0].conv);
    let mut columns = vec!["a", "b"];
    if several {
        columns.push("maps");
    }
    if pairs.iter().any(|pair| pair.units.is_some()) {
        columns.extend(["partners", "their mean r", "shuffled", "largest r"]);
    }
    if pairs.iter().any(|pair| pair.canonical.is_some()) {
        columns.extend(["canonical", "their mean", "of shuffled", "first", "last"]);
    }
    let row = |pair: &LayerPair| {
        let mut row: Vec<Entry> = pair.layers.iter().cloned().map(Entry::Text).collect();
        if several {
            row.push(Entry::Text(pair.conv.unwrap_or_default().into()));
        }
        row.extend(pair.units.iter().flat_map(|units| of_units(units.as_ref().ok())));
        row.extend(pair.canonical.iter().flat_map(|found| {
            let found = found.as_ref().ok();
            of_canonical(found.map(|found| [found.values.as_slice(), &found.shuffled]))
        }));
        row
    };
    let columns = columns.into_iter().map(str::to_owned).collect();
    let mut text = Rows { columns, rows: pairs.iter().map(row).collect() }.to_text();
    for why in reasons(pairs) {
        text.push_str(&why);
        text.push('\n');
    }
    text
}

fn of_units(units: Option<&super::Units>) -> [Entry; 4] {
    let Some(units) = units else { return [const { Entry::Null }; 4] };
    let ordered = &units.ordered;
    let partners = ordered.correlations.nrows().min(ordered.correlations.ncols());
    let numbers = [mean_of_partners(ordered), units.shuffled, ordered.correlations[(0, 0)]];
    let [mean, shuffled, largest] = numbers.map(|number| Entry::Real(rounded(number)));
    [Entry::Integer(partners as i64), mean, shuffled, largest]
}

fn of_canonical(found: Option<[&[f64]; 2]>) -> [Entry; 5] {
    let Some([values, shuffled]) = found else { return [const { Entry::Null }; 5] };
    let numbers = [mean(values), mean(shuffled), values[0], values[values.len() - 1]];
    let [mean, of_shuffled, first, last] = numbers.map(|number| Entry::Real(rounded(number)));
    [Entry::Integer(values.len() as i64), mean, of_shuffled, first, last]
}

/// Rounds to what a glance can take in.
fn rounded(number: f64) -> f64 {
    (number * 1e3).round() / 1e3 + 0.0
}

/// Returns why pairs are not shown, each reason once.
fn reasons(pairs: &[LayerPair]) -> Vec<String> {
    let units = pairs.iter().filter_map(|pair| pair.units.as_ref()?.as_ref().err());
    let canonical = pairs.iter().filter_map(|pair| pair.canonical.as_ref()?.as_ref().err());
    let units = units.map(|why| format!("no correlations of units: {why}"));
    let mut all: Vec<String> =
        units.chain(canonical.map(|why| format!("no canonical correlations: {why}"))).collect();
    all.sort_unstable();
    all.dedup();
    all
}
