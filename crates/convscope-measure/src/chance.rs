//! How alike random kernels are.
//!
//! Two random directions of few dimensions are far from orthogonal: 3 × 3 kernels without any
//! relation have a mean |cosine| of 0.27, and the best of many pairs one near 1. A similarity of
//! filters means nothing beside other numbers than these.

use statrs::function::beta::beta_reg;
use statrs::function::gamma::ln_gamma;

/// Returns the mean of |cos| between a fixed and a uniformly random direction of d dimensions.
///
/// ```text
/// Γ(d/2) / (√π Γ((d+1)/2));   0.2734 for the 9 weights of a 3 × 3 kernel
/// ```
///
/// The mean of |Pearson| of d numbers is that of d − 1 dimensions: 0.2910 for 3 × 3. Exact for
/// normal weights and any that have no preferred direction. 1 for d = 1, NaN for d = 0.
///
/// ```
/// use convscope_measure::chance::mean_absolute_cosine;
///
/// assert!((mean_absolute_cosine(9) - 0.2734).abs() < 1e-4);
/// assert!((mean_absolute_cosine(9 - 1) - 0.2910).abs() < 1e-4);
/// ```
pub fn mean_absolute_cosine(d: usize) -> f64 {
    let d = d as f64;
    (ln_gamma(d / 2.0) - ln_gamma(f64::midpoint(d, 1.0))).exp() / std::f64::consts::PI.sqrt()
}

/// Returns the standard deviation of |cos| in d dimensions, from E cos² = 1/d.
pub fn deviation_of_absolute_cosine(d: usize) -> f64 {
    (1.0 / d as f64 - mean_absolute_cosine(d).powi(2)).max(0.0).sqrt()
}

/// Returns the chance that |cos| of random directions of d dimensions is at most `t`.
///
/// ```text
/// I_{t²}(1/2, (d − 1)/2),   the regularised incomplete beta function
/// ```
pub fn share_below(d: usize, t: f64) -> f64 {
    let t = t.clamp(0.0, 1.0);
    if d < 2 {
        return if t < 1.0 { 0.0 } else { 1.0 };
    }
    beta_reg(0.5, (d - 1) as f64 / 2.0, t * t)
}

/// Returns the mean of the largest |cos| among m independent random pairs of d dimensions.
///
/// ```text
/// ∫₀¹ (1 − F(t)^m) dt,   F as in [`share_below`]
/// ```
///
/// Pairs that share a kernel are nearly, not quite, independent: with fifteen pairs of six kernels
/// the mean is slightly lower. By Simpson's rule over the angle, to about 1e-9.
///
/// ```
/// use convscope_measure::chance::mean_of_largest;
///
/// assert!((mean_of_largest(9, 1) - 0.2734).abs() < 1e-4);
/// assert!((mean_of_largest(9, 15) - 0.64).abs() < 0.01, "best of fifteen pairs of 3 × 3 kernels");
/// ```
pub fn mean_of_largest(d: usize, m: usize) -> f64 {
    let exponent = i32::try_from(m).unwrap_or(i32::MAX);
    over_quarter(|angle| (1.0 - share_below(d, angle.sin()).powi(exponent)) * angle.cos())
}

/// Returns the standard deviation of the largest |cos| among m independent random pairs of d dimensions.
///
/// ```text
/// ∫₀¹ 2t (1 − F(t)^m) dt − mean²
/// ```
pub fn deviation_of_largest(d: usize, m: usize) -> f64 {
    let exponent = i32::try_from(m).unwrap_or(i32::MAX);
    let square = over_quarter(|angle| {
        let (t, slope) = angle.sin_cos();
        2.0 * t * (1.0 - share_below(d, t).powi(exponent)) * slope
    });
    (square - mean_of_largest(d, m).powi(2)).max(0.0).sqrt()
}

/// Returns the mean distance of two arrows of given lengths and random directions in d dimensions.
///
/// ```text
/// E √(a² + b² − 2ab cos θ),   the density of θ in 0..π being ∝ sin^(d−2) θ
/// ```
///
/// By Simpson's rule over the angle, to about 1e-9 of a + b. NaN for d = 0.
///
/// ```
/// use convscope_measure::chance::mean_distance;
///
/// // In many dimensions random arrows are orthogonal.
/// assert!((mean_distance(10_000, [3.0, 4.0]) - 5.0).abs() < 1e-3);
/// assert_eq!(mean_distance(1, [3.0, 4.0]), 4.0, "1 or 7");
/// ```
pub fn mean_distance(d: usize, [a, b]: [f64; 2]) -> f64 {
    if d < 2 {
        return if d == 1 { (a - b).abs().midpoint(a + b) } else { f64::NAN };
    }
    let power = (d - 2) as f64;
    let apart = |cos: f64| (a * a + b * b - 2.0 * a * b * cos).max(0.0).sqrt();
    // Both halves of 0..π together: θ and π − θ have the same density and opposite cosines.
    let sum = over_quarter(|angle| {
        angle.sin().powf(power) * apart(angle.cos()).midpoint(apart(-angle.cos()))
    });
    sum / over_quarter(|angle| angle.sin().powf(power))
}

/// Integrates over angles from 0 to π/2 by Simpson's rule.
fn over_quarter(height: impl Fn(f64) -> f64) -> f64 {
    const STEPS: usize = 4096;
    let width = std::f64::consts::FRAC_PI_2 / STEPS as f64;
    let weight = |step: usize| match step {
        0 | STEPS => 1.0,
        _ if step % 2 == 1 => 4.0,
        _ => 2.0,
    };
    (0..=STEPS).map(|step| weight(step) * height(step as f64 * width)).sum::<f64>() * width / 3.0
}
