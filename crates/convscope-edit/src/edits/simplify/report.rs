//! What is told of a simplification.

use std::collections::BTreeMap;

use super::state::State;
use crate::calibration::Standing;
use crate::edits::Note;

/// What happened on the way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    pub(crate) rounds: Vec<Round>,
    /// How many steps broke the budget, each alone.
    pub(crate) refusals: usize,
}

/// The loss on the calibration images in one round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    /// Before it.
    pub(crate) before: f64,
    /// The change that was predicted for its steps.
    pub(crate) predicted: f64,
    /// After its steps.
    pub(crate) snapped: f64,
    /// After running statistics were refreshed.
    pub(crate) refreshed: f64,
    /// After next layers were fitted anew.
    pub(crate) refitted: f64,
    /// How many outputs were fitted with a ridge.
    pub(crate) ridges: usize,
}

/// Makes tables of the state at the end: structures and bits of each layer, the loss of each round.
pub(crate) fn notes(state: &State, told: &Told) -> Vec<Note> {
    let layers: Vec<String> = state.banks.iter().map(|bank| bank.name.clone()).collect();
    let mut counts: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (unit, form) in state.units.iter().zip(&state.forms) {
        let of_layers = counts.entry(form.name()).or_insert_with(|| vec![0.0; layers.len()]);
        of_layers[unit.bank] += unit.kernels as f64;
    }
    let row = |layer: usize| counts.values().map(move |of_layers| of_layers[layer]);
    let structures = Note {
        name: "kernel-structures".into(),
        rows: layers.clone(),
        columns: counts.keys().cloned().collect(),
        values: (0..layers.len()).flat_map(row).collect(),
    };
    let of_layer = |(place, bank): (usize, &super::Bank)| {
        [bank.kernels as f64 * bank.free_bits(state.precision()), state.bits_of(place)]
    };
    let bits = Note {
        name: "kernel-bits".into(),
        rows: layers,
        columns: vec!["free".into(), "after".into()],
        values: state.banks.iter().enumerate().flat_map(of_layer).collect(),
    };
    let mut notes = vec![structures, bits];
    if !told.rounds.is_empty() {
        let of_round = |round: &Round| {
            let Round { before, predicted, snapped, refreshed, refitted, ridges } = *round;
            [before, predicted, snapped - before, snapped, refreshed, refitted, ridges as f64]
        };
        let columns = [
            "loss before",
            "predicted change",
            "measured change",
            "loss after",
            "refreshed",
            "refitted",
            "ridges",
        ];
        notes.push(Note {
            name: "simplification-rounds".into(),
            rows: (1..=told.rounds.len()).map(|round| format!("round {round}")).collect(),
            columns: columns.map(str::to_owned).to_vec(),
            values: told.rounds.iter().flat_map(of_round).collect(),
        });
    }
    notes
}

/// Returns the values of the record: bits and kernels, and the loss where there were images.
pub(crate) fn values(
    state: &State,
    told: &Told,
    standings: Option<[Standing; 2]>,
) -> Vec<(String, f64)> {
    let mut values = Vec::new();
    let mut keep = |name: &str, value: f64| values.push((name.to_owned(), value));
    let of_units = |snapped_only: bool| -> f64 {
        let units = state.units.iter().zip(&state.forms);
        let counted = units.filter(|(_, form)| !snapped_only || !form.is_free());
        counted.map(|(unit, _)| unit.kernels).sum::<usize>() as f64
    };
    keep("bits", state.total_bits());
    keep("bits-free", state.free_bits());
    keep("bits-share", state.total_bits() / state.free_bits());
    keep("kernels", of_units(false));
    keep("kernels-snapped", of_units(true));
    if let Some([before, after]) = standings {
        keep("calibration-loss-before", before.loss);
        keep("calibration-loss", after.loss);
        keep("calibration-accuracy-before", before.accuracy);
        keep("calibration-accuracy", after.accuracy);
        // A sum of nothing would be -0.
        let sum =
            |of: fn(&Round) -> f64| told.rounds.iter().map(of).fold(0.0, |all, one| all + one);
        keep("predicted-loss-change", sum(|round| round.predicted));
        keep("measured-loss-change", sum(|round| round.snapped - round.before));
        keep("budget-refusals", told.refusals as f64);
    }
    values
}
