//! Layers fitted anew to what reaches them now.

mod filter;
mod rows;

use convscope_core::SettingError;
use convscope_model::{Net, Op, Role, Source};

use self::filter::Filter;
use self::rows::{Rows, products};
use super::descent::Seen;
use super::state::State;

/// The most numbers of one output that are fitted: their products with each other take 128 MiB.
const MOST: usize = 4096;

/// Fits every layer that takes what changed kernels leave, so that it leaves what it left before.
///
/// ```text
/// least squares:  W' X' ≈ W X     X what reached the layer, X' what reaches it now, on calibration images
/// ```
///
/// Bias included. Kernels that have a subspace stay in it, kernels of other forms stay as they are. Where the
/// system is singular, such as behind a unit that is never active, old numbers are kept as near as they can be
/// by a ridge of 10⁻⁶ of the mean diagonal. Layers are fitted in the order of the net, each to what those
/// before it leave by then. Returns for how many outputs there was a ridge.
pub(crate) fn refit(state: &mut State, seen: Seen<'_>) -> usize {
    let changed: Vec<usize> = (0..state.units.len())
        .filter(|unit| !state.forms[*unit].is_free())
        .map(|unit| seen.net.parameters()[state.bank(unit).parameter].layer)
        .collect();
    let mut ridges = 0;
    for layer in followers(seen.net, &changed) {
        ridges += refit_layer(state, seen, layer);
        state.put_all();
    }
    ridges
}

/// Checks that the layers behind some others are small enough to be fitted.
pub(crate) fn check(net: &Net, banks: &[super::Bank]) -> Result<(), SettingError> {
    let layers: Vec<usize> =
        banks.iter().map(|bank| net.parameters()[bank.parameter].layer).collect();
    for layer in followers(net, &layers) {
        let Some(weight) = net.tensor(layer, Role::Weight) else { continue };
        if weight.fan_in > MOST {
            let message = format!(
                "`{}` has {} numbers for each output; at most {MOST} can be fitted anew: set it to \
                 false, or choose other layers by `on`",
                weight.name, weight.fan_in
            );
            return Err(SettingError::at("refit", message));
        }
    }
    Ok(())
}

/// Returns the layers with weights that take what some layers leave, with none with weights in between.
pub(crate) fn followers(net: &Net, changed: &[usize]) -> Vec<usize> {
    let weighted = |layer: usize| matches!(net.layers()[layer].op, Op::Conv(_) | Op::Linear(_));
    // Whether what a layer leaves comes of a changed one.
    let mut comes = vec![false; net.layers().len()];
    let mut found = Vec::new();
    for layer in 0..net.layers().len() {
        let taken = net.sources(layer).iter().any(|source| match source {
            Source::Sample => false,
            Source::Layer(before) => comes[*before],
        });
        if weighted(layer) {
            comes[layer] = changed.contains(&layer);
            found.extend(taken.then_some(layer));
        } else {
            comes[layer] = taken;
        }
    }
    found
}

fn refit_layer(state: &mut State, seen: Seen<'_>, layer: usize) -> usize {
    let rows = Rows::of(seen.net, layer);
    let of_group = products(state, seen, &rows);
    let weight = seen.net.tensor(layer, Role::Weight).expect("a layer with weights").clone();
    let bias = seen.net.tensor(layer, Role::Bias).cloned();
    let each = rows.outputs() / rows.groups();
    let mut ridges = 0;
    for (group, products) in of_group.iter().enumerate() {
        let mut whole = None;
        for own in 0..each {
            let output = group * each + own;
            let filter = Filter::of(state, &weight, bias.as_ref(), output, rows.width);
            let target = products.across.col(own);
            let (fitted, ridge) = filter.fit(products.own.as_ref(), target, &mut whole);
            ridges += usize::from(ridge);
            let (of_weight, of_bias) = fitted.split_at(rows.width);
            let start = weight.offset + output * rows.width;
            for (exact, value) in state.exact[start..].iter_mut().zip(of_weight) {
                *exact = *value as f32;
            }
            if let (Some(bias), [value]) = (&bias, of_bias) {
                state.exact[bias.offset + output] = *value as f32;
            }
        }
    }
    ridges
}
