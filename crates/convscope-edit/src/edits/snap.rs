//! Kernels brought to the structures that they nearly have.

use std::collections::BTreeMap;

use convscope_core::registry::{self, Entry, SettingError};
use convscope_core::{Seed, Subspace};
use convscope_probe::{Catalogue, Description, Grid, Size};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::simplify::{
    Bank, EXACT, Form, Method, Offer, Offers, Shared, Simplification, State, Target,
    simplification, simplify_alone,
};
use super::{Checked, Edit, EditError, Edited, entry};

pub(super) const ENTRY: Entry<dyn Edit> = entry::<Snap>(
    "snap",
    "kernels replaced by the nearest ideal ones, with the structure that they nearly have",
    "group averages as in Hu et al. 2019, SymNet, arXiv:1906.04252; order by LeCun et al. 1990, Optimal brain damage",
);

/// How the structure of a kernel is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Choose {
    /// The one with the shortest code of the kernel, residual included; where the target is `bits`, after it
    /// shorter ones as long as they are needed.
    CodeLength,
    /// Any, whichever step is predicted to cost least of the loss for each bit.
    LeastLoss,
}

/// Where kernels are snapped to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Into {
    /// The catalogue of structures.
    Catalogue,
    /// A control: for each kernel that snaps into a structure, a random subspace of as many dimensions, the
    /// nearest of as many draws as the catalogue has structures of them. A budget is not kept.
    RandomSubspaces,
}

/// Which kernels are snapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Order {
    /// Those whose steps are predicted to cost least of the loss for each bit.
    PredictedLoss,
    /// A control: the structures that the kernels of a layer would get, dealt to its kernels by chance. As
    /// many kernels take as many bits; a budget is not kept.
    Random,
}

simplification! {
    /// Kernels replaced by the nearest ideal ones, with the structure that they nearly have.
    ///
    /// Without a target every kernel takes the structure that is chosen for it, if that is not the free one.
    struct Snap {
        /// How the structure of a kernel is chosen.
        choose: Choose = Choose::CodeLength,
        /// Chooses the structure of fewest numbers whose ideal kernel leaves at most this share of the kernel's
        /// sum of squares, in the place of `choose`.
        tolerance: Option<f64> = None,
        /// Where kernels are snapped to.
        into: Into = Into::Catalogue,
        /// Which kernels are snapped.
        order: Order = Order::PredictedLoss,
    }
}

impl Simplification for Snap {
    fn method(&self) -> impl Method {
        Snapping::new(self)
    }

    fn check_own(&self) -> Result<(), SettingError> {
        if let Some(tolerance) = self.tolerance.filter(|share| !(0.0..1.0).contains(share)) {
            let message =
                format!("a share of the sum of squares lies from 0 to below 1, not at {tolerance}");
            return Err(SettingError::at("tolerance", message));
        }
        let any = self.choose == Choose::LeastLoss && self.tolerance.is_none();
        if any && self.common().target() == Target::Choice {
            let message = "by the least loss every kernel would end as one number: name a target, `bits` or \
                           `budget`";
            return Err(SettingError::at("choose", message));
        }
        Ok(())
    }

    fn words(&self) -> String {
        let how = match (self.tolerance, self.choose) {
            (Some(tolerance), _) => format!("within {tolerance}"),
            (None, Choose::CodeLength) => "by code length".into(),
            (None, Choose::LeastLoss) => "by least loss".into(),
        };
        let into = match self.into {
            Into::Catalogue => "structures",
            Into::RandomSubspaces => "random subspaces",
        };
        let dealt = if self.order == Order::Random { " dealt by chance" } else { "" };
        format!("snap kernels to {into}{dealt} {how}")
    }
}

/// Kernels of one layer without a net.
#[derive(Debug, Clone, PartialEq)]
pub struct Kernels {
    /// The layer's name.
    pub name: String,
    /// Rows and columns of a kernel.
    pub sides: [usize; 2],
    /// The numbers of all kernels, one after another.
    pub numbers: Vec<f32>,
}

/// Snaps kernels of which no net is known, by code length or within a tolerance.
///
/// Settings are those of the edit `snap` that ask for no images. The weights of the result are the numbers of
/// all layers, one after another.
///
/// ```
/// use convscope_edit::{Kernels, snap_alone};
/// use serde_json::json;
///
/// // A mirrored kernel with a little noise.
/// let numbers = vec![1.0, 2.0, 1.0, 0.0, 3.0, 0.01, 1.0, 2.0, 1.0];
/// let kernels = Kernels { name: "mine".into(), sides: [3, 3], numbers };
/// let snapped = snap_alone(json!({ "tolerance": 0.01, "precision": 32 }), &[kernels]).unwrap();
/// assert_eq!(snapped.forms[0].form, "mirror-both");
/// assert!((snapped.weights[3] - 0.005).abs() < 1e-6);
/// ```
///
/// # Errors
/// A [`SettingError`] for settings that do not fit, among them those that ask for images; within, an
/// [`EditError`] for numbers that are not finite.
///
/// # Panics
/// When the numbers of a layer are no whole kernels: a caller's bug.
pub fn snap_alone(settings: Value, layers: &[Kernels]) -> Result<Edited, SnapError> {
    let settings: Snap = registry::read(settings)?;
    settings.check()?;
    if settings.calibrate.is_some() || !matches!(settings.common().target(), Target::Choice) {
        let message = "without a net there is no loss: kernels are snapped by code length, or within a \
                       `tolerance`";
        return Err(SettingError::at("calibrate", message).into());
    }
    let (mut banks, mut numbers) = (Vec::new(), Vec::new());
    for (place, Kernels { name, sides: [rows, columns], numbers: own }) in layers.iter().enumerate()
    {
        let count = own.len() / (rows * columns);
        assert_eq!(count * rows * columns, own.len(), "caller's bug: whole kernels");
        banks.push(Bank::new(name.clone(), place, numbers.len(), [count, *rows, *columns]));
        numbers.extend(own);
    }
    Ok(simplify_alone(&Snapping::new(&settings), settings.common(), &banks, numbers)?)
}

/// Kernels that cannot be snapped.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SnapError {
    /// Settings do not fit.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The numbers do not.
    #[error(transparent)]
    Edit(#[from] EditError),
}

/// The settings, and the structures of each size.
struct Snapping<'a> {
    settings: &'a Snap,
    catalogues: std::cell::RefCell<BTreeMap<Size, std::rc::Rc<Catalogue>>>,
}

impl<'a> Snapping<'a> {
    fn new(settings: &'a Snap) -> Self {
        Self { settings, catalogues: std::cell::RefCell::default() }
    }

    fn catalogue(&self, size: Size) -> std::rc::Rc<Catalogue> {
        let mut known = self.catalogues.borrow_mut();
        known.entry(size).or_insert_with(|| Catalogue::new(size).into()).clone()
    }

    /// Returns the place of the description that is chosen for a kernel.
    fn choice(&self, all: &[Description]) -> usize {
        let places = 0..all.len();
        let Some(tolerance) = self.settings.tolerance else {
            let shorter = |best: usize, next: usize| {
                if all[next].code_length < all[best].code_length { next } else { best }
            };
            return places.reduce(shorter).expect("the free kernel is always a member");
        };
        // The free kernel leaves nothing.
        let near = places.filter(|place| 1.0 - all[*place].energy <= tolerance);
        let better = |best: usize, next: usize| {
            let (a, b) = (&all[best], &all[next]);
            let nearer = b.dimension == a.dimension && b.energy > a.energy;
            if b.dimension < a.dimension || nearer { next } else { best }
        };
        near.reduce(better).expect("the free kernel is near itself")
    }
}

impl Method for Snapping<'_> {
    fn free_bits(&self, bank: &Bank, precision: u32) -> f64 {
        bank.free_bits(precision)
    }

    fn offers(&self, state: &State, unit: usize) -> Offers {
        let bank = state.bank(unit);
        let catalogue = self.catalogue(bank.size);
        let kernel = super::simplify::wide(&state.exact[state.range(unit)]);
        // Numbers that are not rounded are told apart to 8 bits when structures are chosen.
        let grid = state.grid(unit);
        let grid = if grid.precision == EXACT {
            Grid::of(&super::simplify::wide(&state.exact[bank.range()]), 8)
        } else {
            grid
        };
        let all = catalogue.descriptions(&kernel, grid);
        let offer = |description: &Description| -> Option<Offer> {
            let structure = description.structure;
            let numbers = description.dimension as f64 * f64::from(state.precision());
            let form = if structure.is_free() {
                return None;
            } else if structure.is_separable() {
                Form::Rank { structure: Some(structure.id), rank: 1 }
            } else {
                let subspace = catalogue.subspace(structure.id)?.clone();
                Form::Within { structure: structure.id, subspace }
            };
            Some(Offer { form, bits: bank.name_bits + numbers })
        };
        let chosen = state.forms[unit].is_free().then(|| offer(&all[self.choice(&all)])).flatten();
        let any = self.settings.choose == Choose::LeastLoss && self.settings.tolerance.is_none();
        let chosen = chosen.filter(|_| !any);
        let goes_on = any || matches!(self.settings.common().target(), Target::Bits(_));
        let further = if goes_on { all.iter().filter_map(offer).collect() } else { Vec::new() };
        Offers { chosen, further, keys: None }
    }

    fn control(&self, state: &State, start: &State, seed: Seed) -> Option<(Vec<Form>, Vec<f64>)> {
        let Snap { into, order, .. } = self.settings;
        if (*into, *order) == (Into::Catalogue, Order::PredictedLoss) {
            return None;
        }
        let (mut forms, mut bits) = (state.forms.clone(), state.bits.clone());
        if *order == Order::Random {
            (forms, bits) = dealt(state, seed.child("order"));
        }
        if *into == Into::RandomSubspaces {
            for (unit, form) in forms.iter_mut().enumerate() {
                let seed = seed.child("subspace").nth(unit as u64);
                *form = self.redrawn(start, unit, form, seed);
            }
        }
        Some((forms, bits))
    }
}

impl Snapping<'_> {
    /// Returns a random subspace in the place of a structure.
    fn redrawn(&self, state: &State, unit: usize, form: &Form, seed: Seed) -> Form {
        let size = state.bank(unit).size;
        let dimension = match form {
            Form::Within { subspace, .. } => subspace.dimension(),
            Form::Rank { .. } => size.rows + size.columns - 1,
            _ => return form.clone(),
        };
        let catalogue = self.catalogue(size);
        let draws = catalogue.structures().filter(|(_, own)| *own == dimension).count();
        let kernel = super::simplify::wide(&state.exact[state.range(unit)]);
        let drawn = (0..draws.max(1)).map(|draw| {
            let subspace = random_subspace(size.count(), dimension, seed.nth(draw as u64));
            (subspace.energy(&kernel).unwrap_or(1.0), subspace)
        });
        let nearest = drawn.reduce(|best, next| if next.0 > best.0 { next } else { best });
        let (_, subspace) = nearest.expect("there is at least one draw");
        Form::Within { structure: "random-subspace", subspace }
    }
}

fn random_subspace(width: usize, dimension: usize, seed: Seed) -> Subspace {
    let mut stream = seed.stream();
    let vectors: Vec<Vec<f64>> =
        (0..dimension).map(|_| (0..width).map(|_| stream.normal()).collect()).collect();
    Subspace::spanned_by(width, &vectors)
}

/// Deals the forms of a layer's kernels to them by chance.
fn dealt(state: &State, seed: Seed) -> (Vec<Form>, Vec<f64>) {
    let mut order: Vec<usize> = (0..state.units.len()).collect();
    let mut first = 0;
    for (layer, own) in state.units.chunk_by(|a, b| a.bank == b.bank).enumerate() {
        seed.nth(layer as u64).stream().shuffle(&mut order[first..first + own.len()]);
        first += own.len();
    }
    let forms = order.iter().map(|unit| state.forms[*unit].clone()).collect();
    (forms, order.iter().map(|unit| state.bits[*unit]).collect())
}
