//! The bits of numbers that take few values.

/// The different numbers of a list, and how often each occurs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Uses {
    /// In rising order.
    pub(super) levels: Vec<f64>,
    pub(super) counts: Vec<usize>,
}

/// Counts the numbers of a list.
pub(super) fn uses(numbers: &[f64]) -> Uses {
    // 0 added to −0 is 0.
    let mut sorted: Vec<f64> = numbers.iter().map(|number| number + 0.0).collect();
    sorted.sort_by(f64::total_cmp);
    let groups = sorted.chunk_by(|a, b| a.to_bits() == b.to_bits());
    let (levels, counts) = groups.map(|group| (group[0], group.len())).unzip();
    Uses { levels, counts }
}

/// Returns the bits of n numbers of which each is one of so many levels.
pub(super) fn even(n: usize, levels: usize, precision: u32) -> f64 {
    n as f64 * (levels as f64).log2() + levels as f64 * f64::from(precision)
}

/// Returns the bits of numbers of which so many have each level: the levels, how often each but the last occurs,
/// and which of all arrangements with these counts it is. That is at most n times the entropy.
pub(super) fn entropy(counts: &[usize], precision: u32) -> f64 {
    let n: usize = counts.iter().sum();
    let (mut placed, mut arrangements) = (0, 0.0);
    for count in counts {
        // (placed + count) choose count
        for k in 1..=*count {
            arrangements += ((placed + k) as f64).log2() - (k as f64).log2();
        }
        placed += count;
    }
    let levels = counts.len() as f64;
    let often = (levels - 1.0) * ((n + 1) as f64).log2();
    levels * f64::from(precision) + often + arrangements
}

#[cfg(test)]
mod tests {
    use super::{Uses, entropy, even, uses};

    #[test]
    fn bits_count_levels_how_often_they_occur_and_where() {
        // 6! / (3! 2! 1!) = 60
        let wanted = 60.0_f64.log2() + 2.0 * 7.0_f64.log2() + 24.0;
        assert!((entropy(&[3, 2, 1], 8) - wanted).abs() < 1e-12);
        assert!((entropy(&[1, 3, 2], 8) - wanted).abs() < 1e-12);
        assert!((entropy(&[50], 8) - 8.0).abs() < 1e-12, "one number everywhere");
        assert!((even(6, 3, 8) - (6.0 * 3.0_f64.log2() + 24.0)).abs() < 1e-12);
    }

    #[test]
    fn arrangements_are_fewer_than_the_entropy_says_and_not_by_much() {
        let counts = [700, 200, 100];
        let of = |count: usize| -(count as f64 / 1000.0).log2() * count as f64;
        let wanted: f64 = counts.into_iter().map(of).sum();
        let own = entropy(&counts, 8) - 24.0 - 2.0 * 1001.0_f64.log2();
        assert!(own <= wanted && own > wanted - 16.0, "{own} {wanted}");
    }

    #[test]
    fn equal_numbers_are_one_level() {
        let found = uses(&[0.5, -1.0, 0.5, 0.0, -0.0, 0.5]);
        assert_eq!(found, Uses { levels: vec![-1.0, 0.0, 0.5], counts: vec![1, 2, 3] });
    }
}
