//! One tensor in both models.

use std::cmp::Ordering;

use convscope_core::{Seed, Value};
use convscope_measure::filters::{LayerDistances, layer_distances};

use super::model::Tensor;
use super::twins::{self, Twins};
use super::{Alignment, Known, Model};

/// A tensor of one or both models.
pub(crate) struct Parameter {
    /// Its name.
    pub(crate) name: String,
    /// What it is in each model that has it.
    pub(crate) sides: [Option<Side>; 2],
    /// How far the two are apart, or why that cannot be said.
    pub(crate) distances: Result<LayerDistances, String>,
    /// The same after the alignment, where there is one.
    pub(crate) aligned: Option<LayerDistances>,
    /// The same for the shuffled model after its own alignment.
    pub(crate) by_chance: Option<LayerDistances>,
    /// The best twins of filters, for convolutions.
    pub(crate) twins: Option<Twins>,
}

/// A tensor in one model.
pub(crate) struct Side {
    /// Its dimensions, slowest first.
    pub(crate) dimensions: Vec<usize>,
    /// Its type of number.
    pub(crate) kind: &'static str,
    /// Its Frobenius norm.
    pub(crate) norm: Value,
    /// The mean of its numbers.
    pub(crate) mean: Value,
    /// Their standard deviation, with divisor n.
    pub(crate) deviation: Value,
    /// The least and the largest.
    pub(crate) range: [Value; 2],
}

impl Parameter {
    /// Says in few words which model has it.
    pub(crate) fn state(&self) -> &'static str {
        match &self.sides {
            [Some(a), Some(b)] if a.dimensions == b.dimensions => "both",
            [Some(_), Some(_)] => "other-shape",
            [Some(_), None] => "only-a",
            _ => "only-b",
        }
    }
}

/// Compares every tensor of either model, in the order of the net or by name.
pub(crate) fn all(
    models: &[Model; 2],
    known: Option<&Known>,
    alignment: Option<&Alignment>,
    seed: Seed,
) -> Vec<Parameter> {
    let mut names: Vec<&String> = models[0].tensors.keys().collect();
    names.extend(models[1].tensors.keys().filter(|name| !models[0].tensors.contains_key(*name)));
    let place = |name: &str| {
        let at = known.and_then(|known| known.net.tensors().position(|own| own.name == name));
        at.unwrap_or(usize::MAX)
    };
    names.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| natural(a, b)));
    names.into_iter().map(|name| one(name, models, alignment, seed)).collect()
}

fn one(name: &str, models: &[Model; 2], alignment: Option<&Alignment>, seed: Seed) -> Parameter {
    let [a, b] = [0, 1].map(|which| models[which].tensors.get(name));
    let comparable = a.zip(b).ok_or_else(|| "only one model has it".to_owned());
    let numbers = comparable.and_then(|(a, b)| both(a, b));
    let filters = a.and_then(|a| a.dimensions.first().copied()).unwrap_or(1);
    let beside = |other: Option<&Vec<f32>>| {
        let (a, _) = numbers.as_ref().ok()?;
        other.map(|other| layer_distances(a, other, filters))
    };
    let aligned = alignment.and_then(|alignment| alignment.aligned.get(name));
    let shuffled = alignment.and_then(|alignment| alignment.by_chance.get(name));
    let twins = match (&numbers, a.map(|a| a.dimensions.as_slice())) {
        (Ok((a, b)), Some(&[_, channels, height, width])) if height == width => {
            let b = aligned.map_or(*b, Vec::as_slice);
            twins::find(name, [*a, b], [channels, height], alignment, seed)
        }
        _ => None,
    };
    Parameter {
        sides: [a, b].map(|tensor| tensor.map(Side::of)),
        aligned: beside(aligned),
        by_chance: beside(shuffled),
        distances: numbers.map(|(a, b)| layer_distances(a, b, filters)),
        twins,
        name: name.to_owned(),
    }
}

/// Returns the numbers of two tensors that can be compared.
fn both<'t>(a: &'t Tensor, b: &'t Tensor) -> Result<(&'t [f32], &'t [f32]), String> {
    if a.dimensions != b.dimensions {
        return Err("the two have other shapes".into());
    }
    let finite = |tensor: &'t Tensor, which: &str| {
        tensor.finite().map_err(|why| format!("that of {which} {why}"))
    };
    Ok((finite(a, "A")?, finite(b, "B")?))
}

impl Side {
    fn of(tensor: &Tensor) -> Self {
        let (dimensions, kind) = (tensor.dimensions.clone(), tensor.kind);
        let numbers = match tensor.finite() {
            Ok(numbers) => numbers,
            Err(why) => {
                let missing = || Value::missing(why.clone());
                return Self {
                    dimensions,
                    kind,
                    norm: missing(),
                    mean: missing(),
                    deviation: missing(),
                    range: [missing(), missing()],
                };
            }
        };
        let wide = || numbers.iter().map(|number| f64::from(*number));
        let count = numbers.len() as f64;
        let mean = wide().sum::<f64>() / count;
        let squares: f64 = wide().map(|number| (number - mean).powi(2)).sum();
        Self {
            dimensions,
            kind,
            norm: Value::of(wide().map(|number| number * number).sum::<f64>().sqrt()),
            mean: Value::of(mean),
            deviation: Value::of((squares / count).sqrt()),
            range: [
                Value::of(wide().fold(f64::INFINITY, f64::min)),
                Value::of(wide().fold(f64::NEG_INFINITY, f64::max)),
            ],
        }
    }
}

/// Orders names as people count: `layer2` before `layer10`.
fn natural(a: &str, b: &str) -> Ordering {
    let key = |name: &str| -> Vec<(u64, String)> {
        let part = |part: &str| match part.parse::<u64>() {
            Ok(number) => (number, String::new()),
            Err(_) => (u64::MAX, part.to_owned()),
        };
        name.split_inclusive(|letter: char| !letter.is_ascii_digit())
            .flat_map(|piece| {
                let digits = piece.trim_end_matches(|letter: char| !letter.is_ascii_digit());
                [part(digits), (u64::MAX, piece[digits.len()..].to_owned())]
            })
            .collect()
    };
    key(a).cmp(&key(b)).then_with(|| a.cmp(b))
}
