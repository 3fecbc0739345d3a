//! The cosines of all pairs of filters.

use rayon::prelude::*;

use super::judged::Sums;

/// So many filters are held against so many at once.
const SIDE: usize = 4;

/// The same number of some filters, filter by filter.
type Slice = [f64; SIDE];

/// Adds up the cosines of all pairs of filters of length 1, without their signs; nothing of fewer than two.
///
/// Each cosine is summed in the order of its numbers, and each filter's cosines in the order of the others: the same
/// bits on any number of threads.
pub(super) fn cosines(filters: &[Vec<f64>]) -> Option<Sums> {
    let blocks: Vec<Vec<Slice>> = filters.chunks(SIDE).map(side_by_side).collect();
    let rows: Vec<[Sums; SIDE]> = (0..blocks.len())
        .into_par_iter()
        .map(|row| {
            let mut sums = [Sums::default(); SIDE];
            for (column, others) in blocks[..=row].iter().enumerate() {
                let products = products(&blocks[row], others);
                for (place, (sums, products)) in sums.iter_mut().zip(&products).enumerate() {
                    let own = row * SIDE + place;
                    let before = own.saturating_sub(column * SIDE).min(SIDE);
                    if own < filters.len() {
                        products[..before].iter().for_each(|cosine| sums.add(cosine.abs()));
                    }
                }
            }
            sums
        })
        .collect();
    let all = rows.iter().flatten().fold(Sums::default(), Sums::with);
    (all.count > 0.0).then_some(all)
}

/// Lays filters side by side; where there are too few, zeros.
fn side_by_side(filters: &[Vec<f64>]) -> Vec<Slice> {
    let at = |number: usize| {
        std::array::from_fn(|which| filters.get(which).map_or(0.0, |filter| filter[number]))
    };
    (0..filters[0].len()).map(at).collect()
}

/// Returns the products of each of some filters with each of others.
fn products(filters: &[Slice], others: &[Slice]) -> [Slice; SIDE] {
    let mut sums = [[0.0; SIDE]; SIDE];
    for (own, others) in filters.iter().zip(others) {
        for (sums, own) in sums.iter_mut().zip(own) {
            sums.iter_mut().zip(others).for_each(|(sum, other)| *sum += own * other);
        }
    }
    sums
}
