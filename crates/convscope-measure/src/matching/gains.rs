//! How much each member of one tensor goes with each member of another.

use faer::Mat;

use crate::linalg;

/// Terms of a sum that are packed at a time: enough for a product to run at full speed, few enough
/// to stay in the caches.
const PACKED: usize = 2048;

/// A tensor cut along one axis: every run holds one step for each member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Runs {
    /// How many members the axis has.
    pub(crate) members: usize,
    /// How many numbers of a run belong to one member.
    pub(crate) step: usize,
}

/// Adds Σ aᵢ bⱼ over everything but the axis, for each member i of one and j of the other tensor.
///
/// Sums have one order, whatever the number of threads.
pub(crate) fn gains(into: &mut Mat<f64>, a: &[f32], b: &[f32], runs: Runs) {
    let Runs { members, step } = runs;
    let count = a.len() / (members * step).max(1);
    let together = (PACKED / step.max(1)).max(1);
    for first in (0..count).step_by(together) {
        let last = (first + together).min(count);
        for start in (0..step).step_by(PACKED) {
            let part = (first..last, start..(start + PACKED).min(step));
            let (a, b) = (packed(a, runs, &part), packed(b, runs, &part));
            *into += linalg::cross(a.as_ref(), b.as_ref());
        }
    }
}

type Part = (std::ops::Range<usize>, std::ops::Range<usize>);

/// Copies a part of all members' numbers, a column for each member.
fn packed(numbers: &[f32], Runs { members, step }: Runs, (runs, part): &Part) -> Mat<f64> {
    let wide = part.len();
    let mut packed = Mat::zeros(wide * runs.len(), members);
    for member in 0..members {
        let mut column = packed.col_mut(member);
        for (place, run) in runs.clone().enumerate() {
            let at = (run * members + member) * step + part.start;
            let column = column.as_mut().subrows_mut(place * wide, wide);
            for (to, from) in column.iter_mut().zip(&numbers[at..at + wide]) {
                *to = f64::from(*from);
            }
        }
    }
    packed
}
