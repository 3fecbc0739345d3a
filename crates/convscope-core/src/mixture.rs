//! Numbers as draws from a few Gaussians.

use std::f64::consts::PI;

/// A mixture of Gaussians, the first of which has its mean at 0.
///
/// ```text
/// p(w) = Σⱼ πⱼ N(w; μⱼ, σⱼ²),  μ₀ = 0
/// ```
///
/// Nowlan & Hinton 1992, Simplifying neural networks by soft weight-sharing. Nothing is drawn: a fit starts from means
/// spread evenly over the numbers. Fits find a local maximum; another start may end at another one.
///
/// ```
/// use convscope_core::{Mixture, Prior};
///
/// let numbers = [-1.02, -0.98, -1.0, 0.01, 0.0, -0.01, 0.0, 0.02];
/// let mut mixture = Mixture::new(3);
/// mixture.spread(&numbers, 1e-4, None);
/// for _ in 0..20 {
///     mixture.fit(&numbers, Prior { variance: 1e-4, worth: 1.0, zero: None });
/// }
/// let near = mixture.most_responsible(-0.99);
/// assert!((mixture.mean(near) + 1.0).abs() < 0.01);
/// assert_eq!(mixture.mean(0), 0.0);
/// ```
#[derive(Debug, Clone)]
pub struct Mixture {
    components: Vec<Gaussian>,
    /// What each component is of the density at one number.
    shares: Vec<f64>,
    /// For each component the sums of shares, shares · numbers, shares · squares.
    moments: Vec<[f64; 3]>,
}

/// What is believed of a mixture before numbers are seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    /// The variance of every component: a Gamma prior on 1 / σ².
    pub variance: f64,
    /// How many numbers that belief is worth.
    pub worth: f64,
    /// The share of the component at 0, if it does not follow the numbers, as in Ullrich et al. 2017, arXiv:1702.04008.
    pub zero: Option<f64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Gaussian {
    mean: f64,
    variance: f64,
    /// ln π − ln σ − ½ ln 2π: the logarithm of how high it is.
    height: f64,
}

impl Gaussian {
    fn new(share: f64, mean: f64, variance: f64) -> Self {
        let height = libm::log(share) - libm::log(2.0 * PI * variance) / 2.0;
        Self { mean, variance, height }
    }

    /// Returns the logarithm of its part of the density at a number.
    fn at(&self, number: f64) -> f64 {
        self.height - (number - self.mean).powi(2) / (2.0 * self.variance)
    }
}

impl Mixture {
    /// Makes room for so many components.
    ///
    /// # Panics
    /// When there are less than two: a caller's bug.
    pub fn new(components: usize) -> Self {
        assert!(components >= 2, "caller's bug: one at 0 and one elsewhere");
        Self {
            components: vec![Gaussian::default(); components],
            shares: vec![0.0; components],
            moments: vec![[0.0; 3]; components],
        }
    }

    /// Spreads the components over numbers: one at 0, the others evenly from the least to the most, as wide as they are
    /// apart and none narrower than a variance; all with the same share, but for that at 0 if it is given.
    pub fn spread(&mut self, numbers: &[f64], narrowest: f64, zero: Option<f64>) {
        let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
        let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let count = self.components.len();
        let apart = (most - least) / count.saturating_sub(2).max(1) as f64;
        let even = 1.0 / count as f64;
        let elsewhere = zero.map_or(even, |zero| (1.0 - zero) / (count - 1) as f64);
        for (place, own) in self.components.iter_mut().enumerate() {
            let (mean, share) = match place {
                0 => (0.0, zero.unwrap_or(even)),
                _ => (least + (place - 1) as f64 * apart, elsewhere),
            };
            *own = Gaussian::new(share, mean, (apart * apart).max(narrowest));
        }
    }

    /// Takes one round of expectation and maximisation of the posterior.
    ///
    /// ```text
    /// Nⱼ = Σ rⱼ(w),  μⱼ = Σ rⱼ w / Nⱼ,  σⱼ² = (worth · variance + Σ rⱼ (w − μⱼ)²) / (worth + Nⱼ),  πⱼ = Nⱼ / n
    /// ```
    ///
    /// rⱼ(w) being the share of component j in p(w). Where π₀ is given the others share what is left of 1 as the Nⱼ
    /// say. A component of no number keeps its mean.
    pub fn fit(&mut self, numbers: &[f64], prior: Prior) {
        self.moments.fill([0.0; 3]);
        for &number in numbers {
            self.density(number);
            for (moments, share) in self.moments.iter_mut().zip(&self.shares) {
                moments[0] += share;
                moments[1] += share * number;
                moments[2] += share * number * number;
            }
        }
        let elsewhere: f64 = self.moments[1..].iter().map(|moments| moments[0]).sum();
        let components = self.components.iter_mut().zip(&self.moments).enumerate();
        for (place, (own, &[count, sum, squares])) in components {
            let moves = place > 0 && count > 0.0;
            let mean = if moves { sum / count } else { own.mean };
            let spread = (squares - 2.0 * mean * sum + mean * mean * count).max(0.0);
            let variance = (prior.worth * prior.variance + spread) / (prior.worth + count);
            let share = match (prior.zero, place) {
                (None, _) => count / numbers.len() as f64,
                (Some(zero), 0) => zero,
                (Some(zero), _) if elsewhere > 0.0 => (1.0 - zero) * count / elsewhere,
                _ => 0.0,
            };
            *own = Gaussian::new(share, mean, variance);
        }
    }

    /// Returns the logarithm of the density at a number, and notes the share of each component in it.
    pub fn density(&mut self, number: f64) -> f64 {
        let mut highest = f64::NEG_INFINITY;
        for (share, own) in self.shares.iter_mut().zip(&self.components) {
            *share = own.at(number);
            highest = highest.max(*share);
        }
        let mut sum = 0.0;
        for share in &mut self.shares {
            *share = libm::exp(*share - highest);
            sum += *share;
        }
        for share in &mut self.shares {
            *share /= sum;
        }
        highest + libm::log(sum)
    }

    /// Returns the derivative of −ln p at a number: Σⱼ rⱼ (w − μⱼ) / σⱼ².
    pub fn pull(&mut self, number: f64) -> f64 {
        self.density(number);
        let pulls = self.shares.iter().zip(&self.components);
        pulls.map(|(share, own)| share * (number - own.mean) / own.variance).sum()
    }

    /// Returns the component with the largest share in the density at a number, the first of several.
    pub fn most_responsible(&self, number: f64) -> usize {
        let better = |best: (usize, f64), (place, own): (usize, &Gaussian)| {
            let density = own.at(number);
            if density > best.1 { (place, density) } else { best }
        };
        self.components.iter().enumerate().fold((0, f64::NEG_INFINITY), better).0
    }

    /// Returns the mean of a component.
    pub fn mean(&self, component: usize) -> f64 {
        self.components[component].mean
    }

    /// Returns the variance of a component.
    pub fn variance(&self, component: usize) -> f64 {
        self.components[component].variance
    }

    /// Returns all that later fits and densities depend on, three numbers for each component.
    pub fn memory(&self) -> Vec<f64> {
        self.components.iter().flat_map(|own| [own.mean, own.variance, own.height]).collect()
    }

    /// Takes up what [`memory`](Self::memory) of a mixture of as many components returned.
    ///
    /// # Panics
    /// When the count of numbers is another: a caller's bug.
    pub fn recall(&mut self, memory: &[f64]) {
        let (of_each, rest) = memory.as_chunks();
        let fits = of_each.len() == self.components.len() && rest.is_empty();
        assert!(fits, "caller's bug: a mixture of {} components", self.components.len());
        for (own, &[mean, variance, height]) in self.components.iter_mut().zip(of_each) {
            *own = Gaussian { mean, variance, height };
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{Mixture, Prior};

    #[test]
    fn fits_are_those_of_numpy() {
        let golden = include_str!("../../../golden/mixture.json");
        let golden: Value = serde_json::from_str(golden).expect("it is JSON");
        let count = golden["numbers"].as_u64().expect("a count");
        let numbers: Vec<f64> = (0..count)
            .map(|i| {
                let drawn = ((i * 7919 + 13) % 1009) as f64 / 1009.0 - 0.5;
                drawn * drawn * drawn * 8.0
            })
            .collect();
        let cases = golden["cases"].as_array().expect("a list");
        assert!(cases.len() >= 4);
        for case in cases {
            let of = |key: &str| case[key].as_f64();
            let zero = of("zero");
            let prior = Prior {
                variance: of("variance").expect("a number"),
                worth: of("worth").expect("a number"),
                zero,
            };
            let components = case["components"].as_u64().expect("a count") as usize;
            let mut mixture = Mixture::new(components);
            mixture.spread(&numbers, prior.variance, zero);
            for _ in 0..case["rounds"].as_u64().expect("a count") {
                mixture.fit(&numbers, prior);
            }
            let list = |key: &str| -> Vec<f64> {
                let list = case[key].as_array().expect("a list");
                list.iter().map(|value| value.as_f64().expect("a number")).collect()
            };
            for (place, (mean, variance)) in list("means").iter().zip(list("variances")).enumerate()
            {
                let off = (mixture.mean(place) - mean).abs();
                assert!(off < 1e-7, "mean {place} of {components}: {} {mean}", mixture.mean(place));
                let off = (mixture.variance(place) / variance - 1.0).abs();
                assert!(off < 1e-6, "variance {place} of {components}: {off}");
            }
            let likelihood: f64 = numbers.iter().map(|number| mixture.density(*number)).sum();
            let wanted = of("likelihood").expect("a number");
            assert!((likelihood - wanted).abs() < 1e-6, "{likelihood} {wanted}");
            let responsible = list("most-responsible");
            assert_eq!(responsible.len() as u64, count);
            for (number, wanted) in numbers.iter().zip(responsible) {
                assert_eq!(mixture.most_responsible(*number), wanted as usize, "at {number}");
            }
        }
    }

    #[test]
    fn rounds_raise_the_likelihood_where_nothing_is_believed_before() {
        let numbers: Vec<f64> =
            (0..60).map(|i| f64::from(i % 3) + f64::from(i % 7) / 40.0).collect();
        let mut mixture = Mixture::new(4);
        mixture.spread(&numbers, 1e-3, None);
        let mut before = f64::NEG_INFINITY;
        for _ in 0..30 {
            mixture.fit(&numbers, Prior { variance: 1e-3, worth: 0.0, zero: None });
            let now = numbers.iter().map(|number| mixture.density(*number)).sum();
            assert!(now >= before - 1e-9, "{now} after {before}");
            before = now;
        }
    }

    #[test]
    fn a_given_share_draws_small_numbers_to_zero() {
        let numbers: Vec<f64> = (0..200).map(|i| (f64::from(i) - 99.5) / 100.0).collect();
        let zeros = |zero: Option<f64>| {
            let mut mixture = Mixture::new(8);
            mixture.spread(&numbers, 1e-3, zero);
            for _ in 0..30 {
                mixture.fit(&numbers, Prior { variance: 1e-3, worth: 10.0, zero });
            }
            numbers.iter().filter(|number| mixture.most_responsible(**number) == 0).count()
        };
        let [few, more, most] = [Some(0.05), Some(0.6), Some(0.99)].map(zeros);
        assert!(few < more && more < most, "{few} {more} {most}");
    }
}
