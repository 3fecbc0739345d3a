//! Two models of one net with their hidden units in one order.

use convscope_core::Seed;
use convscope_measure::matching::{Matching, TensorAxis, TensorPair, match_weights};
use convscope_model::{Net, Parameter, Symmetry};

/// Matches the hidden units of `b` to those of `a` by what is trained; running statistics have scales of
/// their own, and follow.
///
/// [`Symmetry::reordered`] puts `b` into the order that is found. See [`match_weights`] for what it
/// minimises, its limits and its cost; `starts` is its number of descents.
///
/// # Panics
/// When `a` or `b` are no numbers of the net: a caller's bug.
pub fn matched(
    net: &Net,
    symmetry: &Symmetry,
    [a, b]: [&[f32]; 2],
    starts: usize,
    seed: Seed,
) -> Matching {
    let pair = |own: &Parameter| {
        let orders = symmetry.axes(&own.name).iter();
        let axes = own.dimensions.iter().zip(orders);
        TensorPair {
            a: &a[own.range()],
            b: &b[own.range()],
            axes: axes.map(|(&length, &order)| TensorAxis { length, order }).collect(),
        }
    };
    let tensors: Vec<TensorPair<'_>> = net.parameters().iter().map(pair).collect();
    let members: Vec<usize> = symmetry.orders().iter().map(|order| order.members).collect();
    match_weights(&members, &tensors, starts, seed)
}
