//! Tensors by name, and what a net takes of them.

use std::collections::BTreeMap;

use convscope_core::registry::nearest;

use super::error::{Misfit, Misshaped, Missing, WeightsError};
use super::tensor::Tensor;
use crate::Net;

/// The tensors of a file by their names.
#[derive(Debug, Clone)]
pub struct StateDict<'a> {
    tensors: BTreeMap<String, Tensor<'a>>,
    notes: Vec<String>,
    length: u64,
}

/// A model's numbers from a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The numbers, in the order of [`Net::tensors`].
    pub weights: Vec<f32>,
    /// What was done to the file's tensors on the way, one sentence each.
    pub notes: Vec<String>,
}

/// The type that numbers are read into.
const READ_INTO: &str = "F32";

/// What programs put before every name of a model that they wrap.
const WRAPPERS: [&str; 2] = ["module.", "_orig_mod."];

/// What `PyTorch` keeps beside running statistics; nothing is computed from it.
const COUNTER: &str = "num_batches_tracked";

impl<'a> StateDict<'a> {
    pub(super) fn new(
        tensors: BTreeMap<String, Tensor<'a>>,
        notes: Vec<String>,
        length: u64,
    ) -> Self {
        Self { tensors, notes, length }
    }

    /// Returns how many bytes the file has, with those beside it that hold some of its numbers.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Returns the names of the tensors, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Returns a tensor.
    pub fn tensor(&self, name: &str) -> Option<&Tensor<'a>> {
        self.tensors.get(name)
    }

    /// Returns the tensors by their names without what wrappers put before every one of them, and that.
    pub fn unwrapped(&self) -> (String, BTreeMap<&str, &Tensor<'a>>) {
        let mut prefix = String::new();
        while let Some(next) = WRAPPERS.iter().find(|wrapper| {
            let longer = format!("{prefix}{wrapper}");
            !self.tensors.is_empty() && self.names().all(|name| name.starts_with(&longer))
        }) {
            prefix.push_str(next);
        }
        let bare = self.tensors.iter().map(|(name, tensor)| (&name[prefix.len()..], tensor));
        let bare = bare.collect();
        (prefix, bare)
    }

    /// Returns how the tensors were found, where that is not plain to see.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Takes the numbers of a model of a net.
    ///
    /// `module.` and `_orig_mod.`, which wrappers put before every name, are left out when the
    /// net's own names do not begin so; `num_batches_tracked` is passed over.
    ///
    /// # Errors
    /// [`WeightsError::Misfit`] with every tensor that is missing, extra or of other dimensions;
    /// then [`WeightsError::Numbers`] or [`WeightsError::NotFinite`] naming the first tensor that
    /// holds other than finite floats; [`WeightsError::File`] from the file system.
    pub fn weights(&self, net: &Net) -> Result<Loaded, WeightsError> {
        let (mut notes, prefix) = (self.notes.clone(), self.wrapper(net));
        if !prefix.is_empty() {
            notes.push(format!("`{prefix}` stood before every name and was left out"));
        }
        let own = |name: &str| self.tensors.get(&format!("{prefix}{name}"));
        let misfit = self.misfit(net, &prefix);
        if !misfit.is_empty() {
            return Err(WeightsError::Misfit(misfit.into()));
        }
        let mut weights = Vec::with_capacity(net.number_count());
        let mut converted: BTreeMap<&str, usize> = BTreeMap::new();
        for parameter in net.tensors() {
            let name = || parameter.name.clone();
            let Some(tensor) = own(&parameter.name) else { continue };
            let numbers = tensor.numbers()?.ok_or_else(|| {
                let came = tensor.kind().to_owned();
                WeightsError::Numbers { name: name(), came }
            })?;
            if let Some(index) = numbers.iter().position(|number| !number.is_finite()) {
                return Err(WeightsError::NotFinite { name: name(), index, came: numbers[index] });
            }
            if tensor.kind() != READ_INTO {
                *converted.entry(tensor.kind()).or_default() += 1;
            }
            weights.extend(numbers);
        }
        let count = net.tensors().count();
        notes.extend(converted.into_iter().map(|(kind, of_kind)| {
            format!("{of_kind} of {count} tensors were {kind} and were read as {READ_INTO}")
        }));
        Ok(Loaded { weights, notes })
    }

    /// Returns what stands before every name and before none of the net's.
    fn wrapper(&self, net: &Net) -> String {
        let mut prefix = String::new();
        while let Some(next) = WRAPPERS.iter().find(|wrapper| {
            let longer = format!("{prefix}{wrapper}");
            !self.tensors.is_empty()
                && self.names().all(|name| name.starts_with(&longer))
                && !net.tensors().any(|tensor| tensor.name.starts_with(*wrapper))
        }) {
            prefix.push_str(next);
        }
        prefix
    }

    fn misfit(&self, net: &Net, prefix: &str) -> Misfit {
        let wanted: BTreeMap<&str, &[usize]> =
            net.tensors().map(|own| (own.name.as_str(), own.dimensions.as_slice())).collect();
        let mut misfit = Misfit::default();
        for (name, tensor) in &self.tensors {
            let name = &name[prefix.len()..];
            let counts = name.rsplit('.').next() == Some(COUNTER);
            if !counts && !wanted.contains_key(name) {
                misfit.extra.push((name.to_owned(), tensor.dimensions().to_vec()));
            }
        }
        for own in net.tensors() {
            let (name, wanted) = (own.name.clone(), own.dimensions.clone());
            match self.tensors.get(&format!("{prefix}{name}")) {
                None => {
                    let named = misfit.missing.len() < Misfit::NAMED;
                    let nearest = if named { nearest_of(&name, &misfit.extra) } else { None };
                    misfit.missing.push(Missing { name, wanted, nearest });
                }
                Some(tensor) if tensor.dimensions() != wanted => {
                    let came = tensor.dimensions().to_vec();
                    misfit.misshaped.push(Misshaped { name, wanted, came });
                }
                Some(_) => {}
            }
        }
        misfit
    }
}

/// Looks among names of a sensible length, as many as can be looked through at once.
fn nearest_of(name: &str, extra: &[(String, Vec<usize>)]) -> Option<String> {
    let sensible = extra.iter().map(|(name, _)| name.as_str()).filter(|name| name.len() < 128);
    nearest(name, sensible.take(1000))
}
