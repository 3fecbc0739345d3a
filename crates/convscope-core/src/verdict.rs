//! Verdicts on published statements, from numbers measured here.
//!
//! A published number is itself the outcome of some runs, often of one. The question is therefore
//! not whether our mean equals it, but whether our process could have produced it.

use serde::{Deserialize, Serialize};

use crate::stats::{self, Interval};

/// What became of a published statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Our numbers bear it out.
    Reproduced,
    /// Our numbers contradict it.
    NotReproduced,
    /// Our numbers cannot tell, at the replicates given.
    Undecided,
}

impl Verdict {
    /// Returns the verdict in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Reproduced => "reproduced",
            Self::NotReproduced => "not reproduced",
            Self::Undecided => "undecided",
        }
    }
}

/// A verdict with what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// What became of the statement.
    pub verdict: Verdict,
    /// Our mean with its 95 % interval, if there were at least two numbers.
    pub measured: Option<Interval>,
    /// Our number, if there was but one.
    pub single: Option<f64>,
    /// Where a published number had to lie to be one of ours, with 95 % confidence.
    pub expected: Option<(f64, f64)>,
    /// Why, in one sentence.
    pub why: String,
}

/// A published number and how it was obtained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Published {
    /// The number.
    pub value: f64,
    /// Half a unit of its last printed digit.
    pub rounding: f64,
    /// Over how many runs it is a mean.
    pub replicates: u32,
    /// Of how many images it is a share, when it is one.
    pub images: Option<u32>,
    /// How wide the expected range may be, on each side, for agreement to mean anything.
    pub margin: f64,
}

/// Judges a published number against ours, one for each seed.
///
/// ```text
/// expected range = mean ± t(n − 1) · s · √(1/n + 1/m) ± rounding
/// s² = max(variance over our n seeds, p(1 − p)/images)
/// ```
///
/// with m the published replicates and p our mean after adding two successes and two failures
/// (Agresti and Coull 1998), so that "all seeds reached 100 %" does not make the range a point.
/// *Reproduced* when the published number lies in the range and the range is no wider than
/// `margin` on each side; *not reproduced* when it lies outside; *undecided* when it lies inside a
/// range too wide to mean agreement, or with fewer than three seeds.
///
/// ```
/// use convscope_core::verdict::{Published, Verdict, judge_number};
///
/// let published =
///     Published { value: 0.90, rounding: 5e-5, replicates: 1, images: Some(150), margin: 0.1 };
/// assert_eq!(judge_number(published, &[0.91, 0.89, 0.92, 0.9]).verdict, Verdict::Reproduced);
/// assert_eq!(judge_number(published, &[0.51, 0.49, 0.52, 0.5]).verdict, Verdict::NotReproduced);
/// assert_eq!(judge_number(published, &[0.91]).verdict, Verdict::Undecided);
/// ```
pub fn judge_number(published: Published, ours: &[f64]) -> Judgement {
    let (Some(measured), true) = (stats::mean_interval(ours), ours.len() >= 3) else {
        return undecided(ours, format!("{} of at least 3 seeds have a number", ours.len()));
    };
    let spread = expected_spread(published, measured.mean, ours);
    let n = ours.len() as f64;
    let t = stats::student_t(ours.len() - 1).unwrap_or(f64::INFINITY);
    let half = t * spread * (1.0 / n + 1.0 / f64::from(published.replicates.max(1))).sqrt()
        + published.rounding;
    let expected = (measured.mean - half, measured.mean + half);
    let (verdict, why) = if (published.value - measured.mean).abs() > half {
        (Verdict::NotReproduced, "the published number lies outside what our runs would produce")
    } else if half > published.margin + published.rounding {
        (Verdict::Undecided, "our runs differ so much that agreement would mean little")
    } else {
        (Verdict::Reproduced, "the published number is one that our runs would produce")
    };
    Judgement {
        verdict,
        measured: Some(measured),
        single: None,
        expected: Some(expected),
        why: why.into(),
    }
}

fn expected_spread(published: Published, mean: f64, ours: &[f64]) -> f64 {
    let seen = stats::standard_deviation(ours).unwrap_or(0.0);
    let binomial = published.images.map_or(0.0, |images| {
        let images = f64::from(images);
        let p = (mean * images + 2.0) / (images + 4.0);
        (p * (1.0 - p) / images).max(0.0).sqrt()
    });
    seen.max(binomial)
}

/// Judges "the first is more than the second by at least `least`", from differences paired by seed.
///
/// *Reproduced* when the 95 % interval of the mean difference lies above `least`, *not reproduced*
/// when it lies below, else *undecided*. Needs three pairs.
pub fn judge_difference(least: f64, differences: &[f64]) -> Judgement {
    let (Some(measured), true) = (stats::mean_interval(differences), differences.len() >= 3) else {
        return undecided(differences, format!("{} of at least 3 pairs", differences.len()));
    };
    let (verdict, why) = if measured.low > least {
        (Verdict::Reproduced, "the whole interval of the difference bears it out")
    } else if measured.high < least {
        (Verdict::NotReproduced, "the whole interval of the difference contradicts it")
    } else {
        (Verdict::Undecided, "the interval of the difference holds both answers")
    };
    Judgement { verdict, measured: Some(measured), single: None, expected: None, why: why.into() }
}

/// Judges "it lies from `low` to `high`" against the 95 % interval of our mean.
pub fn judge_range(low: f64, high: f64, ours: &[f64]) -> Judgement {
    let (Some(measured), true) = (stats::mean_interval(ours), ours.len() >= 3) else {
        return undecided(ours, format!("{} of at least 3 seeds have a number", ours.len()));
    };
    let (verdict, why) = if measured.low >= low && measured.high <= high {
        (Verdict::Reproduced, "the whole interval lies in the published range")
    } else if measured.high < low || measured.low > high {
        (Verdict::NotReproduced, "the whole interval lies outside the published range")
    } else {
        (Verdict::Undecided, "the interval crosses an end of the published range")
    };
    Judgement {
        verdict,
        measured: Some(measured),
        single: None,
        expected: Some((low, high)),
        why: why.into(),
    }
}

fn undecided(ours: &[f64], why: String) -> Judgement {
    let measured = stats::mean_interval(ours);
    let single = if let [only] = ours { Some(*only) } else { None };
    Judgement { verdict: Verdict::Undecided, measured, single, expected: None, why }
}

#[cfg(test)]
mod tests {
    use super::{Published, Verdict, judge_difference, judge_number, judge_range};

    fn accuracy(value: f64) -> Published {
        Published { value, rounding: 5e-5, replicates: 1, images: Some(150), margin: 0.1 }
    }

    #[test]
    fn one_wrong_image_does_not_contradict_ten_perfect_seeds() {
        assert_eq!(judge_number(accuracy(0.9933), &[1.0; 10]).verdict, Verdict::Reproduced);
        assert_eq!(judge_number(accuracy(0.9), &[1.0; 10]).verdict, Verdict::NotReproduced);
    }

    #[test]
    fn scattered_seeds_leave_it_open() {
        let ours = [0.5, 0.9, 0.6, 1.0, 0.7];
        assert_eq!(judge_number(accuracy(0.75), &ours).verdict, Verdict::Undecided);
    }

    #[test]
    fn a_mean_over_many_runs_is_held_to_a_narrower_range() {
        let ours = [0.90, 0.92, 0.94, 0.96, 0.98];
        let once = Published { images: None, ..accuracy(0.87) };
        let often = Published { replicates: 100, ..once };
        assert_eq!(judge_number(once, &ours).verdict, Verdict::Reproduced);
        assert_eq!(judge_number(often, &ours).verdict, Verdict::NotReproduced);
    }

    #[test]
    fn differences_and_ranges_have_three_answers() {
        assert_eq!(judge_difference(0.0, &[0.1, 0.2, 0.15]).verdict, Verdict::Reproduced);
        assert_eq!(judge_difference(0.0, &[-0.1, -0.2, -0.15]).verdict, Verdict::NotReproduced);
        assert_eq!(judge_difference(0.0, &[-0.1, 0.2, 0.15]).verdict, Verdict::Undecided);
        assert_eq!(judge_range(1.0, 2.0, &[1.4, 1.5, 1.6]).verdict, Verdict::Reproduced);
        assert_eq!(judge_range(1.0, 2.0, &[3.4, 3.5, 3.6]).verdict, Verdict::NotReproduced);
        assert_eq!(judge_range(1.0, 2.0, &[1.9, 2.0, 2.1]).verdict, Verdict::Undecided);
    }
}
