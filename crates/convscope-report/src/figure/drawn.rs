//! A figure as SVG, PNG, Vega-Lite and CSV.

use serde_json::{Map, Value, json};

use super::{Chart, Figure, FigureError};
use crate::{
    figures::{Averages, Drawing, spec::STATIC_WIDTH},
    still,
    table::Table,
    theme,
};

/// Draws a figure as SVG on a white background, with text set in the bundled typeface's widths.
///
/// # Errors
/// When there is nothing to draw, or the rows do not fit the mark.
///
/// # Cost
/// The first chart of a process loads the chart library: some tenths of a second.
pub fn svg(figure: &Figure) -> Result<String, FigureError> {
    match figure {
        Figure::Chart(chart) => still::svg_of_chart(&complete(chart)?),
        Figure::Kernels(wall) => still::svg_of_wall(wall),
        Figure::Samples(sheet) => still::svg_of_samples(sheet),
        Figure::HeatMap(_)
        | Figure::Listing(_)
        | Figure::Cards(_)
        | Figure::Histograms(_)
        | Figure::Bars(_) => Err(FigureError::NotAPicture { id: figure.id().into() }),
    }
}

/// Paints a figure as PNG, `scale` pixels for each unit of [`svg`]; 2 suits a page, 4 print.
///
/// # Errors
/// As [`svg`], and when the picture would be too large.
pub fn png(figure: &Figure, scale: f32) -> Result<Vec<u8>, FigureError> {
    still::png(&svg(figure)?, scale)
}

/// Returns a chart as a complete Vega-Lite specification: averaged rows, colours and type within.
///
/// It opens in every tool that reads Vega-Lite 6, and looks there as on the page in light.
///
/// # Errors
/// When there is nothing to draw, the rows do not fit the mark, or the figure is not a chart.
pub fn vega_lite(figure: &Figure) -> Result<Value, FigureError> {
    match figure {
        Figure::Chart(chart) => complete(chart),
        other => Err(FigureError::NotAChart { id: other.id().into() }),
    }
}

/// Returns what a figure shows as comma-separated values: for charts the averages with interval
/// and count, for kernels and samples the table behind them.
///
/// # Errors
/// As [`svg`].
pub fn csv(figure: &Figure) -> Result<String, FigureError> {
    match figure {
        Figure::Chart(chart) => Ok(averages_as_csv(&chart.mark.draw(chart)?.averages)),
        Figure::Kernels(wall) => wall.check().map(|()| table_as_csv(&wall.table())),
        Figure::Samples(sheet) => sheet.check().map(|()| table_as_csv(&sheet.table())),
        Figure::HeatMap(map) => map.check().map(|()| table_as_csv(&map.table())),
        Figure::Listing(listing) => listing.table().map(|table| table_as_csv(&table)),
        Figure::Cards(wall) => wall.check().map(|()| table_as_csv(&wall.table())),
        Figure::Histograms(all) => all.check().map(|()| table_as_csv(&all.table())),
        Figure::Bars(all) => all.check().map(|()| table_as_csv(&all.table())),
    }
}

/// Puts rows, colours and configuration into a chart's specification.
fn complete(chart: &Chart) -> Result<Value, FigureError> {
    let Drawing { spec, averages, .. } = chart.mark.draw(chart)?;
    let mut spec = theme::coloured(&spec, &theme::LIGHT);
    drop_hover(&mut spec);
    spec["description"] = json!(chart.title);
    spec["data"] = json!({ "name": "averages", "values": objects(&averages) });
    spec["config"] = theme::LIGHT.config(theme::STATIC_FONT, "#FFFFFF");
    spec["config"]["padding"] = json!(8);
    let letters = spec["usermeta"]["convscope"]["letters"].as_u64().unwrap_or(0) as usize;
    spec["config"]["legend"]["columns"] = json!((STATIC_WIDTH / (7 * letters + 42)).max(1));
    Ok(spec)
}

/// Drops the layers that only answer a pointer.
fn drop_hover(spec: &mut Value) {
    for place in ["/layer", "/spec/layer"] {
        if let Some(Value::Array(layers)) = spec.pointer_mut(place) {
            layers.retain(|layer| layer["name"] != "hover");
        }
    }
}

fn objects(averages: &Averages) -> Vec<Value> {
    let object = |row: &Vec<Value>| {
        let fields = averages.fields.iter().map(|(field, _)| (*field).to_owned());
        Value::Object(fields.zip(row.iter().cloned()).collect::<Map<_, _>>())
    };
    averages.rows.iter().map(object).collect()
}

fn averages_as_csv(averages: &Averages) -> String {
    let heads = averages.fields.iter().map(|(_, title)| title.clone());
    let rows = averages.rows.iter().map(|row| row.iter().map(plain).collect());
    lines(heads.collect(), rows)
}

fn table_as_csv(table: &Table) -> String {
    let heads = table.columns.iter().map(|column| column.name.clone());
    let plain = |cell: &String| cell.replace('−', "-");
    lines(heads.collect(), table.rows.iter().map(|row| row.iter().map(plain).collect()))
}

fn lines(heads: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| {
        let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        cells.join(",") + "\n"
    };
    std::iter::once(heads).chain(rows).map(line).collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Quotes a cell where RFC 4180 asks for it.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn cells_with_commas_and_quotes_are_quoted() {
        assert_eq!(quoted("plain"), "plain");
        assert_eq!(quoted("a, \"b\""), "\"a, \"\"b\"\"\"");
    }
}
