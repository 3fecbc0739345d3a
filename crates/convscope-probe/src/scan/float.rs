//! Exponentials and logarithms without branches, so that many are computed at once.
#![allow(
    clippy::inline_always,
    reason = "what is not inlined is compiled for the oldest processor"
)]

/// A number so large that sums with it are rounded to whole numbers, which stand in their last bits.
const WHOLE: f64 = 1.5 * (1_u64 << 52) as f64;
const LN_2: f64 = std::f64::consts::LN_2;
/// ln 2 to 33 bits, so that its product with a small whole number is exact, and what is left of it.
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// Returns e^x to a few units of the last digit, for −700 ≤ x ≤ 700; below that as at −700.
#[inline(always)]
pub(super) fn exp(x: f64) -> f64 {
    let x = x.max(-700.0);
    let shifted = x * std::f64::consts::LOG2_E + WHOLE;
    let twos = shifted - WHOLE;
    let r = (x - twos * LN_2_HIGH) - twos * LN_2_LOW;
    let mut sum = 1.0 / 6_227_020_800.0;
    for divisor in [
        479_001_600.0,
        39_916_800.0,
        3_628_800.0,
        362_880.0,
        40_320.0,
        5_040.0,
        720.0,
        120.0,
        24.0,
        6.0,
        2.0,
        1.0,
        1.0,
    ] {
        sum = sum * r + 1.0 / divisor;
    }
    sum * f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52)
}

/// Returns ln x to a few units of the last digit, for normal x above 0.
#[inline(always)]
pub(super) fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent =
        f64::from_bits(bits >> 52 | 0x4330_0000_0000_0000) - ((1_u64 << 52) as f64 + 1023.0);
    let mantissa = f64::from_bits(bits & 0x000f_ffff_ffff_ffff | 0x3ff0_0000_0000_0000);
    let large = mantissa > std::f64::consts::SQRT_2;
    let mantissa = if large { 0.5 * mantissa } else { mantissa };
    let exponent = if large { exponent + 1.0 } else { exponent };
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let mut sum = 1.0 / 23.0;
    for divisor in [21.0, 19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0] {
        sum = sum * square + 1.0 / divisor;
    }
    exponent * LN_2 + (2.0 * s + 2.0 * s * square * sum)
}
