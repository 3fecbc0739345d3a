//! Layers that are answers: probabilities, or logits that are made probabilities.

use convscope_core::Value;
use convscope_measure::maps::TREATMENTS;
use convscope_measure::{OutputMeasure, OutputPair, Outputs, Score, Sense};
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
    let table = |measure: &&'static OutputMeasure| {
        let cells = (0..xs.len()).map(|i| {
            let units = |j: usize| [a.layers[i].width(), b.layers[j].width()];
            let cell =
                |j: usize| cell(measure, [&xs[i], &ys[j]], labels.as_ref(), a.samples, units(j));
            (0..ys.len()).map(cell).collect()
        });
        Table {
            measure: measure.id,
            settings: json!({}),
            about: measure.about,
            source: measure.source,
            conv: None,
            sense: Sense::Distance,
            of_self: Some(0.0),
            symmetric: true,
            cells: cells.collect(),
        }
    };
    Ok(asked.outputs.iter().map(table).collect())
}

fn cell(
    measure: &OutputMeasure,
    [x, y]: [&Answers; 2],
    labels: Option<&Vec<usize>>,
    samples: usize,
    units: [usize; 2],
) -> Cell {
    let missing = |why: &str| Cell::missing(why, samples, units, measure.id.into());
    let ((x, how), (y, other)) = match (x, y) {
        (Ok(x), Ok(y)) => (x, y),
        (Err(why), _) | (_, Err(why)) => return missing(why),
    };
    let pair = match OutputPair::new(x.clone(), y.clone(), labels.cloned()) {
        Ok(pair) => pair,
        Err(error) => return missing(&error.to_string()),
    };
    let untested = || Value::missing("measures of answers have no null here");
    Cell::of(Score {
        value: (measure.value)(&pair),
        samples,
        units,
        estimator: if how == other { (*how).into() } else { format!("{how}; {other}") },
        null_mean: untested(),
        z: untested(),
        percentile: untested(),
        caveats: Vec::new(),
    })
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
