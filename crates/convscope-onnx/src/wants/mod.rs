//! How much memory a node is about to want, from the sizes of what it is given.
//!
//! A model says of few values how large they will be, and a small file may ask for any size. So each
//! node is looked at when its inputs are there: their dimensions, and the numbers of those that name
//! sizes, bound what it makes. Bounds are of 32-bit numbers, and never below what is made.

mod products;
mod rules;
mod windows;

use crate::graph::{Attribute, Node};

/// A node and what it is given.
pub(crate) struct Call<'n> {
    pub(crate) node: &'n Node,
    pub(crate) given: Vec<Option<Given>>,
    /// How many numbers the largest of all values has that a graph within the node could read.
    pub(crate) largest_known: u128,
}

/// A value that a node is given.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    pub(crate) dimensions: Vec<usize>,
    /// How many numbers it has: of a sequence, all of its tensors.
    pub(crate) count: u128,
    /// Its numbers, if they are few.
    pub(crate) numbers: Option<Vec<f64>>,
}

/// How many numbers a value may have whose numbers are looked at: sizes are few.
pub(crate) const FEW: usize = 64;

/// A bound of the numbers that a node makes and works with; `None` if it cannot be told.
type Rule = fn(&Call<'_>) -> Option<u128>;

/// Returns a bound of the numbers that a node makes and works with.
///
/// # Errors
/// That it cannot be told, in words.
pub(crate) fn numbers(call: &Call<'_>) -> Result<u128, String> {
    let op = call.node.op.as_str();
    let rule = rules::RULES.iter().find(|(ops, _)| lists(ops, op));
    let (_, rule) = rule.ok_or_else(|| {
        format!("how much memory the operator `{op}` wants is not known, so that it is not run")
    })?;
    rule(call).ok_or_else(|| {
        format!("how much memory this `{op}` wants cannot be told from its inputs and settings")
    })
}

impl<'n> Call<'n> {
    fn given(&self, place: usize) -> Option<&Given> {
        self.given.get(place)?.as_ref()
    }

    fn dimensions(&self, place: usize) -> Option<&[usize]> {
        self.given(place).map(|given| given.dimensions.as_slice())
    }

    fn count(&self, place: usize) -> u128 {
        self.given(place).map_or(0, |given| given.count)
    }

    /// Returns all inputs that there are.
    fn all(&self) -> impl Iterator<Item = &Given> {
        self.given.iter().flatten()
    }

    /// Returns the count of the largest input, and 1 where there is none.
    fn largest(&self) -> u128 {
        self.all().map(|given| given.count).fold(1, u128::max)
    }

    fn sum(&self) -> u128 {
        self.all().fold(0, |sum, given| sum.saturating_add(given.count))
    }

    fn reals(&self, place: usize) -> Option<&[f64]> {
        self.given(place)?.numbers.as_deref()
    }

    /// Returns an input that names sizes; none of them is below zero.
    fn sizes(&self, place: usize) -> Option<Vec<u128>> {
        Some(self.reals(place)?.iter().map(|size| size.max(0.0) as u128).collect())
    }

    fn attribute(&self, name: &str) -> Option<&'n Attribute> {
        self.node.attributes.get(name)
    }

    fn wholes(&self, name: &str) -> Option<&'n [i64]> {
        self.attribute(name).map(|own| own.wholes.as_slice())
    }

    fn whole(&self, name: &str) -> Option<i64> {
        self.attribute(name)?.whole
    }

    fn outputs(&self) -> u128 {
        self.node.outputs.len() as u128
    }
}

/// Returns whether an operator stands in a list.
fn lists(ops: &str, op: &str) -> bool {
    ops.split_whitespace().any(|one| one == op)
}

/// Returns the product of sizes, the largest number where it is larger.
fn product(sizes: impl IntoIterator<Item = u128>) -> u128 {
    sizes.into_iter().fold(1, u128::saturating_mul)
}

fn wide(sizes: &[usize]) -> impl DoubleEndedIterator<Item = u128> + '_ {
    sizes.iter().map(|size| *size as u128)
}

/// Returns how many numbers there are when dimensions are put one over the other, the last ones
/// together.
fn broadcast<'d>(all: impl Iterator<Item = &'d [usize]>) -> u128 {
    let mut sizes: Vec<u128> = Vec::new();
    for dimensions in all {
        for (place, size) in wide(dimensions).rev().enumerate() {
            match sizes.get_mut(place) {
                Some(known) => *known = size.max(*known),
                None => sizes.push(size),
            }
        }
    }
    product(sizes)
}

/// Returns an axis that may be counted from the end.
fn from_end(axis: i64, rank: usize) -> Option<usize> {
    let axis = if axis < 0 { axis.checked_add(rank as i64)? } else { axis };
    usize::try_from(axis).ok().filter(|axis| *axis < rank)
}

/// Returns a whole number that is set, or what it is by default; none is below 0.
fn whole(call: &Call<'_>, name: &str, usual: i64) -> u128 {
    call.whole(name).unwrap_or(usual).max(0) as u128
}
