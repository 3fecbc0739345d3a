//! A few numbers in the place of many, as the means of Gaussians.

use convscope_core::{Mixture, Prior};

/// How many Gaussians are tried.
const COMPONENTS: [usize; 14] = [2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64];
/// The shares of the component at 0 that are tried; nothing where it follows the weights.
const ZERO: [Option<f64>; 4] = [None, Some(0.5), Some(0.9), Some(0.99)];
/// Rounds of expectation and maximisation.
const ROUNDS: usize = 30;
/// The deviation of the prior, as a share of the layer's root mean square.
const DEVIATION: f64 = 0.05;
/// How many weights the prior is worth.
const WORTH: f64 = 10.0;
/// Weights that a mixture is fitted to; of more so many are taken, spread evenly over their order.
const MOST: usize = 4096;

/// Fits mixtures to sorted weights, of each number of components with each share of zeros; none to zeros.
///
/// The prior is that of the penalty `soft-weight-sharing`. Each costs 30 exponentials for each weight and component.
pub(super) fn fitted(sorted: &[f64]) -> impl Iterator<Item = Mixture> {
    let count = sorted.len().min(MOST);
    let chosen: Vec<f64> = (0..count).map(|place| sorted[place * sorted.len() / count]).collect();
    let mean_square = chosen.iter().map(|weight| weight * weight).sum::<f64>() / count as f64;
    let variance = DEVIATION * DEVIATION * mean_square;
    let sizes = COMPONENTS.into_iter().filter(move |size| *size < count && variance > 0.0);
    sizes.flat_map(|size| ZERO.map(|zero| (size, zero))).map(move |(size, zero)| {
        let mut mixture = Mixture::new(size);
        mixture.spread(&chosen, variance, zero);
        for _ in 0..ROUNDS {
            mixture.fit(&chosen, Prior { variance, worth: WORTH, zero });
        }
        mixture
    })
}

#[cfg(test)]
mod tests {
    use super::fitted;

    #[test]
    fn there_are_some_for_weights_and_none_for_zeros() {
        let weights: Vec<f64> =
            (0..90).map(|i| f64::from(i / 30 - 1) + f64::from(i % 30) / 1e3).collect();
        let found = fitted(&weights).filter(|mixture| {
            let near = |number: f64| mixture.mean(mixture.most_responsible(number));
            (near(-0.99) + 0.9855).abs() < 0.02 && (near(1.01) - 1.0145).abs() < 0.02
        });
        assert!(found.count() > 10, "three heaps are found from many starts");
        assert_eq!(fitted(&[0.0; 50]).count(), 0);
        assert_eq!(fitted(&[1.0, 2.0]).count(), 0);
    }
}
