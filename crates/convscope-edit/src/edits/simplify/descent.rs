//! Steps to simpler forms, the cheapest first, down to a target.

use std::collections::BTreeMap;

use convscope_model::Net;

use super::ladder::{Offers, Step, ladder, ordered};
use super::report::{Round, Told};
use super::state::State;
use super::{Method, Target};
use crate::calibration::{Calibration, Curvature};
use crate::edits::EditError;
use crate::edits::simplify::refit::refit;

/// Steps that break the budget, each alone, after which no more are tried.
const REFUSALS: usize = 8;

/// The model that is brought to simpler forms, and what shows the loss.
pub(crate) struct Descent<'a> {
    pub(crate) state: State,
    pub(crate) seen: Option<Seen<'a>>,
    pub(crate) told: Told,
}

/// A net with images on which its loss is measured.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) net: &'a Net,
    pub(crate) calibration: Calibration<'a>,
    /// The model before the edit.
    pub(crate) before: &'a [f32],
    /// Whether the next layers are fitted anew.
    pub(crate) refit: bool,
}

impl Descent<'_> {
    /// Takes steps in rounds until the target is reached.
    pub(crate) fn go(
        &mut self,
        method: &dyn Method,
        target: Target,
        rounds: u32,
    ) -> Result<(), EditError> {
        let first = self.state.total_bits();
        let limit = self.limit(target)?;
        for round in 1..=rounds {
            let share = f64::from(round) / f64::from(rounds);
            let prices = self.prices(&self.state.weights);
            let steps = self.steps(method, &prices);
            let least_steps = (self.state.units.len() as f64 * share).ceil() as usize;
            let before = self.loss();
            let predicted = match target {
                Target::Bits(_) => {
                    let goal = first - share * (first - self.goal(target));
                    let last = (round == rounds).then_some(target);
                    self.until(goal, &steps, method, &prices, last)?
                }
                Target::Budget(_) => {
                    let room = least_steps.saturating_sub(self.snapped());
                    let count = if round == rounds { steps.len() } else { room.min(steps.len()) };
                    self.within(limit, &steps[..count])
                }
                Target::Choice => {
                    let room = least_steps.saturating_sub(self.snapped());
                    let count = if round == rounds { steps.len() } else { room.min(steps.len()) };
                    self.state.take(&steps[..count]);
                    total(&steps[..count])
                }
            };
            self.settle(before, predicted, limit);
        }
        Ok(())
    }

    /// Returns the change of the loss that is predicted for the forms that the units have now, from the free
    /// kernels on their grids.
    pub(crate) fn predicted(&self, from: &State) -> f64 {
        let prices = self.prices(&from.weights);
        let change = |range: std::ops::Range<usize>| -> f64 {
            let new = &self.state.weights[range.clone()];
            prices.change(range.clone(), &from.weights[range], new.iter().map(|w| f64::from(*w)))
        };
        (0..self.state.units.len()).map(|unit| change(self.state.range(unit))).sum()
    }

    /// Refreshes statistics, unless that breaks the limit, and fits next layers anew, if the loss is no higher
    /// for it.
    pub(crate) fn settle(&mut self, before: f64, predicted: f64, limit: f64) {
        let Some(seen) = self.seen else { return };
        let snapped = self.loss();
        let refreshed = if self.refresh(seen, limit) { self.loss() } else { snapped };
        let (mut refitted, mut ridges) = (refreshed, 0);
        if seen.refit {
            let kept =
                (self.state.exact.clone(), self.state.weights.clone(), self.state.grids.clone());
            ridges = refit(&mut self.state, seen);
            self.refresh(seen, limit);
            refitted = self.loss();
            if refitted > refreshed || !refitted.is_finite() {
                (self.state.exact, self.state.weights, self.state.grids) = kept;
                (refitted, ridges) = (refreshed, 0);
            }
        }
        self.told.rounds.push(Round { before, predicted, snapped, refreshed, refitted, ridges });
    }

    /// Returns whether there are statistics that could change.
    fn refresh(&mut self, seen: Seen<'_>, limit: f64) -> bool {
        if seen.net.statistics().is_empty() {
            return false;
        }
        let trained = seen.net.parameter_count();
        let kept = self.state.weights[trained..].to_vec();
        seen.calibration.refresh(seen.net, &mut self.state.weights);
        if self.loss() > limit {
            self.state.weights[trained..].copy_from_slice(&kept);
        }
        self.state.exact[trained..].copy_from_slice(&self.state.weights[trained..]);
        true
    }

    /// Returns the loss on the calibration images; 0 without.
    pub(crate) fn loss(&self) -> f64 {
        let standing =
            self.seen.map(|seen| seen.calibration.standing(seen.net, &self.state.weights));
        standing.map_or(0.0, |standing| standing.loss)
    }

    /// Returns the highest loss that a budget allows.
    fn limit(&self, target: Target) -> Result<f64, EditError> {
        let (Target::Budget(budget), Some(seen)) = (target, self.seen) else {
            return Ok(f64::INFINITY);
        };
        let before = seen.calibration.standing(seen.net, seen.before).loss;
        let rounded = self.loss();
        if rounded > before + budget {
            let (precision, rise) = (self.state.precision(), rounded - before);
            return Err(EditError::Budget {
                budget: budget.to_string(),
                precision,
                rise: format!("{rise:.4}"),
            });
        }
        Ok(before + budget)
    }

    fn goal(&self, target: Target) -> f64 {
        match target {
            Target::Bits(share) => share * self.state.free_bits(),
            _ => 0.0,
        }
    }

    fn snapped(&self) -> usize {
        self.state.forms.iter().filter(|form| !form.is_free()).count()
    }

    /// Prices what the method offers, and puts it in order.
    fn steps(&self, method: &dyn Method, prices: &Prices) -> Vec<Step> {
        let state = &self.state;
        let ladder_of = |unit: usize| {
            let offers: Offers = method.offers(state, unit);
            ladder(unit, state.bits[unit], offers, |form| {
                let range = state.range(unit);
                let now = &state.weights[range.clone()];
                prices.change(range, now, state.in_form(unit, form))
            })
        };
        ordered((0..state.units.len()).map(ladder_of).collect())
    }

    /// Returns what changes of some weights are predicted to cost.
    fn prices(&self, weights: &[f32]) -> Prices {
        let Some(Seen { net, calibration, .. }) = self.seen else { return Prices(None) };
        let mut kernels: Vec<_> = self.state.banks.iter().flat_map(super::Bank::places).collect();
        kernels.sort_by_key(|kernel| kernel.start);
        Prices(Some(calibration.curvature(net, weights, kernels)))
    }

    /// Takes steps until so few bits are left; returns the predicted change.
    fn until(
        &mut self,
        goal: f64,
        steps: &[Step],
        method: &dyn Method,
        prices: &Prices,
        last: Option<Target>,
    ) -> Result<f64, EditError> {
        // Sums of bits that are equal in writing may differ in the last digits.
        let goal = goal * (1.0 + 1e-12);
        let start = self.state.weights.clone();
        let (mut bits, mut of_unit) = (self.state.total_bits(), self.state.bits.clone());
        let mut count = 0;
        while bits > goal && count < steps.len() {
            let step = &steps[count];
            let after = bits + step.bits - of_unit[step.unit];
            if after <= goal {
                break;
            }
            bits = after;
            of_unit[step.unit] = step.bits;
            count += 1;
        }
        let mut taken = steps[..count].to_vec();
        self.state.take(&taken);
        if bits > goal {
            let next = steps.get(count).cloned();
            let step = if method.in_order() {
                next
            } else {
                self.last_step(method, prices, &start, bits - goal).or(next)
            };
            if let Some(step) = step {
                bits += step.bits - of_unit[step.unit];
                self.state.take(std::slice::from_ref(&step));
                taken.push(step);
            }
        }
        if let (Some(Target::Bits(share)), true) = (last, bits > goal) {
            let least = bits / self.state.free_bits();
            return Err(EditError::Bits {
                wanted: share.to_string(),
                least: format!("{least:.4}"),
            });
        }
        Ok(total(&taken))
    }

    /// Returns the step that saves enough and is predicted to cost least, of all that any unit could take: no
    /// more bits are saved than were asked for, as far as forms allow.
    fn last_step(
        &self,
        method: &dyn Method,
        prices: &Prices,
        start: &[f32],
        wanted: f64,
    ) -> Option<Step> {
        let state = &self.state;
        let mut best: Option<Step> = None;
        for unit in 0..state.units.len() {
            let range = state.range(unit);
            let price =
                |numbers: Vec<f64>| prices.change(range.clone(), &start[range.clone()], numbers);
            let here = price(state.in_form(unit, &state.forms[unit]));
            let Offers { chosen, further, .. } = method.offers(state, unit);
            for offer in chosen.into_iter().chain(further) {
                if state.bits[unit] - offer.bits < wanted {
                    continue;
                }
                let predicted = price(state.in_form(unit, &offer.form));
                let key = predicted - here;
                if best.as_ref().is_none_or(|best| key < best.key) {
                    let (form, bits) = (offer.form, offer.bits);
                    best = Some(Step { unit, form, bits, predicted, key });
                }
            }
        }
        best
    }

    /// Takes as many steps as the limit allows: all at once, or else their halves, one after the other.
    fn within(&mut self, limit: f64, steps: &[Step]) -> f64 {
        let mut refused = vec![false; self.state.units.len()];
        let (mut refusals, mut taken) = (0, Vec::new());
        let mut waiting = Vec::new();
        waiting.push(0..steps.len());
        while let Some(range) = waiting.pop() {
            // What follows in a ladder is not taken without what was refused before it.
            let batch: Vec<Step> =
                steps[range.clone()].iter().filter(|step| !refused[step.unit]).cloned().collect();
            if batch.is_empty() {
                continue;
            }
            let before = self.state.take(&batch);
            if self.loss() <= limit {
                taken.extend(batch);
                continue;
            }
            self.state.take_back(before);
            if batch.len() > 1 {
                let middle = range.start.midpoint(range.end);
                waiting.extend([middle..range.end, range.start..middle]);
                continue;
            }
            refused[batch[0].unit] = true;
            refusals += 1;
            if refusals == REFUSALS {
                break;
            }
        }
        self.told.refusals += refusals;
        total(&taken)
    }
}

/// What a change of weights is predicted to cost; without images the sum of its squares.
struct Prices(Option<Curvature>);

impl Prices {
    fn change(
        &self,
        range: std::ops::Range<usize>,
        now: &[f32],
        new: impl IntoIterator<Item = f64>,
    ) -> f64 {
        let steps = now.iter().zip(new).map(|(now, new)| new - f64::from(*now));
        match &self.0 {
            None => steps.map(|step| step * step).sum(),
            Some(curvature) => curvature.change(range.start, &steps.collect::<Vec<_>>()),
        }
    }
}

/// Adds up what some steps change; of several of a unit the last counts.
fn total(steps: &[Step]) -> f64 {
    let mut last = BTreeMap::new();
    for step in steps {
        last.insert(step.unit, step.predicted);
    }
    last.values().sum()
}
