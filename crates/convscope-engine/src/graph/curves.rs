//! Curves of activations in arithmetic alone, so that a level's vectors compute sixteen at once.
//!
//! Sums and products of 32 bits in one order, without fused ones: the same bits on every level.

/// Returns the hyperbolic tangent, within 4e-7 of it.
///
/// A ratio of polynomials of degree 13 and 6; beyond 7.9 the curve is level.
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    const ABOVE: [f32; 7] = [
        -2.760_768_5e-16,
        2.000_188e-13,
        -8.604_672e-11,
        5.122_297e-8,
        1.485_722_4e-5,
        6.372_619_4e-4,
        4.893_524_6e-3,
    ];
    const BELOW: [f32; 4] = [1.198_258_4e-6, 1.185_347_1e-4, 2.268_434_6e-3, 4.893_525_3e-3];
    let x = x.clamp(-7.905_311, 7.905_311);
    let square = x * x;
    x * polynomial(&ABOVE, square) / polynomial(&BELOW, square)
}

/// Returns Φ(x), the normal distribution's probability below x, within 2e-7 of it.
#[inline(always)]
pub(super) fn cumulated(x: f32) -> f32 {
    0.5 * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// Returns the normal distribution's density, within 1e-7 of it.
#[inline(always)]
pub(super) fn density(x: f32) -> f32 {
    const SCALE: f32 = 0.398_942_3;
    SCALE * exp(-0.5 * x * x)
}

/// Returns the error function: a ratio of polynomials of degree 13 and 8, level beyond 4.
#[inline(always)]
fn erf(x: f32) -> f32 {
    const ABOVE: [f32; 7] = [
        -2.726_142_4e-10,
        2.770_681_4e-8,
        -2.101_024e-6,
        -5.692_506_5e-5,
        -7.349_906_6e-4,
        -2.954_6e-3,
        -1.609_603_3e-2,
    ];
    const BELOW: [f32; 5] =
        [-1.456_607_2e-5, -2.133_740_6e-4, -1.682_827e-3, -7.373_329e-3, -1.426_473_9e-2];
    let x = x.clamp(-4.0, 4.0);
    let square = x * x;
    x * polynomial(&ABOVE, square) / polynomial(&BELOW, square)
}

/// Returns e to a power that is not positive: 2ⁿ · eʳ with r between ±½ ln 2.
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// Added to a small number, it leaves the nearest whole one in the last bits.
    const ROUND: f32 = 12_582_912.0;
    /// ln 2 in two parts, the first of so few bits that n of them are exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    const SERIES: [f32; 7] = [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];
    let x = x.clamp(-87.0, 0.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let rest = x - n * LN_2[0] - n * LN_2[1];
    let scale = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    polynomial(&SERIES, rest) * scale
}

/// Returns a polynomial's value, the highest power's coefficient coming first.
#[inline(always)]
fn polynomial<const N: usize>(coefficients: &[f32; N], x: f32) -> f32 {
    let mut sum = coefficients[0];
    for coefficient in &coefficients[1..] {
        sum = sum * x + coefficient;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::{cumulated, density, tanh};

    /// Numbers of both signs and all sizes, each 0.01 % from the next, and zero.
    fn numbers() -> impl Iterator<Item = f32> {
        let sizes = (0..260_000).map(|step| 1e-9 * (f64::from(step) * 1e-4).exp());
        sizes.flat_map(|size| [size as f32, -size as f32]).chain([0.0, -0.0])
    }

    fn largest_error(found: fn(f32) -> f32, expected: fn(f64) -> f64) -> f64 {
        numbers().map(|x| (f64::from(found(x)) - expected(f64::from(x))).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn curves_are_near_those_of_64_bits() {
        let phi = |x: f64| 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
        let bell = |x: f64| (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
        assert!(largest_error(tanh, libm::tanh) < 4e-7);
        assert!(largest_error(cumulated, phi) < 2e-7);
        assert!(largest_error(density, bell) < 1e-7);
    }

    #[test]
    fn small_numbers_keep_their_digits_under_the_hyperbolic_tangent() {
        for x in numbers().filter(|x| *x != 0.0) {
            let expected = libm::tanh(f64::from(x));
            assert!((f64::from(tanh(x)) / expected - 1.0).abs() < 6e-7, "{x}");
        }
    }

    #[test]
    fn what_is_no_number_stays_none() {
        assert!(tanh(f32::NAN).is_nan() && cumulated(f32::NAN).is_nan());
        assert!(density(f32::NAN).is_nan());
        assert!((tanh(f32::INFINITY) - 1.0).abs() < 1e-6 && (cumulated(-1e30)).abs() < 1e-6);
    }
}
