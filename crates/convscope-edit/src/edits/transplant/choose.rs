//! The pair of donors that agree most on a part.

use convscope_core::Value;
use convscope_measure::Sense;
use convscope_measure::filters::{FilterMeasure, Filters, Modulo, Motion, twin};
use convscope_model::Part;

use crate::edits::EditError;

/// How alike two donors are at a part.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Agreement {
    /// The two donors, by their places, the first first.
    pub(super) pair: [usize; 2],
    /// The value of the measure, or why there is none.
    pub(super) value: Value,
    /// What brings the second's part nearest to the first's.
    pub(super) motion: Motion,
}

/// Compares a part of every donor with that of every later one.
pub(super) fn agreements(
    measure: &FilterMeasure,
    modulo: Modulo,
    part: &Part,
    donors: &[&[f32]],
) -> Result<Vec<Agreement>, EditError> {
    let of = |donor: &&[f32]| filters(part, donor);
    let parts = donors.iter().map(of).collect::<Result<Vec<Filters>, _>>()?;
    let mut agreements = Vec::with_capacity(parts.len() * parts.len().saturating_sub(1) / 2);
    for (first, a) in parts.iter().enumerate() {
        for (second, b) in parts.iter().enumerate().skip(first + 1) {
            let twin = twin(measure, modulo, a, 0, b, 0);
            let pair = [first, second];
            agreements.push(Agreement { pair, value: twin.value, motion: twin.motion });
        }
    }
    Ok(agreements)
}

/// Returns the place of the best agreement; of equally good ones the first.
pub(super) fn best(
    measure: &FilterMeasure,
    part: &Part,
    agreements: &[Agreement],
) -> Result<usize, EditError> {
    let mut best: Option<(usize, f64)> = None;
    for (place, agreement) in agreements.iter().enumerate() {
        let Some(value) = agreement.value.number() else { continue };
        if best.is_none_or(|(_, so_far)| better(measure.sense, value, so_far)) {
            best = Some((place, value));
        }
    }
    best.map(|(place, _)| place).ok_or_else(|| {
        let reason = agreements.iter().find_map(|agreement| agreement.value.reason());
        let why = reason.unwrap_or("there are not two of them").to_owned();
        EditError::NoPair { part: part.name.clone(), why }
    })
}

/// Returns whether one value speaks of more likeness than another.
pub(super) fn better(sense: Sense, one: f64, other: f64) -> bool {
    match sense {
        Sense::Similarity => one > other,
        Sense::Distance => one < other,
    }
}

/// Returns a part as one filter: a square kernel, or a list that no flip and no shift moves.
fn filters(part: &Part, weights: &[f32]) -> Result<Filters, EditError> {
    let weights = &weights[part.range.clone()];
    let [channels, side] = match part.sides {
        Some([rows, columns]) if rows == columns => [1, rows],
        _ => [weights.len(), 1],
    };
    Filters::from_f32(weights, channels, side)
        .map_err(|refusal| EditError::NoPair { part: part.name.clone(), why: refusal.to_string() })
}
