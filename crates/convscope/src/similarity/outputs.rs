//! Layers that are answers: probabilities, or logits that are made probabilities.

use convscope_measure::maps::TREATMENTS;
use convscope_measure::{
    OutputMeasure, OutputPair, Outputs, Sense, bootstrap_outputs, permutation_test_of_outputs,
};
use serde_json::json;

use super::Asked;
use super::blocks::{BLOCK, Reader};
use super::results::{Cell, Table};
use super::side::{Layer, Side};
use crate::complaint::Complaint;

/// A layer as answers, and how it became them; or why it is none.
type Answers = Result<(Outputs, &'static str), String>;

/// Compares the answers of all layers that can be answers.
pub(crate) fn tables(
    asked: &Asked,
    sides: [&Side; 2],
    order: Option<&[usize]>,
) -> Result<Vec<Table>, Complaint> {
    if asked.outputs.is_empty() {
        return Ok(Vec::new());
    }
    let [a, b] = sides;
    let labels = labels(a, b, order)?;
    let of = |side: &Side, order: Option<&[usize]>| -> Vec<Answers> {
        side.layers.iter().map(|layer| answers(side, layer, order, asked.memory)).collect()
    };
    let (xs, ys) = (of(a, None), of(b, order));
    let found: Vec<Vec<Beside>> = (0..xs.len())
        .map(|i| (0..ys.len()).map(|j| beside(&xs[i], &ys[j], labels.as_ref())).collect())
        .collect();
    let table = |measure: &&'static OutputMeasure| {
        let mut tested = cells(asked, measure, &found)?.into_iter();
        let cell = |i: usize, j: usize, tested: &mut dyn Iterator<Item = Cell>| {
            let units = [a.layers[i].width(), b.layers[j].width()];
            match &found[i][j] {
                Ok(_) => tested.next().expect("a cell for each pair"),
                Err(why) => Cell::missing(why, a.samples, units, measure.id.into()),
            }
        };
        let rows = (0..xs.len()).map(|i| (0..ys.len()).map(|j| cell(i, j, &mut tested)).collect());
        Ok(Table {
            measure: measure.id,
            settings: json!({}),
            about: measure.about,
            source: measure.source,
            conv: None,
            sense: Sense::Distance,
            of_self: Some(0.0),
            symmetric: true,
            cells: rows.collect(),
        })
    };
    asked.outputs.iter().map(table).collect()
}

/// Two layers of answers and how they became them; or why they cannot be compared.
type Beside = Result<(OutputPair, String), String>;

fn beside(x: &Answers, y: &Answers, labels: Option<&Vec<usize>>) -> Beside {
    let ((x, how), (y, other)) =
        (x.as_ref().map_err(Clone::clone)?, y.as_ref().map_err(Clone::clone)?);
    let pair = OutputPair::new(x.clone(), y.clone(), labels.cloned());
    let how = if how == other { (*how).to_owned() } else { format!("{how}; {other}") };
    Ok((pair.map_err(|error| error.to_string())?, how))
}

/// Compares all pairs that can be compared, in the order of the table, with the tests asked for.
fn cells(
    asked: &Asked,
    measure: &OutputMeasure,
    found: &[Vec<Beside>],
) -> Result<Vec<Cell>, Complaint> {
    let pairs: Vec<&(OutputPair, String)> = found.iter().flatten().flatten().collect();
    let alone: Vec<&OutputPair> = pairs.iter().map(|(pair, _)| pair).collect();
    let mut cells: Vec<Cell> = match asked.permutations {
        None => alone.iter().map(|pair| Cell::of(measure.score(pair))).collect(),
        Some(orders) => {
            let seed = asked.seed.child("permutations");
            let test = permutation_test_of_outputs(measure, &alone, orders, seed);
            let test = test.map_err(Complaint::trouble)?;
            let scores = test.scores.into_iter().flatten();
            let p = test.p.into_iter().flatten().zip(test.p_of_table.into_iter().flatten());
            let cell = |(score, (p, p_of_table))| Cell { p, p_of_table, ..Cell::of(score) };
            scores.zip(p).map(cell).collect()
        }
    };
    for (cell, (pair, how)) in cells.iter_mut().zip(pairs) {
        cell.score.estimator.clone_from(how);
        if let Some(resamples) = asked.bootstrap {
            let seed = asked.seed.child("bootstrap");
            let found = bootstrap_outputs(measure, pair, resamples, seed);
            (cell.low, cell.high, cell.bias) = (found.low, found.high, found.bias);
        }
    }
    Ok(cells)
}

/// Reads a layer of classes; rows that are no distributions are logits, of which softmax makes one.
fn answers(side: &Side, layer: &Layer, order: Option<&[usize]>, memory: u64) -> Answers {
    let name = format!("{}, `{}`", side.file, layer.name);
    let classes = layer.width();
    if layer.array.dimensions().len() != 2 || classes < 2 {
        let dimensions = layer.array.dimensions();
        return Err(format!("{name}: answers are samples × classes, not {dimensions:?}"));
    }
    if layer.array.count() as u64 * 16 > memory {
        return Err(format!("{name}: answers that do not fit into --memory are not compared"));
    }
    let reader = Reader { side, layer, order, treatment: &TREATMENTS[0], block: BLOCK };
    let mut numbers = reader.numbers(0..side.samples)?;
    if let Some(odd) = numbers.iter().position(|number| !number.is_finite()) {
        let (sample, class) = (odd / classes, odd % classes);
        return Err(format!("{name}: sample {sample}, class {class} is {}", numbers[odd]));
    }
    if let Ok(outputs) = Outputs::from_f64(&numbers, classes) {
        return Ok((outputs, "probabilities as they came"));
    }
    for row in numbers.chunks_mut(classes) {
        let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for logit in row.iter_mut() {
            *logit = (*logit - most).exp();
        }
        let sum: f64 = row.iter().sum();
        for share in row {
            *share /= sum;
        }
    }
    let outputs = Outputs::from_f64(&numbers, classes);
    Ok((outputs.map_err(|error| format!("{name}: {error}"))?, "softmax of logits"))
}

/// Takes the labels of either file; both must agree.
fn labels(a: &Side, b: &Side, order: Option<&[usize]>) -> Result<Option<Vec<usize>>, Complaint> {
    let second = b.labels.as_ref().map(|labels| match order {
        Some(order) => order.iter().map(|row| labels[*row]).collect(),
        None => labels.clone(),
    });
    match (&a.labels, second) {
        (Some(first), Some(second)) if *first != second => {
            let odd = first.iter().zip(&second).position(|(a, b)| a != b).unwrap_or(0);
            Err(Complaint::usage(format!(
                "the labels of {} and {} differ at sample {odd}: {} and {}",
                a.file, b.file, first[odd], second[odd]
            )))
        }
        (first, second) => Ok(first.clone().or(second)),
    }
}
