//! A number of a layer beside what it is by chance.

use convscope_core::{Value, stats};
use statrs::function::erf::erfc;

use super::DRAWS;
use crate::Chance;

/// A number of a layer beside what it is by chance, of both kinds.
///
/// What a chance level cannot say is absent with its reason; what says so of both kinds is said of the value too.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The value, or why there is none.
    pub value: Value,
    /// What it is over layers of independent normal numbers of this shape.
    pub gaussian: Level,
    /// What it is over layers of this shape with the layer's own numbers in random places.
    pub permuted: Level,
}

/// What a number is by chance, and where the layer's own stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// Its mean over layers by chance.
    pub mean: Value,
    /// Its standard deviation over them; where their mean was drawn from few, with what that is uncertain by.
    pub deviation: Value,
    /// The share, in percent, of them that have less; those that have as much count half.
    ///
    /// From 200 draws, so that one near 50 is certain to 3.5 points (one standard error), or in closed form. As if
    /// it were normal of means over several filters or inputs, which is off by some points where they are few, and
    /// of the orthogonality of very many filters, off by up to five points where these have few numbers.
    pub percentile: Value,
}

impl Judged {
    pub(super) fn missing(reason: &str) -> Self {
        let missing = || Level::missing(reason);
        Self { value: Value::missing(reason), gaussian: missing(), permuted: missing() }
    }

    /// Sets a value beside layers drawn in both ways.
    pub(super) fn drawn(value: f64, gaussian: &[f64], permuted: &[f64]) -> Self {
        Self {
            value: Value::of(value),
            gaussian: Level::drawn(value, gaussian),
            permuted: Level::drawn(value, permuted),
        }
    }

    /// Returns this as a share of a number that does not depend on chance: percentiles stay what they are.
    pub(super) fn over(&self, whole: f64) -> Self {
        let of = |value: &Value| match value.number() {
            Some(number) => Value::of(number / whole),
            None => value.clone(),
        };
        let level = |level: &Level| Level {
            mean: of(&level.mean),
            deviation: of(&level.deviation),
            percentile: level.percentile.clone(),
        };
        let [gaussian, permuted] = [&self.gaussian, &self.permuted].map(level);
        Self { value: of(&self.value), gaussian, permuted }
    }

    /// Returns how many standard deviations the value lies above its mean over layers of normal numbers.
    pub fn z(&self) -> Option<f64> {
        z([&self.value, &self.gaussian.mean, &self.gaussian.deviation])
    }
}

impl Level {
    pub(super) fn missing(reason: &str) -> Self {
        let missing = || Value::missing(reason);
        Self { mean: missing(), deviation: missing(), percentile: missing() }
    }

    /// Sets a value beside draws of it.
    pub(super) fn drawn(value: f64, draws: &[f64]) -> Self {
        let below = Chance::drawn(draws.to_vec()).map(|drawn| 100.0 * drawn.share_below(value));
        let of = |number: Option<f64>| number.map_or(Value::missing("too few draws"), Value::of);
        Self {
            mean: of(stats::mean(draws)),
            deviation: of(stats::standard_deviation(draws)),
            percentile: of(below),
        }
    }

    /// Sets a value beside a normal distribution.
    pub(super) fn normal(value: f64, mean: f64, deviation: f64) -> Self {
        let z = (value - mean) / deviation;
        let percentile = if deviation > 0.0 {
            Value::of(50.0 * erfc(-z / std::f64::consts::SQRT_2))
        } else {
            Value::missing("nothing varies by chance")
        };
        Self { mean: Value::of(mean), deviation: Value::of(deviation), percentile }
    }

    /// Sets a mean of so many, independent of each other, beside how one of them is distributed.
    pub(super) fn of_mean(value: f64, count: usize, one: &Chance) -> Self {
        let deviation = one.deviation();
        match deviation {
            Some(deviation) if count > 1 => {
                // The mean of draws is itself uncertain.
                let drawn = match one {
                    Chance::Closed(_) => 0.0,
                    Chance::Drawn(values) => 1.0 / values.len() as f64,
                };
                let deviation = deviation * (1.0 / count as f64 + drawn).sqrt();
                Self::normal(value, one.mean(), deviation)
            }
            _ => Self {
                mean: Value::of(one.mean()),
                deviation: deviation.map_or(Value::missing("too few draws"), Value::of),
                percentile: Value::of(100.0 * one.share_below(value)),
            },
        }
    }

    /// Sets the mean of a layer's numbers beside those of whole layers.
    ///
    /// All draws say where the mean of a layer stands by themselves; fewer as if it were normal. Its deviation is theirs
    /// with what their mean is uncertain by, or, where they are very few, that of single numbers over the root of their
    /// count, as if these were independent: too large where a few numbers are far larger than all others, since these
    /// are in every layer.
    pub(super) fn of_layers(value: f64, layers: &[Sums]) -> Self {
        let means: Vec<f64> = layers.iter().map(Sums::mean).collect();
        let Some(mean) = stats::mean(&means) else {
            return Self::missing("no layer drawn has one");
        };
        if layers.len() as u64 == DRAWS {
            return Self::drawn(value, &means);
        }
        let all = layers.iter().fold(Sums::default(), Sums::with);
        let drawn = layers.len() as f64;
        let of_one = match stats::standard_deviation(&means) {
            Some(deviation) if layers.len() >= MANY => deviation,
            _ => (all.variance() * drawn / all.count).sqrt(),
        };
        Self::normal(value, mean, of_one * (1.0 + 1.0 / drawn).sqrt())
    }
}

/// From so many layers on their own deviation is known well enough.
const MANY: usize = 32;

/// Numbers of one layer, of which the mean is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sums {
    pub(super) count: f64,
    pub(super) sum: f64,
    pub(super) squares: f64,
}

impl Sums {
    /// Adds up numbers; nothing of none.
    pub(super) fn of(numbers: impl Iterator<Item = f64>) -> Option<Self> {
        let mut sums = Self::default();
        numbers.for_each(|number| sums.add(number));
        (sums.count > 0.0).then_some(sums)
    }

    pub(super) fn add(&mut self, number: f64) {
        self.count += 1.0;
        self.sum += number;
        self.squares += number * number;
    }

    /// Adds those of another layer.
    pub(super) fn with(self, other: &Self) -> Self {
        Self {
            count: self.count + other.count,
            sum: self.sum + other.sum,
            squares: self.squares + other.squares,
        }
    }

    /// Returns those of one less each number.
    pub(super) fn one_less(self) -> Self {
        let Self { count, sum, squares } = self;
        Self { count, sum: count - sum, squares: count - 2.0 * sum + squares }
    }

    pub(super) fn mean(&self) -> f64 {
        self.sum / self.count
    }

    fn variance(&self) -> f64 {
        (self.squares / self.count - self.mean().powi(2)).max(0.0)
    }
}

pub(super) fn z(numbers: [&Value; 3]) -> Option<f64> {
    let [value, chance, deviation] = numbers.map(Value::number);
    let (above, deviation) = (value? - chance?, deviation?);
    (deviation > 0.0).then(|| above / deviation)
}
