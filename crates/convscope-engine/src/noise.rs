//! Draws that a training makes within a step.

use convscope_core::Seed;
use convscope_model::layer::Dropout;

/// Returns what each value of a sample is multiplied by, in order channel, row, column: 0 where it is
/// left out, elsewhere one over the probability of staying.
///
/// A sample's draws depend on its place in the batch and on nothing else that is computed beside it.
pub fn scales(
    noise: Seed,
    layer: &str,
    dropout: &Dropout,
    place: usize,
) -> impl Iterator<Item = f32> + use<> {
    let rate = dropout.rate;
    let stays = (1.0 / (1.0 - rate)) as f32;
    let mut stream = noise.child(layer).nth(place as u64).stream();
    std::iter::repeat_with(move || if stream.uniform_in(0.0, 1.0) < rate { 0.0 } else { stays })
}
