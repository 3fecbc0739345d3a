//! What all ways of making kernels simpler share: forms, bits, targets, and the order of steps.
//!
//! A way offers each kernel some forms, each with the bits that a file of it would hold. Of all steps from a
//! form to a shorter one those are taken first that are predicted to cost least of the loss for each bit saved:
//!
//! ```text
//! predicted change = ½ δᵀFδ     δ the change of the kernel, F its Fisher information
//! ```
//!
//! until a target is reached; the order is that of Optimal brain damage (`LeCun`, Denker, Solla 1990).

mod bank;
mod descent;
mod form;
mod ladder;
mod rank;
mod refit;
mod report;
mod rounding;
mod settings;
mod state;
mod way;

use convscope_core::{Seed, SettingError};
use convscope_model::Net;
use convscope_train::{Groups, Handling, Piece};

pub(crate) use bank::{Bank, Unit, banks, wide};
pub(crate) use form::{EXACT, Form, MIXTURE, nearest_level};
pub(crate) use ladder::{Offer, Offers};
pub use rounding::Rounding;
pub(crate) use settings::{Common, Target, Then, simplification};
pub(crate) use state::State;
pub(crate) use way::{Shared, Simplification};

use self::descent::{Descent, Seen};
use self::report::Told;
use super::{EditError, Edited, KernelForm, Subject};
use crate::calibration::Standing;

/// A way of making kernels simpler.
pub(crate) trait Method {
    /// Returns whether all kernels of a layer change their form together.
    fn whole_layers(&self) -> bool {
        false
    }

    /// Returns whether steps are taken in their order to the last, though another last one might cost less.
    fn in_order(&self) -> bool {
        false
    }

    /// Returns the bits of a kernel that is left free.
    fn free_bits(&self, bank: &Bank, precision: u32) -> f64;

    /// Returns the forms that a unit could have.
    fn offers(&self, state: &State, unit: usize) -> Offers;

    /// Returns other forms for the units than those found from a start, and their bits, if the way is a control.
    fn control(&self, _found: &State, _start: &State, _: Seed) -> Option<(Vec<Form>, Vec<f64>)> {
        None
    }
}

/// Checks that kernels of a net can be made simpler so.
fn fits(common: Common<'_>, net: &Net) -> Result<(), SettingError> {
    let banks = banks(net, common.on)?;
    if common.refit { refit::check(net, &banks) } else { Ok(()) }
}

/// Makes the kernels of a model simpler.
fn simplify(
    method: &dyn Method,
    common: Common<'_>,
    subject: &Subject<'_>,
    weights: Vec<f32>,
) -> Result<Edited, EditError> {
    let net = subject.net;
    for tensor in net.tensors() {
        check_finite(&tensor.name, &weights[tensor.range()])?;
    }
    let banks = banks(net, common.on).expect("the door checked the names");
    let before = weights.clone();
    let calibration = subject.calibration.filter(|_| common.calibrate.is_some());
    let seen = calibration.map(|calibration| Seen {
        net,
        calibration,
        before: &before,
        refit: common.refit,
    });
    if seen.is_some_and(|seen| !seen.calibration.standing(net, seen.before).loss.is_finite()) {
        return Err(EditError::NoLoss);
    }
    let done = descend(method, common, &banks, weights, seen, subject.seed)?;
    let standings = seen.map(|seen| {
        let of = |weights| seen.calibration.standing(net, weights);
        [of(seen.before), of(&done.state.weights)]
    });
    let mut edited = edited(&done.state, &done.told, standings);
    edited.handling = handling(&done.state, common.then);
    edited.rounding = common.round_again.then(|| Rounding::of(&done.state));
    Ok(edited)
}

/// Makes kernels without a net simpler.
pub(crate) fn simplify_alone(
    method: &dyn Method,
    common: Common<'_>,
    banks: &[Bank],
    numbers: Vec<f32>,
) -> Result<Edited, EditError> {
    for bank in banks {
        check_finite(&bank.name, &numbers[bank.range()])?;
    }
    let done = descend(method, common, banks, numbers, None, Seed::root(0))?;
    Ok(edited(&done.state, &done.told, None))
}

fn descend<'a>(
    method: &dyn Method,
    common: Common<'_>,
    banks: &[Bank],
    weights: Vec<f32>,
    seen: Option<Seen<'a>>,
    seed: Seed,
) -> Result<Descent<'a>, EditError> {
    let units: Vec<Unit> = banks
        .iter()
        .enumerate()
        .flat_map(|(place, bank)| bank.units(place, method.whole_layers()))
        .collect();
    let free =
        |unit: &Unit| unit.kernels as f64 * method.free_bits(&banks[unit.bank], common.precision);
    let start = State::new(banks.to_vec(), units, weights, common.precision, free);
    let mut descent = Descent { state: start.clone(), seen, told: Told::default() };
    descent.go(method, common.target(), common.rounds)?;
    if let Some((forms, bits)) = method.control(&descent.state, &start, seed) {
        let mut control = Descent { state: start.clone(), seen, told: Told::default() };
        (control.state.forms, control.state.bits) = (forms, bits);
        control.state.put_all();
        let before = Descent { state: start.clone(), seen, told: Told::default() }.loss();
        let predicted = control.predicted(&start);
        control.settle(before, predicted, f64::INFINITY);
        descent = control;
    }
    Ok(descent)
}

fn edited(state: &State, told: &Told, standings: Option<[Standing; 2]>) -> Edited {
    let kernel_forms = state.units.iter().zip(&state.forms).flat_map(|(unit, form)| {
        let each = state.banks[unit.bank].size.count();
        let first = unit.first;
        let of = move |kernel: usize| first + kernel * each..first + (kernel + 1) * each;
        (0..unit.kernels).map(move |kernel| KernelForm { range: of(kernel), form: form.name() })
    });
    Edited {
        weights: state.weights.clone(),
        notes: report::notes(state, told),
        values: report::values(state, told, standings),
        forms: kernel_forms.collect(),
        ..Edited::default()
    }
}

/// Returns what training does with each layer that changed, by the index of its parameter.
fn handling(state: &State, then: Then) -> Vec<(usize, Handling)> {
    let of_bank = |(place, bank): (usize, &Bank)| {
        let units = || state.units.iter().zip(&state.forms).filter(|(unit, _)| unit.bank == place);
        if units().all(|(_, form)| form.is_free()) {
            return None;
        }
        let masked = |form: &Form| matches!(form, Form::Masked(_));
        let handling = match then {
            Then::Free => return None,
            Then::Keep if units().any(|(_, form)| masked(form)) => {
                let each = bank.size.count();
                let flags = units().flat_map(|(_, form)| match form {
                    Form::Masked(mask) => mask.to_vec(),
                    _ => vec![true; each],
                });
                Handling { mask: Some(flags.collect()), ..Handling::default() }
            }
            // The weights of a codebook are one piece, which is the whole layer.
            Then::Keep if units().any(|(_, form)| form.is_codebook()) => {
                let numbers = &state.weights[bank.range()];
                Handling::of_pieces([Piece::Shared(Groups::of(numbers))])
            }
            Then::Keep | Then::Freeze => Handling::of_pieces(units().flat_map(|(unit, form)| {
                let piece = match (then, form) {
                    (_, Form::Free) => Piece::Free,
                    (Then::Keep, form) => form.kept(bank.size).unwrap_or(Piece::Frozen),
                    _ => Piece::Frozen,
                };
                vec![piece; unit.kernels]
            })),
        };
        Some((bank.parameter, handling))
    };
    state.banks.iter().enumerate().filter_map(of_bank).collect()
}

fn check_finite(name: &str, numbers: &[f32]) -> Result<(), EditError> {
    match numbers.iter().find(|number| !number.is_finite()) {
        None => Ok(()),
        Some(came) => {
            Err(EditError::NotFinite { parameter: name.to_owned(), came: came.to_string() })
        }
    }
}
