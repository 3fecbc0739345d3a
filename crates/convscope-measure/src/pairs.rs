//! Numbers for each pair of samples: distances, their ranks, and how far those agree.

use faer::Mat;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Prepared, Refusal, gram, linalg};

/// A dissimilarity between two samples of one layer.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Rdm {
    /// 1 − the Pearson correlation of the two samples over units.
    ///
    /// Units are not centred over samples first, so shifting a unit changes it.
    #[default]
    Correlation,
    /// ‖xᵢ − xⱼ‖.
    Euclidean,
}

/// A vector over pairs, less its mean and of length 1: a correlation is a dot product.
#[derive(Debug)]
pub(crate) struct Standardised(pub(crate) Vec<f64>);

/// Returns the dissimilarities of a layer, the strict lower triangle column after column.
pub(crate) fn rdm(layer: &Prepared, kind: Rdm) -> Result<Vec<f64>, Refusal> {
    match kind {
        Rdm::Correlation => correlation(layer),
        Rdm::Euclidean => Ok(euclidean(layer)),
    }
}

/// Returns a standardised dissimilarity, of ranks if `ranked`; `None` if all pairs are alike.
pub(crate) fn standardise(mut values: Vec<f64>, ranked: bool) -> Option<Standardised> {
    if ranked {
        values = average_ranks(&values);
    }
    let mean = sum(&values) / values.len() as f64;
    for x in &mut values {
        *x -= mean;
    }
    let length = linalg::dot(&values, &values).sqrt();
    if length <= 1e-13 * mean.abs() * (values.len() as f64).sqrt() {
        return None;
    }
    for x in &mut values {
        *x /= length;
    }
    Some(Standardised(values))
}

/// Returns ‖xᵢ − xⱼ‖ of all pairs.
///
/// From the Gram matrix; pairs so near that this would cancel are subtracted unit by unit.
pub(crate) fn euclidean(layer: &Prepared) -> Vec<f64> {
    let n = layer.samples();
    let narrow = layer.narrow();
    let norms = layer.row_norms();
    let (mut packed, _) = gram::packed_gram(narrow);
    linalg::packed_columns(&mut packed, n).into_par_iter().for_each(|(first, count, columns)| {
        let mut rest = columns.iter_mut();
        for j in first..first + count {
            for i in j + 1..n {
                let Some(entry) = rest.next() else { return };
                let both = norms[i] + norms[j];
                let squared = both - 2.0 * *entry;
                *entry = if squared < 1e-2 * both {
                    (0..narrow.ncols()).map(|k| (narrow[(i, k)] - narrow[(j, k)]).powi(2)).sum()
                } else {
                    squared
                };
                *entry = entry.sqrt();
            }
        }
    });
    packed
}

fn correlation(layer: &Prepared) -> Result<Vec<f64>, Refusal> {
    let mut rows = rows_of(layer);
    let p = layer.units() as f64;
    for sample in 0..rows.ncols() {
        let row = rows.col_as_slice_mut(sample);
        let largest = row.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        for _ in 0..2 {
            let mean = row.iter().sum::<f64>() / p;
            for x in row.iter_mut() {
                *x -= mean;
            }
        }
        let length = row.iter().map(|x| x * x).sum::<f64>().sqrt();
        if length <= 1e-14 * largest * p.sqrt() {
            return Err(Refusal::FlatSample(sample));
        }
        for x in row.iter_mut() {
            *x /= length;
        }
    }
    let (mut packed, _) = gram::packed_gram(rows.transpose());
    for x in &mut packed {
        *x = 1.0 - *x;
    }
    Ok(packed)
}

/// Returns the samples scaled to length 1, one in each column, means included.
pub(crate) fn unit_rows(layer: &Prepared) -> Result<Mat<f64>, Refusal> {
    let mut rows = rows_of(layer);
    for sample in 0..rows.ncols() {
        let row = rows.col_as_slice_mut(sample);
        let length = row.iter().map(|x| x * x).sum::<f64>().sqrt();
        if length <= 0.0 {
            return Err(Refusal::ZeroSample(sample));
        }
        for x in row.iter_mut() {
            *x /= length;
        }
    }
    Ok(rows)
}

/// Returns the layer as it came, transposed so that a sample lies together.
fn rows_of(layer: &Prepared) -> Mat<f64> {
    layer.raw().transpose().to_owned()
}

/// Returns ranks from 1; equal values share the mean of theirs.
///
/// What is sorted are words that hold the place of a value behind as much of the value as there is
/// room for: they move twice as fast as pairs, and few need a second look.
pub(crate) fn average_ranks(values: &[f64]) -> Vec<f64> {
    let keys = || values.iter().copied().map(rising);
    let (least, most) = keys().fold((u64::MAX, 0), |(l, m), key| (l.min(key), m.max(key)));
    let width = |number: u64| u64::BITS - number.leading_zeros();
    let place_bits = width(values.len() as u64);
    let left_out = (width(most.saturating_sub(least)) + place_bits).saturating_sub(u64::BITS);
    let word = |(place, key): (u64, u64)| ((key - least) >> left_out) << place_bits | place;
    let mut words: Vec<u64> = (0..).zip(keys()).map(word).collect();
    words.par_sort_unstable();
    let place = |word: u64| (word & ((1 << place_bits) - 1)) as usize;
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for alike in words.chunk_by(|a, b| a >> place_bits == b >> place_bits) {
        if let [word] = alike {
            before += 1;
            ranks[place(*word)] = before as f64;
            continue;
        }
        let mut whole: Vec<(u64, usize)> =
            alike.iter().map(|word| (rising(values[place(*word)]), place(*word))).collect();
        whole.sort_unstable();
        for equal in whole.chunk_by(|a, b| a.0 == b.0) {
            let after = before + equal.len();
            let rank = (before + 1 + after) as f64 / 2.0;
            for (_, place) in equal {
                ranks[*place] = rank;
            }
            before = after;
        }
    }
    ranks
}

/// Returns a whole number that rises with a finite one.
fn rising(value: f64) -> u64 {
    // Adding zero gives zeros one sign: they are equal.
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// Returns Kendall's tau-a: concordant less discordant pairs, over all pairs (Kendall 1938).
///
/// Sorts by one and counts inversions of the other while merging: O(m log m) for m values.
pub(crate) fn kendall_tau_a(x: &[f64], y: &[f64]) -> f64 {
    let m = x.len();
    let mut order: Vec<(f64, f64)> = x.iter().copied().zip(y.iter().copied()).collect();
    order.par_sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let pairs = |len: usize| (len as u64) * (len as u64).saturating_sub(1) / 2;
    let tied_x: u64 =
        order.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()).map(|run| pairs(run.len())).sum();
    let tied_both: u64 = order
        .chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq() && a.1.total_cmp(&b.1).is_eq())
        .map(|run| pairs(run.len()))
        .sum();
    let mut second: Vec<f64> = order.into_iter().map(|(_, y)| y).collect();
    let discordant = sort_and_count(&mut second, &mut vec![0.0; m]);
    let tied_y: u64 =
        second.chunk_by(|a, b| a.total_cmp(b).is_eq()).map(|run| pairs(run.len())).sum();
    let all = pairs(m);
    let concordant = all - tied_x - tied_y + tied_both - discordant;
    (concordant as f64 - discordant as f64) / all as f64
}

/// Sorts `values` and returns how many pairs stood in the wrong order.
fn sort_and_count(values: &mut [f64], spare: &mut [f64]) -> u64 {
    let len = values.len();
    if len < 2 {
        return 0;
    }
    let half = len / 2;
    let (low, high) = values.split_at_mut(half);
    let (spare_low, spare_high) = spare.split_at_mut(half);
    let (a, b) = if len > 1 << 12 {
        rayon::join(|| sort_and_count(low, spare_low), || sort_and_count(high, spare_high))
    } else {
        (sort_and_count(low, spare_low), sort_and_count(high, spare_high))
    };
    let mut count = a + b;
    let (mut i, mut j) = (0, half);
    for slot in spare.iter_mut() {
        if j == len || (i < half && values[i] <= values[j]) {
            *slot = values[i];
            i += 1;
        } else {
            *slot = values[j];
            count += (half - i) as u64;
            j += 1;
        }
    }
    values.copy_from_slice(spare);
    count
}

/// Returns the sum of a long vector, added in runs of fixed length.
pub(crate) fn sum(values: &[f64]) -> f64 {
    let parts: Vec<f64> = values.par_chunks(1 << 15).map(|run| run.iter().sum()).collect();
    parts.iter().sum()
}

/// Returns the value that would stand at `place` if all were sorted.
pub(crate) fn nth(values: &mut [f64], place: usize) -> f64 {
    *values.select_nth_unstable_by(place, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use convscope_core::Seed;

    use super::average_ranks;

    /// Halfway between 1 + how many are smaller and all but how many are larger.
    fn counted(values: &[f64]) -> Vec<f64> {
        let rank = |value: &f64| {
            let smaller = values.iter().filter(|other| *other < value).count() as f64;
            let larger = values.iter().filter(|other| *other > value).count() as f64;
            f64::midpoint(smaller + 1.0, values.len() as f64 - larger)
        };
        values.iter().map(rank).collect()
    }

    #[test]
    fn ranks_are_counts_of_smaller_values_however_near_and_however_far() {
        let mut draws = Seed::root(1).child("ranks").stream();
        let mut drawn = |make: &mut dyn FnMut(f64) -> f64| -> Vec<f64> {
            (0..700).map(|_| make(draws.normal())).collect()
        };
        let lists = [
            drawn(&mut |x| x),
            drawn(&mut |x| (4.0 * x).round()),
            // Neighbours among floats, all with the same leading bits, and far values beside them.
            drawn(&mut |x| f64::from_bits(1.0_f64.to_bits() + (x.abs() * 50.0) as u64)),
            drawn(&mut |x| {
                if x > 2.0 { x * 1e300 } else { 1.0 + (x * 3.0).round() * f64::EPSILON }
            }),
            drawn(&mut |x| x.signum() * 10.0_f64.powf(150.0 * x)),
            drawn(&mut |x| if x > 0.0 { 0.0 } else { -0.0 }),
            vec![3.0],
            vec![2.0, -1.0],
            vec![5.0; 9],
            vec![f64::MAX, f64::MIN, 5e-324, -5e-324, 0.0, f64::MAX],
        ];
        for values in lists {
            assert_eq!(average_ranks(&values), counted(&values), "{:?}", &values[..1]);
        }
        assert!(average_ranks(&[]).is_empty());
    }
}
