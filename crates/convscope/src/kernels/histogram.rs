//! How often a score falls where, beside what chance alone would put there.

use convscope_probe::{Chance, Probe};

/// Bins of a score.
pub(crate) struct Bins {
    /// Where the first begins and the last ends.
    pub(crate) range: [f64; 2],
    /// How many kernels fall into each.
    pub(crate) counts: Vec<usize>,
    /// The share that kernels of independent normal numbers would put into each.
    pub(crate) expected: Vec<f64>,
}

/// So many bins, but for whole numbers.
const BINS: usize = 20;

impl Bins {
    /// Counts the values of a probe in bins over its range or, where that has no end, over all values
    /// that there are and that chance has.
    pub(crate) fn new(probe: &Probe, numbers: usize, values: &[f64], chance: &Chance) -> Self {
        let [least, most] = probe.range;
        let (range, count) = if probe.id == "unique-values" {
            // One bin for each whole number, or for so many of them.
            let each = numbers.div_ceil(BINS);
            let count = numbers.div_ceil(each);
            ([0.5, 0.5 + (each * count) as f64], count)
        } else {
            let all =
                || values.iter().copied().chain([0.0, 1.0].map(|share| chance.quantile(share)));
            let from = if least.is_finite() { least } else { all().fold(f64::INFINITY, f64::min) };
            let to = if most.is_finite() { most } else { all().fold(f64::NEG_INFINITY, f64::max) };
            ([from, if to > from { to } else { from + 1.0 }], BINS)
        };
        let edge = |place: usize| range[0] + (range[1] - range[0]) * place as f64 / count as f64;
        let below = |place: usize| match place {
            0 => 0.0,
            place if place == count => 1.0,
            place => chance.share_below(edge(place)),
        };
        let expected = (0..count).map(|bin| (below(bin + 1) - below(bin)).max(0.0)).collect();
        let mut bins = Self { range, counts: vec![0; count], expected };
        for value in values {
            let share = (value - range[0]) / (range[1] - range[0]);
            let bin = (share * count as f64).floor().max(0.0) as usize;
            bins.counts[bin.min(count - 1)] += 1;
        }
        bins
    }

    /// Returns how many kernels were counted.
    pub(crate) fn count(&self) -> usize {
        self.counts.iter().sum()
    }

    /// Returns the share of kernels in each bin.
    pub(crate) fn shares(&self) -> Vec<f64> {
        let all = self.count().max(1) as f64;
        self.counts.iter().map(|count| *count as f64 / all).collect()
    }

    /// Returns how much of the kernels lies where chance would not put it, from 0 to 1.
    ///
    /// The total variation distance of both histograms. That of few kernels is large by chance.
    pub(crate) fn distance(&self) -> f64 {
        let apart =
            self.shares().iter().zip(&self.expected).map(|(a, b)| (a - b).abs()).sum::<f64>();
        apart / 2.0
    }
}
