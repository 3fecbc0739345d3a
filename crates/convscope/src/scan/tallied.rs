//! What kernels were found to be, beside as many by chance.

use convscope_probe::{BINS, Scan, Tally};

use super::chance::KINDS;

/// A scan of kernels, and what would be expected of as many by each kind of chance.
#[derive(Clone)]
pub(super) struct Tallied {
    pub(super) scan: Scan,
    pub(super) chance: [Expected; KINDS.len()],
}

/// What a scan would find of kernels without structure.
#[derive(Clone)]
pub(super) struct Expected {
    /// How many kernels were drawn.
    pub(super) drawn: u64,
    /// Of how many kernels something is expected: all but those of layers of which nothing can be drawn.
    pub(super) kernels: f64,
    /// How many kernels of each structure, in the order of [`Scan::structures`]; zeros among them.
    pub(super) structures: Vec<f64>,
    /// How many would be zeros.
    pub(super) zeros: f64,
    /// Standard errors of these counts, and of that of zeros, at most: errors of layers are added as if they were one.
    pub(super) errors: Vec<f64>,
    /// What each probe would say, in the order of [`Scan::tallies`].
    pub(super) tallies: Vec<Weighed>,
}

/// The values of a probe over a number of kernels that need not be whole.
#[derive(Clone)]
pub(super) struct Weighed {
    pub(super) count: f64,
    pub(super) sum: f64,
    pub(super) bins: [f64; BINS],
}

impl Tallied {
    /// Begins with no kernels.
    pub(super) fn new() -> Self {
        let scan = Scan::new();
        let chance = [(); KINDS.len()].map(|()| Expected::none(&scan));
        Self { scan, chance }
    }

    /// Adds other kernels.
    pub(super) fn merge(&mut self, other: &Self) {
        self.scan.merge(&other.scan);
        for (own, other) in self.chance.iter_mut().zip(&other.chance) {
            own.add(other);
        }
    }

    /// Returns how many kernels were looked at.
    pub(super) fn looked_at(&self) -> u64 {
        self.scan.kernels - self.scan.refused
    }
}

impl Expected {
    fn none(scan: &Scan) -> Self {
        let weighed = Weighed { count: 0.0, sum: 0.0, bins: [0.0; BINS] };
        let structures = scan.structures().len();
        Self {
            drawn: 0,
            kernels: 0.0,
            structures: vec![0.0; structures],
            zeros: 0.0,
            errors: vec![0.0; structures + 1],
            tallies: vec![weighed; scan.tallies().count()],
        }
    }

    /// Expects of so many kernels what was found of drawn ones; `spread` is by how much the variance of a share is
    /// larger than that of one drawn kernel over their count.
    pub(super) fn of(drawn: &Scan, kernels: u64, spread: f64) -> Self {
        if drawn.kernels == drawn.refused {
            return Self::none(drawn);
        }
        let looked_at = (drawn.kernels - drawn.refused) as f64;
        let weight = kernels as f64 / looked_at;
        let counts: Vec<u64> = drawn.structures().iter().map(|(_, count)| *count).collect();
        let error = |count: &u64| {
            let share = *count as f64 / looked_at;
            kernels as f64 * (spread * share * (1.0 - share) / looked_at).sqrt()
        };
        let weighed = |tally: &Tally| Weighed {
            count: weight * tally.count as f64,
            sum: weight * tally.count as f64 * tally.mean().unwrap_or_default(),
            bins: tally.bins.map(|bin| weight * bin as f64),
        };
        Self {
            drawn: drawn.kernels - drawn.refused,
            kernels: kernels as f64,
            structures: counts.iter().map(|count| weight * *count as f64).collect(),
            zeros: weight * drawn.zeros as f64,
            errors: counts.iter().chain([&drawn.zeros]).map(error).collect(),
            tallies: drawn.tallies().map(|(_, tally)| weighed(tally)).collect(),
        }
    }

    /// Returns the share that so many kernels are of those that something is expected of.
    pub(super) fn share(&self, kernels: f64) -> Option<f64> {
        (self.kernels > 0.0).then(|| (kernels / self.kernels).max(0.0))
    }

    fn add(&mut self, other: &Self) {
        let add = |own: &mut [f64], other: &[f64]| {
            own.iter_mut().zip(other).for_each(|(own, other)| *own += other);
        };
        self.drawn += other.drawn;
        self.kernels += other.kernels;
        self.zeros += other.zeros;
        add(&mut self.structures, &other.structures);
        add(&mut self.errors, &other.errors);
        for (own, other) in self.tallies.iter_mut().zip(&other.tallies) {
            own.count += other.count;
            own.sum += other.sum;
            add(&mut own.bins, &other.bins);
        }
    }
}

impl Weighed {
    /// Returns the mean; nothing of no kernels.
    pub(super) fn mean(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }

    /// Returns the share of kernels in each bin; nothing of no kernels.
    pub(super) fn shares(&self) -> Option<[f64; BINS]> {
        (self.count > 0.0).then(|| self.bins.map(|bin| bin / self.count))
    }
}
