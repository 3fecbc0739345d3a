//! A model some of whose kernels have simpler forms.

use convscope_probe::Grid;

use super::bank::{Bank, Unit, wide};
use super::form::Form;
use super::ladder::Step;

/// The numbers of a model on their way to simpler forms.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    pub(crate) banks: Vec<Bank>,
    pub(crate) units: Vec<Unit>,
    /// The numbers before they are brought to forms and grids.
    pub(crate) exact: Vec<f32>,
    /// The numbers as a file would hold them.
    pub(crate) weights: Vec<f32>,
    pub(crate) forms: Vec<Form>,
    /// The bits of each unit.
    pub(crate) bits: Vec<f64>,
    /// The bits of each unit when it is free.
    free: Vec<f64>,
    pub(crate) grids: Vec<Grid>,
    precision: u32,
}

impl State {
    /// Starts with every unit free, its numbers on the grid; `free_bits` are those of a unit.
    pub(crate) fn new(
        banks: Vec<Bank>,
        units: Vec<Unit>,
        weights: Vec<f32>,
        precision: u32,
        free_bits: impl Fn(&Unit) -> f64,
    ) -> Self {
        let free: Vec<f64> = units.iter().map(free_bits).collect();
        let grids = banks.iter().map(|bank| bank.grid(&weights, precision)).collect();
        let forms = vec![Form::Free; units.len()];
        let exact = weights.clone();
        let bits = free.clone();
        let mut state = Self { banks, units, exact, weights, forms, bits, free, grids, precision };
        (0..state.units.len()).for_each(|unit| state.put(unit));
        state
    }

    pub(crate) fn precision(&self) -> u32 {
        self.precision
    }

    pub(crate) fn range(&self, unit: usize) -> std::ops::Range<usize> {
        let own = self.units[unit];
        own.first..own.first + own.kernels * self.bank(unit).size.count()
    }

    pub(crate) fn bank(&self, unit: usize) -> &Bank {
        &self.banks[self.units[unit].bank]
    }

    pub(crate) fn grid(&self, unit: usize) -> Grid {
        self.grids[self.units[unit].bank]
    }

    /// Returns what a unit's numbers would be in a form.
    pub(crate) fn in_form(&self, unit: usize, form: &Form) -> Vec<f64> {
        form.nearest(&wide(&self.exact[self.range(unit)]), self.bank(unit).size, self.grid(unit))
    }

    /// Takes up some steps, in order; returns what takes them back.
    pub(crate) fn take(&mut self, steps: &[Step]) -> Vec<(usize, Form, f64)> {
        let mut before = Vec::with_capacity(steps.len());
        for step in steps {
            let form = std::mem::replace(&mut self.forms[step.unit], step.form.clone());
            before.push((step.unit, form, self.bits[step.unit]));
            self.bits[step.unit] = step.bits;
            self.put(step.unit);
        }
        before
    }

    pub(crate) fn take_back(&mut self, before: Vec<(usize, Form, f64)>) {
        for (unit, form, bits) in before.into_iter().rev() {
            (self.forms[unit], self.bits[unit]) = (form, bits);
            self.put(unit);
        }
    }

    /// Brings all numbers to their grids and forms again, after others were put in the place of the exact ones.
    pub(crate) fn put_all(&mut self) {
        let free = self.exact.clone();
        self.weights.clone_from(&free);
        self.grids = self.banks.iter().map(|bank| bank.grid(&self.exact, self.precision)).collect();
        (0..self.units.len()).for_each(|unit| self.put(unit));
    }

    /// Takes up numbers that training made of these and brings them to grids and forms again.
    ///
    /// A bank none of whose numbers changed stays as it is. In others the grid is that of the new numbers, and a
    /// unit that has left its form is free.
    pub(crate) fn take_up(&mut self, trained: Vec<f32>) {
        let same = |range: std::ops::Range<usize>| {
            let (old, new) = (&self.weights[range.clone()], &trained[range]);
            old.iter().zip(new).all(|(old, new)| old.to_bits() == new.to_bits())
        };
        let kept: Vec<bool> = self.banks.iter().map(|bank| same(bank.range())).collect();
        for bank in (0..self.banks.len()).filter(|bank| !kept[*bank]) {
            self.grids[bank] = self.banks[bank].grid(&trained, self.precision);
        }
        for unit in 0..self.units.len() {
            let (range, form) = (self.range(unit), &self.forms[unit]);
            let numbers = wide(&trained[range.clone()]);
            let (stayed, renewed) = (same(range), form.renewed(&numbers, self.grid(unit)));
            // On another grid levels may become fewer, never more than were counted.
            if let Some(renewed) = renewed.filter(|_| !stayed) {
                self.forms[unit] = renewed;
            } else if !(stayed || form.holds(&numbers, self.bank(unit).size)) {
                (self.forms[unit], self.bits[unit]) = (Form::Free, self.free[unit]);
            } else if let Form::Given { filter, .. } = form {
                self.forms[unit] = Form::Given { filter, numbers: numbers.into() };
            }
        }
        self.exact.clone_from(&trained);
        self.weights = trained;
        let changed = (0..self.units.len()).filter(|unit| !kept[self.units[*unit].bank]);
        changed.collect::<Vec<_>>().into_iter().for_each(|unit| self.put(unit));
    }

    pub(crate) fn total_bits(&self) -> f64 {
        self.bits.iter().sum()
    }

    /// Returns the bits of a bank's units.
    pub(crate) fn bits_of(&self, bank: usize) -> f64 {
        let own = self.units.iter().zip(&self.bits).filter(|(unit, _)| unit.bank == bank);
        own.map(|(_, bits)| bits).sum()
    }

    /// Returns how many bits all kernels would take if nothing were known of them.
    pub(crate) fn free_bits(&self) -> f64 {
        let of = |bank: &Bank| bank.kernels as f64 * bank.free_bits(self.precision);
        self.banks.iter().map(of).sum()
    }

    fn put(&mut self, unit: usize) {
        let numbers = self.in_form(unit, &self.forms[unit]);
        let range = self.range(unit);
        for (weight, number) in self.weights[range].iter_mut().zip(numbers) {
            *weight = number as f32;
        }
    }
}
