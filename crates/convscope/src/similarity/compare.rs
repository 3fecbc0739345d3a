//! All layers of one file against all of another, by every measure and treatment asked for.

use std::collections::BTreeSet;

use convscope_measure::maps::{TREATMENTS, Treatment};
use convscope_measure::{
    Caveat, Measure, Pair, Prepared, Score, bootstrap, permutation_test, scores,
};

use super::asked::Wanted;
use super::results::{Cell, LayerFacts, Results, Settings, SideFacts, Table};
use super::samples::Matched;
use super::side::Side;
use super::treat::{self, Treated};
use super::{Asked, outputs, pairs, stream};
use crate::complaint::Complaint;

/// Compares two files, or one with itself if there is no second.
pub(crate) fn all(
    asked: &Asked,
    a: &Side,
    b: Option<&Side>,
    matched: Matched,
) -> Result<Results, Complaint> {
    let other = b.unwrap_or(a);
    let maps = a.layers.iter().chain(&other.layers).any(|layer| layer.layout.is_some());
    let treatments = if maps { asked.treatments.as_slice() } else { &[&TREATMENTS[0]] };
    let order = matched.order.as_deref();
    let (mut tables, mut shown) = (Vec::new(), Vec::new());
    let mut notes: Vec<String> = matched.note.into_iter().collect();
    for treatment in treatments {
        let conv = maps.then_some(treatment.id);
        let second = b.map_or(0, |b| treat::bytes(b, treatment, asked));
        let needed = treat::bytes(a, treatment, asked) + second;
        if needed > asked.memory {
            notes.push(stream::note(treatment, needed, asked.memory));
            tables.extend(stream::tables(asked, [a, other], order, treatment, conv)?);
            if !asked.show.is_empty() {
                let why = "the layers take more than --memory";
                shown.extend(pairs::hidden(asked, [a, other], conv, why));
            }
            continue;
        }
        let xs = treat::treated(a, None, treatment, asked)?;
        let ys = b.map(|b| treat::treated(b, order, treatment, asked)).transpose()?;
        let ys = ys.as_ref().unwrap_or(&xs);
        for layers in [&xs, ys] {
            if let Some(why) = hopeless(layers) {
                return Err(Complaint::usage(why));
            }
        }
        tables.extend(tables_of(asked, &xs, ys, treatment, conv)?);
        // Aligned maps have the units of flat ones.
        if !asked.show.is_empty() && treatment.measure.is_none() {
            shown.extend(pairs::shown(asked, [a, other], [&xs, ys], conv));
        }
    }
    tables.extend(outputs::tables(asked, [a, other], order)?);
    for side in std::iter::once(a).chain(b) {
        notes.extend(side.notes.iter().map(|note| format!("{}: {note}", side.file)));
    }
    Ok(Results {
        sides: [facts(a), facts(other)],
        samples: a.samples,
        matched: matched.how,
        notes,
        tables,
        pairs: shown,
        settings: Settings {
            seed: asked.number,
            permutations: asked.permutations,
            bootstrap: asked.bootstrap,
            places: asked.places,
        },
    })
}

/// Returns why nothing at all can be compared: the reason of the first layer.
fn hopeless(layers: &[Treated]) -> Option<String> {
    if layers.iter().any(|layer| layer.layer.is_ok()) {
        return None;
    }
    layers.iter().find_map(|layer| layer.layer.as_ref().err().cloned())
}

fn facts(side: &Side) -> SideFacts {
    let layer = |layer: &super::side::Layer| LayerFacts {
        name: layer.name.clone(),
        shape: layer.array.dimensions().to_vec(),
        kind: layer.array.kind(),
        layout: layer.layout.as_ref().map(|layout| layout.letters().to_owned()),
    };
    SideFacts {
        file: side.file.clone(),
        format: side.arrays.format().name,
        bytes: side.arrays.source().length(),
        sample_ids: side.ids.as_ref().map(convscope_arrays::SampleIds::hash),
        layers: side.layers.iter().map(layer).collect(),
    }
}

fn tables_of(
    asked: &Asked,
    xs: &[Treated],
    ys: &[Treated],
    treatment: &Treatment,
    conv: Option<&'static str>,
) -> Result<Vec<Table>, Complaint> {
    if let Some(id) = treatment.measure {
        let wanted = Wanted::of_maps(id, &[1, 1])?;
        let cells = cells(asked, xs, ys, |sizes| Ok(Some(Wanted::of_maps(id, sizes)?)), &wanted)?;
        return Ok(vec![table(&wanted, conv, cells)]);
    }
    let one =
        |wanted: &Wanted| Ok(table(wanted, conv, cells(asked, xs, ys, |_| Ok(None), wanted)?));
    asked.measures.iter().map(one).collect()
}

/// Puts cells under what is known of their measure.
pub(crate) fn table(wanted: &Wanted, conv: Option<&'static str>, cells: Vec<Vec<Cell>>) -> Table {
    let laws = wanted.measure.laws();
    Table {
        measure: wanted.id,
        settings: wanted.settings.clone(),
        about: wanted.about,
        source: wanted.source,
        conv,
        sense: laws.sense,
        of_self: laws.of_self,
        symmetric: laws.symmetric,
        cells,
    }
}

/// Compares all pairs; those whose samples are not the same have a reason instead of a value.
///
/// `of_sizes` may return another measure for layers of maps of some sizes.
fn cells(
    asked: &Asked,
    xs: &[Treated],
    ys: &[Treated],
    of_sizes: impl Fn(&[usize]) -> Result<Option<Wanted>, Complaint>,
    wanted: &Wanted,
) -> Result<Vec<Vec<Cell>>, Complaint> {
    let mut cells: Vec<Vec<Option<Cell>>> = vec![vec![None; ys.len()]; xs.len()];
    let kinds: BTreeSet<Option<&Vec<usize>>> = xs.iter().map(|x| x.places.as_ref()).collect();
    for kind in kinds {
        let (rows, columns) = (comparable(xs, kind), comparable(ys, kind));
        if rows.is_empty() || columns.is_empty() {
            continue;
        }
        let own = of_sizes(kind.map(Vec::as_slice).unwrap_or_default())?;
        let measure = &*own.as_ref().unwrap_or(wanted).measure;
        let (x, y) = (prepared(xs, &rows), prepared(ys, &columns));
        let group = group(asked, measure, &x, &y)?;
        for (row, found) in rows.iter().zip(group) {
            for (column, mut cell) in columns.iter().zip(found) {
                cell.score.caveats.extend(xs[*row].caveat.clone());
                cells[*row][*column] = Some(cell);
            }
        }
    }
    let estimator = wanted.measure.estimator();
    let filled = cells.into_iter().zip(xs).map(|(row, x)| {
        let row = row.into_iter().zip(ys).map(|(cell, y)| {
            cell.unwrap_or_else(|| {
                let samples = x.layer.as_ref().map_or(0, Prepared::samples);
                Cell::missing(&reason(x, y), samples, [x.units, y.units], estimator.clone())
            })
        });
        row.collect()
    });
    Ok(filled.collect())
}

/// Returns the places of the layers with samples of a kind that could be read.
fn comparable(layers: &[Treated], kind: Option<&Vec<usize>>) -> Vec<usize> {
    let fits = |layer: &Treated| layer.layer.is_ok() && layer.places.as_ref() == kind;
    (0..layers.len()).filter(|place| fits(&layers[*place])).collect()
}

fn prepared<'a>(layers: &'a [Treated], places: &[usize]) -> Vec<&'a Prepared> {
    places.iter().filter_map(|place| layers[*place].layer.as_ref().ok()).collect()
}

/// Says why two layers have no score.
pub(crate) fn reason(x: &Treated, y: &Treated) -> String {
    if let Some(why) = x.layer.as_ref().err().or(y.layer.as_ref().err()) {
        return why.clone();
    }
    let sizes = |layer: &Treated| match &layer.places {
        Some(sizes) => {
            let sizes: Vec<String> = sizes.iter().map(ToString::to_string).collect();
            format!("maps of {}", sizes.join(" × "))
        }
        None => "no maps".into(),
    };
    format!("one layer has {}, the other {}: places do not correspond", sizes(x), sizes(y))
}

/// Compares layers with the same samples.
fn group(
    asked: &Asked,
    measure: &dyn Measure,
    xs: &[&Prepared],
    ys: &[&Prepared],
) -> Result<Vec<Vec<Cell>>, Complaint> {
    let n = xs[0].samples() as u64;
    let held = 4 * n * n * (xs.len() + ys.len()) as u64;
    if measure.keeps_pairs() && held > asked.memory {
        let reason = format!(
            "a number for every pair of {n} samples takes {} for all layers, more than --memory",
            convscope_study::size(held.into())
        );
        let cell = |x: &Prepared, y: &Prepared| {
            Cell::missing(&reason, n as usize, [x.units(), y.units()], measure.estimator())
        };
        return Ok(xs.iter().map(|x| ys.iter().map(|y| cell(x, y)).collect()).collect());
    }
    let mut cells = tested(asked, measure, xs, ys)?;
    if let Some(resamples) = asked.bootstrap {
        let seed = asked.seed.child("bootstrap");
        for (row, x) in cells.iter_mut().zip(xs) {
            for (cell, y) in row.iter_mut().zip(ys) {
                let pair = Pair::new(x, y).map_err(Complaint::trouble)?;
                let found = bootstrap(measure, pair, resamples, seed);
                (cell.low, cell.high, cell.bias) = (found.low, found.high, found.bias);
                cell.score.caveats.push(Caveat::Resampled);
            }
        }
    }
    Ok(cells)
}

fn tested(
    asked: &Asked,
    measure: &dyn Measure,
    xs: &[&Prepared],
    ys: &[&Prepared],
) -> Result<Vec<Vec<Cell>>, Complaint> {
    let Some(orders) = asked.permutations else {
        let plain = |row: Vec<Score>| row.into_iter().map(Cell::of).collect();
        let found = scores(measure, xs, ys).map_err(Complaint::trouble)?;
        return Ok(found.into_iter().map(plain).collect());
    };
    let seed = asked.seed.child("permutations");
    let test = permutation_test(measure, xs, ys, orders, seed).map_err(Complaint::trouble)?;
    let rows = test.scores.into_iter().zip(test.p).zip(test.p_of_table);
    let row = |((scores, p), of_table): ((Vec<Score>, Vec<_>), Vec<_>)| {
        let cells = scores.into_iter().zip(p).zip(of_table);
        cells.map(|((score, p), p_of_table)| Cell { p, p_of_table, ..Cell::of(score) }).collect()
    };
    Ok(rows.map(row).collect())
}
