//! Means, intervals and comparisons over seeds.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// A mean with its 95 % interval, and how many numbers it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// How many numbers.
    pub count: usize,
}

/// The confidence of every interval that convscope states.
pub const CONFIDENCE: f64 = 0.95;

/// Returns the mean; `None` of nothing.
pub fn mean(sample: &[f64]) -> Option<f64> {
    (!sample.is_empty()).then(|| sample.iter().sum::<f64>() / sample.len() as f64)
}

/// Returns the standard deviation with divisor n − 1; `None` for fewer than two numbers.
pub fn standard_deviation(sample: &[f64]) -> Option<f64> {
    let centre = mean(sample)?;
    let squares: f64 = sample.iter().map(|x| (x - centre).powi(2)).sum();
    (sample.len() > 1).then(|| (squares / (sample.len() - 1) as f64).sqrt())
}

/// Returns the quantile of Student's t distribution for a two-sided 95 % interval.
///
/// `None` without degrees of freedom.
pub fn student_t(degrees_of_freedom: usize) -> Option<f64> {
    let t = StudentsT::new(0.0, 1.0, degrees_of_freedom as f64).ok()?;
    Some(t.inverse_cdf(0.5 + CONFIDENCE / 2.0))
}

/// Returns the mean and its 95 % Student interval over independent numbers.
///
/// ```text
/// mean ± t(n − 1) · sd / √n
/// ```
///
/// Misleads when the numbers are few and far from normal, as accuracies near 1 are: the interval
/// may then pass 1. `None` for fewer than two numbers.
pub fn mean_interval(sample: &[f64]) -> Option<Interval> {
    let centre = mean(sample)?;
    let half = student_t(sample.len().checked_sub(1)?)? * standard_deviation(sample)?
        / (sample.len() as f64).sqrt();
    Some(Interval { mean: centre, low: centre - half, high: centre + half, count: sample.len() })
}

/// Returns Wilson's 95 % interval of a share.
///
/// For a single run: `hits` of `trials` images. `None` without trials.
pub fn share_interval(hits: usize, trials: usize) -> Option<Interval> {
    const Z: f64 = 1.959_963_984_540_054;
    if trials == 0 {
        return None;
    }
    let (n, p) = (trials as f64, hits as f64 / trials as f64);
    let centre = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some(Interval { mean: p, low: centre - half, high: centre + half, count: trials })
}

#[cfg(test)]
mod tests {
    use super::{mean_interval, share_interval, student_t};

    #[test]
    fn t_quantiles_equal_the_tables() {
        for (freedom, wanted) in [(1, 12.706_205), (2, 4.302_653), (9, 2.262_157), (99, 1.984_217)]
        {
            assert!((student_t(freedom).unwrap() - wanted).abs() < 1e-5, "{freedom}");
        }
        assert_eq!(student_t(0), None);
    }

    #[test]
    fn an_interval_of_four_numbers() {
        let interval = mean_interval(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        assert!((interval.mean - 2.5).abs() < 1e-12);
        assert!((interval.high - 4.554_260).abs() < 1e-5, "scipy: t.interval(0.95, 3, 2.5, sem)");
        assert_eq!(mean_interval(&[1.0]), None);
    }

    #[test]
    fn a_share_of_all_is_not_certain() {
        let interval = share_interval(150, 150).unwrap();
        assert!((interval.low - 0.975_029).abs() < 1e-5, "statsmodels: proportion_confint, wilson");
        assert!((interval.high - 1.0).abs() < 1e-12);
    }
}
