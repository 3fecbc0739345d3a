//! What is told of kernels: counts, structures and means, each beside chance.

use convscope_probe::{Probe, Scan, Scanner, Tally};

use super::blocks::COUNT;
use super::chance::KINDS;
use super::tallied::{Expected, Tallied, Weighed};
use crate::kernels::{FREE, ZERO};

/// A number for each kind of chance, where it is known.
pub(super) type ByChance = [Option<f64>; KINDS.len()];

/// What is told of the kernels of a layer, of a file, or of all.
pub(super) struct Summary {
    /// All kernels, those that are not finite among them.
    pub(super) kernels: u64,
    /// How many are not finite.
    pub(super) refused: u64,
    /// How many are zeros.
    pub(super) zeros: u64,
    /// How many are one number everywhere that is not 0.
    pub(super) constant: u64,
    /// How many kernels were drawn, by kind of chance.
    pub(super) drawn: [u64; KINDS.len()],
    /// [`ZERO`] first, then in the order of the catalogue.
    pub(super) structures: Vec<Of>,
    /// In the order of the probes.
    pub(super) scores: Vec<Score>,
}

/// A structure among kernels.
pub(super) struct Of {
    pub(super) id: &'static str,
    pub(super) count: u64,
    /// The share of all kernels that were looked at.
    pub(super) share: f64,
    /// The share by chance.
    pub(super) chance: ByChance,
    /// The standard errors of those, at most.
    pub(super) errors: ByChance,
}

/// A probe among kernels.
pub(super) struct Score {
    pub(super) probe: &'static Probe,
    /// How many kernels it says something of.
    pub(super) count: u64,
    pub(super) mean: Option<f64>,
    pub(super) chance: ByChance,
    /// How much of the kernels lies where chance would not put it: the total variation of both histograms.
    pub(super) apart: ByChance,
}

/// Bits of a kernel's nine numbers of 8 bits and the name of a structure.
pub(super) fn free_bits() -> f64 {
    (Scan::new().structures().len() as f64).log2() + COUNT as f64 * 8.0
}

impl Summary {
    /// Summarises kernels; `zero` is the structure that a scan counts zeros as.
    pub(super) fn of(tallied: &Tallied, zero: usize) -> Self {
        let (scan, all) = (&tallied.scan, tallied.looked_at().max(1) as f64);
        let of = |id: &'static str, count: u64, by: &dyn Fn(&Expected) -> f64, error: usize| Of {
            id,
            count,
            share: count as f64 / all,
            chance: tallied.chance.each_ref().map(|chance| chance.share(by(chance))),
            errors: tallied.chance.each_ref().map(|chance| chance.share(chance.errors[error])),
        };
        let counts = scan.structures();
        let mut structures = vec![of(ZERO, scan.zeros, &|chance| chance.zeros, counts.len())];
        for (place, (structure, count)) in counts.into_iter().enumerate() {
            // Zeros are counted by themselves: every structure would describe them.
            let less = u64::from(place == zero);
            let by = |chance: &Expected| chance.structures[place] - less as f64 * chance.zeros;
            structures.push(of(structure.id, count - less * scan.zeros, &by, place));
        }
        Self {
            kernels: scan.kernels,
            refused: scan.refused,
            zeros: scan.zeros,
            constant: scan.constant - scan.zeros,
            drawn: tallied.chance.each_ref().map(|chance| chance.drawn),
            structures,
            scores: scores(tallied),
        }
    }

    /// Returns how many kernels were looked at.
    pub(super) fn looked_at(&self) -> u64 {
        self.kernels - self.refused
    }

    /// Returns the count and share of kernels that have a structure, and the share by chance.
    pub(super) fn with_structure(&self) -> (u64, f64, ByChance) {
        let structured = || self.structures.iter().filter(|of| ![ZERO, FREE].contains(&of.id));
        let by_chance = |kind: usize| structured().map(|of| of.chance[kind]).sum();
        let (count, share) = structured().fold((0, 0.0), |(n, s), of| (n + of.count, s + of.share));
        (count, share, std::array::from_fn(by_chance))
    }

    /// Returns what a probe says.
    pub(super) fn score(&self, id: &str) -> Option<&Score> {
        self.scores.iter().find(|score| score.probe.id == id)
    }

    /// Returns the largest standard error of a share by chance.
    pub(super) fn error(&self) -> f64 {
        self.structures.iter().flat_map(|of| of.errors).flatten().fold(0.0, f64::max)
    }
}

fn scores(tallied: &Tallied) -> Vec<Score> {
    let score = |(place, (probe, tally)): (usize, (&'static Probe, &Tally))| {
        let chance = tallied.chance.each_ref().map(|chance| &chance.tallies[place]);
        Score {
            probe,
            count: tally.count,
            mean: tally.mean(),
            chance: chance.map(Weighed::mean),
            apart: chance.map(|expected| apart(&tally.bins, tally.count, expected)),
        }
    };
    tallied.scan.tallies().enumerate().map(score).collect()
}

fn apart(bins: &[u64], count: u64, expected: &Weighed) -> Option<f64> {
    let expected = expected.shares().filter(|_| count > 0)?;
    let pairs = bins.iter().zip(expected);
    let apart: f64 = pairs.map(|(own, by)| (*own as f64 / count as f64 - by).abs()).sum();
    Some(apart / 2.0)
}

/// Returns the place of the structure that a scan counts zeros as.
pub(super) fn of_zeros(scanner: &Scanner) -> usize {
    let structures = scanner.scan(&[0.0; COUNT], 0.0).structures();
    structures.iter().position(|(_, count)| *count > 0).unwrap_or_default()
}
