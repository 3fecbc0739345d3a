//! K numbers in the place of many, by k-means.

/// Rounds after which k-means ends at the latest.
const ROUNDS: usize = 200;

/// Returns the centres of k-means of sorted numbers.
///
/// Lloyd's rounds from centres spread evenly over the numbers; a centre that no number is nearest to stays.
pub(super) fn centres(sorted: &[f64], count: usize) -> Vec<f64> {
    let (low, high) = (sorted[0], sorted[sorted.len() - 1]);
    let width = (high - low) / count as f64;
    let mut centres: Vec<f64> = (0..count).map(|k| low + (k as f64 + 0.5) * width).collect();
    let mut sums = Vec::with_capacity(sorted.len() + 1);
    sums.push(0.0);
    for value in sorted {
        sums.push(sums[sums.len() - 1] + value);
    }
    for _ in 0..ROUNDS {
        let mut first = 0;
        let mut moved = false;
        for k in 0..count {
            let after = centres.get(k + 1).map(|next| f64::midpoint(centres[k], *next));
            let last = after.map_or(sorted.len(), |edge| sorted.partition_point(|v| *v <= edge));
            if last > first {
                let mean = (sums[last] - sums[first]) / (last - first) as f64;
                moved |= mean.to_bits() != centres[k].to_bits();
                centres[k] = mean;
            }
            first = last.max(first);
        }
        if !moved {
            break;
        }
    }
    centres
}

#[cfg(test)]
mod tests {
    use super::centres;

    #[test]
    fn groups_of_numbers_get_their_means() {
        let sorted = [-1.1, -0.9, 0.0, 0.2, 0.9, 1.0, 1.1];
        let centres = centres(&sorted, 3);
        for (centre, wanted) in centres.iter().zip([-1.0, 0.1, 1.0]) {
            assert!((centre - wanted).abs() < 1e-12, "{centres:?}");
        }
    }
}
