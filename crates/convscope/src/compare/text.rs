//! A comparison as tables for a terminal.

use std::fmt::Write;

use convscope_core::Value;
use convscope_measure::filters::Judged;
use convscope_report::deviations;

use super::parameter::Side;
use super::{Alignment, Comparison, Parameter, twins};

/// Twins that are named for each layer.
const TWINS: usize = 3;

/// Writes what is most worth knowing; JSON and the page have all of it.
pub(crate) fn text(comparison: &Comparison) -> String {
    let mut text = String::new();
    for (name, model) in ["A", "B"].into_iter().zip(&comparison.models) {
        let (tensors, count) = (model.tensors.len(), model.count());
        line(&mut text, &format!("{name}  {}: {tensors} tensors, {count} numbers", model.path));
        for note in &model.notes {
            line(&mut text, &format!("   {note}"));
        }
    }
    line(&mut text, &net(comparison));
    line(&mut text, "\nparameters");
    table(&mut text, &parameters(&comparison.parameters));
    line(&mut text, "\ndistances of weights, filter i beside filter i");
    line(
        &mut text,
        "frobenius: 0 the same, 1.414 unrelated; chance: the filters of B in random order",
    );
    table(&mut text, &distances(&comparison.parameters));
    let twins = twin_rows(&comparison.parameters);
    if twins.len() > 1 {
        line(&mut text, "\nbest twins of filters, up to sign, flips and shifts");
        table(&mut text, &twins);
    }
    match &comparison.alignment {
        Ok(alignment) => aligned(&mut text, alignment, &comparison.parameters),
        Err(why) => line(&mut text, &format!("\nnot aligned: {why}")),
    }
    text
}

fn net(comparison: &Comparison) -> String {
    match &comparison.net {
        Ok(known) => {
            let how = if known.given { "as given" } else { "found by names and shapes" };
            let settings = match known.settings.as_object() {
                Some(settings) if !settings.is_empty() => format!(" {}", known.settings),
                _ => String::new(),
            };
            format!("net {}{settings} for {}, {how}", known.name, known.net.input())
        }
        Err(why) => format!("net unknown, compared by names and shapes: {why}"),
    }
}

fn parameters(parameters: &[Parameter]) -> Vec<Vec<String>> {
    let heads = ["tensor", "shape", "norm A", "norm B", "mean A", "mean B", "sd A", "sd B", ""];
    let row = |parameter: &Parameter| {
        let [a, b] = &parameter.sides;
        let number = |side: &Option<Side>, of: fn(&Side) -> &Value| {
            side.as_ref().map_or_else(|| "–".to_owned(), |side| short(of(side)))
        };
        let mut row = vec![parameter.name.clone(), shapes(parameter)];
        let all: [fn(&Side) -> &Value; 3] =
            [|side| &side.norm, |side| &side.mean, |side| &side.deviation];
        for of in all {
            row.extend([number(a, of), number(b, of)]);
        }
        row.push(trouble(parameter));
        row
    };
    let heads = heads.map(str::to_owned).to_vec();
    [heads].into_iter().chain(parameters.iter().map(row)).collect()
}

/// Says what a reader must know of a tensor, if anything.
pub(super) fn trouble(parameter: &Parameter) -> String {
    match (parameter.state(), &parameter.distances) {
        ("only-a", _) => "only in A".into(),
        ("only-b", _) => "only in B".into(),
        (_, Err(why)) => why.clone(),
        _ => String::new(),
    }
}

/// Writes the shape, or both where they differ.
pub(super) fn shapes(parameter: &Parameter) -> String {
    let shape = |side: &Side| {
        let sizes: Vec<String> = side.dimensions.iter().map(ToString::to_string).collect();
        if sizes.is_empty() { "1".to_owned() } else { sizes.join("×") }
    };
    let mut shapes: Vec<String> = parameter.sides.iter().flatten().map(shape).collect();
    shapes.dedup();
    shapes.join(" and ")
}

fn distances(parameters: &[Parameter]) -> Vec<Vec<String>> {
    let heads = [
        "tensor",
        "frobenius",
        "chance",
        "cosine",
        "chance",
        "pearson",
        "chance",
        "z",
        "nearest",
        "chance",
        "z",
    ];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for (parameter, distances) in weights(parameters) {
        let mut row = vec![parameter.name.clone()];
        for judged in [&distances.frobenius, &distances.cosine, &distances.pearson] {
            row.extend([short(&judged.value), short(&judged.chance)]);
        }
        row.push(z(&distances.cosine));
        let nearest = &distances.nearest;
        row.extend([short(&nearest.value), short(&nearest.chance), z(nearest)]);
        rows.push(row);
    }
    rows
}

/// Returns the tensors that have filters of several weights, with their distances.
pub(super) fn weights(
    parameters: &[Parameter],
) -> impl Iterator<Item = (&Parameter, &convscope_measure::filters::LayerDistances)> {
    parameters.iter().filter_map(|parameter| {
        let rank = parameter.sides[0].as_ref()?.dimensions.len();
        Some((parameter, parameter.distances.as_ref().ok().filter(|_| rank > 1)?))
    })
}

fn twin_rows(parameters: &[Parameter]) -> Vec<Vec<String>> {
    let heads = ["tensor", "mean cosine", "chance", "z", "best: filter of A ~ filter of B"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for parameter in parameters {
        let Some(of) = &parameter.twins else { continue };
        let mut pairs: Vec<_> = of
            .pairs
            .iter()
            .filter_map(|pair| Some((pair.found.twin.value.number()?, pair)))
            .collect();
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        let best = pairs.iter().take(TWINS).map(|(cosine, pair)| {
            let twin = pair.stood.map_or_else(|| "–".to_owned(), |twin| twin.to_string());
            let motion = twins::words(pair.found.twin.motion);
            format!("{} ~ {twin} {cosine:.3} {motion}", pair.found.first)
        });
        let best = best.collect::<Vec<_>>().join("; ");
        let sample = if of.pairs.len() < of.filters {
            format!(" ({} of {} filters looked at)", of.pairs.len(), of.filters)
        } else {
            String::new()
        };
        let mean = &of.mean;
        let name = parameter.name.clone();
        rows.push(vec![name, short(&mean.value), short(&mean.chance), z(mean), best + &sample]);
    }
    rows
}

fn aligned(text: &mut String, alignment: &Alignment, parameters: &[Parameter]) {
    let (before, after, chance) = (alignment.before, alignment.after, alignment.shuffled);
    let starts = alignment.matching.runs.len();
    let moved = |order: &super::alignment::Order| {
        order.places.iter().enumerate().filter(|(place, from)| place != *from).count()
    };
    let (orders, units) = (
        alignment.orders.len(),
        alignment.orders.iter().map(|order| order.places.len()).sum::<usize>(),
    );
    let moved: usize = alignment.orders.iter().map(moved).sum();
    line(
        text,
        &format!(
            "\nweight matching: {orders} orders of hidden units, {moved} of {units} units moved"
        ),
    );
    line(
        text,
        &format!(
            "distance {:.4} → {:.4}, frobenius {:.4} → {:.4}, cosine {:.4} → {:.4} \
             (best of {starts} starts)",
            before.distance,
            after.distance,
            before.frobenius,
            after.frobenius,
            before.cosine,
            after.cosine
        ),
    );
    line(
        text,
        &format!(
            "the same matching of a shuffled B: frobenius {:.4}, cosine {:.4}",
            chance.frobenius, chance.cosine
        ),
    );
    if let Ok(found) = &alignment.activations {
        let (samples, agree, after) = (found.samples, found.agree, found.after);
        line(
            text,
            &format!(
                "matched by activations on {samples} samples: frobenius {:.4}, cosine {:.4}; {agree} \
                 of {units} units as by weights",
                after.frobenius, after.cosine
            ),
        );
    }
    let heads = ["tensor", "frobenius", "aligned", "shuffled", "cosine", "aligned", "shuffled"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for (parameter, distances) in weights(parameters) {
        let (Some(aligned), Some(shuffled)) = (&parameter.aligned, &parameter.by_chance) else {
            continue;
        };
        let all = [distances, aligned, shuffled];
        let mut row = vec![parameter.name.clone()];
        row.extend(all.map(|of| short(&of.frobenius.value)));
        row.extend(all.map(|of| short(&of.cosine.value)));
        rows.push(row);
    }
    table(text, &rows);
}

fn z(judged: &Judged) -> String {
    judged.z.number().map_or_else(|| "–".into(), |z| deviations(z).replace('−', "-"))
}

/// Writes a number with four digits; what is missing is a dash.
pub(super) fn short(value: &Value) -> String {
    match value.number() {
        None => "–".into(),
        Some(0.0) => "0".into(),
        Some(number) if (1e-3..1e5).contains(&number.abs()) => format!("{number:.4}"),
        Some(number) => format!("{number:.2e}"),
    }
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("writing to a string cannot fail");
}

/// Writes rows in columns: the first and the last flush left, the others flush right.
fn table(text: &mut String, rows: &[Vec<String>]) {
    let columns = rows.first().map_or(0, Vec::len);
    let wide = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    };
    let wide: Vec<usize> = (0..columns).map(wide).collect();
    let words = rows[1..].iter().any(|row| row[columns - 1].contains(' '));
    for row in rows {
        let cells = row.iter().zip(&wide).enumerate().map(|(column, (cell, wide))| {
            let left = column == 0 || (words && column + 1 == columns);
            if left { format!("{cell:<wide$}") } else { format!("{cell:>wide$}") }
        });
        line(text, format!("  {}", cells.collect::<Vec<_>>().join("  ")).trim_end());
    }
}
