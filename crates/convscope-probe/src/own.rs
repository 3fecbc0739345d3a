//! A layer's own numbers in random places.

use std::collections::BTreeMap;

use convscope_core::Stream;

/// Draws some numbers of a list, none twice: a part of a list all of whose numbers change places.
///
/// Cost: c log c for c of them, however long the list is.
pub(crate) fn some_of(numbers: &[f64], count: usize, draws: &mut Stream) -> Vec<f64> {
    // Fisher and Yates, with what changed places in a map instead of a copy of the numbers.
    let mut moved: BTreeMap<usize, usize> = BTreeMap::new();
    let mut drawn = Vec::with_capacity(count);
    for first in 0..count {
        let at = |place: usize| moved.get(&place).copied().unwrap_or(place);
        let other = first + draws.below((numbers.len() - first) as u64) as usize;
        drawn.push(numbers[at(other)]);
        let held = at(first);
        moved.insert(other, held);
    }
    drawn
}
