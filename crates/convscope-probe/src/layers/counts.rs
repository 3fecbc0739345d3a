//! How many things come out by chance.

use convscope_core::Value;
use statrs::function::erf::erfc;

use super::judged::Level;

/// How many of some trials come out, each by itself; of a matched one there need not be a whole number of trials.
#[derive(Debug, Clone, Copy)]
pub(super) struct Binomial {
    pub(super) trials: f64,
    pub(super) share: f64,
}

/// Beyond this mean it is taken for normal.
const NORMAL: f64 = 200.0;

impl Binomial {
    fn mean(&self) -> f64 {
        self.trials * self.share
    }

    fn variance(&self) -> f64 {
        self.mean() * (1.0 - self.share)
    }

    /// Returns the share of counts that are below, as many counting half.
    fn below(&self, count: f64) -> f64 {
        if self.mean() > NORMAL {
            let z = (count - self.mean()) / self.variance().sqrt();
            return 0.5 * erfc(-z / std::f64::consts::SQRT_2);
        }
        let (mut each, mut sum) = ((self.trials * (-self.share).ln_1p()).exp(), 0.0);
        let odds = self.share / (1.0 - self.share);
        let mut place = 0.0;
        while place < count && place < self.trials {
            sum += each;
            each *= odds * (self.trials - place) / (place + 1.0);
            place += 1.0;
        }
        let own = if place < self.trials + 1.0 && place >= count { each.max(0.0) } else { 0.0 };
        (sum + 0.5 * own).min(1.0)
    }
}

impl Level {
    /// Sets a count, as a share of a whole, beside equally likely distributions of it.
    pub(super) fn counted(count: f64, whole: f64, mixed: &[Binomial]) -> Self {
        let mean_of =
            |of: &dyn Fn(&Binomial) -> f64| mixed.iter().map(of).sum::<f64>() / mixed.len() as f64;
        let mean = mean_of(&Binomial::mean);
        let variance = mean_of(&|one| one.variance() + (one.mean() - mean).powi(2));
        Self {
            mean: Value::of(mean / whole),
            deviation: Value::of(variance.sqrt() / whole),
            percentile: Value::of(100.0 * mean_of(&|one| one.below(count))),
        }
    }
}
