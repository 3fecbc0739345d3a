//! Filters of the first model with their twins below each other's places.

use convscope_report::{KernelPanel, KernelRow, KernelWall};

use crate::compare::twins::Pair;
use crate::compare::{Comparison, Parameter};

/// How many filters of a layer, and kernels of a filter, are drawn.
const FILTERS: usize = 16;
const CHANNELS: usize = 8;

/// Returns the wall of all layers that have twins.
pub(super) fn wall(comparison: &Comparison) -> Option<KernelWall> {
    let rows: Vec<KernelRow> =
        comparison.parameters.iter().filter_map(|parameter| layer(comparison, parameter)).collect();
    if rows.is_empty() {
        return None;
    }
    Some(KernelWall {
        id: "kernels".into(),
        title: "Filters and their twins, in the same places".into(),
        note: format!(
            "Left filters of A, right the twin of each in B after its flip, shift and sign, at its own \
             scale. Of each layer the {FILTERS} filters with the best twins are shown, of each filter \
             the first {CHANNELS} channels."
        ),
        rows,
    })
}

fn layer(comparison: &Comparison, parameter: &Parameter) -> Option<KernelRow> {
    let twins = parameter.twins.as_ref()?;
    let &[_, channels, height, width] = parameter.sides[0].as_ref()?.dimensions.as_slice() else {
        return None;
    };
    let mut pairs: Vec<(f64, &Pair)> = twins
        .pairs
        .iter()
        .filter_map(|pair| Some((pair.found.twin.value.number()?, pair)))
        .collect();
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    pairs.truncate(FILTERS);
    let [a, b] =
        [0, 1].map(|which| comparison.models[which].tensors[&parameter.name].numbers.as_ref());
    let (a, b) = (a?, b?);
    // Twins were found among channels in A's order.
    let aligned =
        comparison.alignment.as_ref().ok().and_then(|all| all.aligned.get(&parameter.name));
    let b = aligned.unwrap_or(b);
    let (each, shown) = (channels * height * width, channels.min(CHANNELS));
    let cut = |numbers: &[f32], filter: usize| {
        numbers[filter * each..][..shown * height * width].to_vec()
    };
    let of_a = pairs.iter().flat_map(|(_, pair)| cut(a, pair.found.first)).collect();
    let of_b = pairs.iter().flat_map(|(_, pair)| {
        let twin = cut(b, pair.found.second.unwrap_or_default());
        let wide: Vec<f64> = twin.iter().map(|weight| f64::from(*weight)).collect();
        let moved = pair.found.twin.motion.apply(&wide, height);
        moved.into_iter().map(|weight| weight as f32).collect::<Vec<_>>()
    });
    let panel = |name: &str, weights: Vec<f32>| KernelPanel {
        name: name.into(),
        outputs: pairs.len(),
        inputs: shown,
        height,
        width,
        weights,
    };
    let panels = vec![panel("A", of_a), panel("B, twins", of_b.collect())];
    (!pairs.is_empty()).then(|| KernelRow { name: parameter.name.clone(), panels })
}
