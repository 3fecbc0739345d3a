//! Powers and logarithms without branches, to what the probes need of them.
#![allow(
    clippy::inline_always,
    reason = "what is not inlined is compiled for the oldest processor"
)]

use pulp::Simd;

use super::lanes::{LANES, Lanes};

/// Beyond this, powers of a half are taken for nothing.
const MOST: f64 = 52.0;
/// How often the root of a power is squared to give it.
const SQUARES: usize = 7;

/// (2^(−x / 2⁷) − 1) / x for 0 ≤ x ≤ 52, interpolated at the zeros of a Chebyshev polynomial: 2^−x comes out
/// to 10⁻¹⁵ of it, and with rounding to some 10⁻¹⁴.
const ROOT: [f64; 8] = [
    -0.005415212348124557,
    1.46622623876008e-05,
    -2.646642142831087e-08,
    3.583032058394401e-11,
    -3.880557426748962e-14,
    3.5015842106883996e-17,
    -2.6916694245486657e-20,
    1.6191397370220458e-23,
];

/// log₂(1 + x) / x for 0 ≤ x ≤ 1 in powers of x − ½, interpolated likewise, to 10⁻¹⁴.
const LOGARITHM: [f64; 17] = [
    1.1699250014423124,
    -0.4162566150321841,
    0.19131543411438642,
    -0.09765407012287897,
    0.05281974101749568,
    -0.029645663838052772,
    0.01707254989570588,
    -0.010020216668993845,
    0.005967327131617351,
    -0.003593264416503264,
    0.002185159763732478,
    -0.0013525931717826049,
    0.00083467045933539,
    -0.00046047185010918834,
    0.000286539431873644,
    -0.0003104754020985884,
    0.00019563921501965028,
];

impl<S: Simd, const W: usize> Lanes<S, W> {
    /// Returns 2^−x for x ≥ 0.
    #[inline(always)]
    pub(super) fn half_to(self) -> Self {
        let root = self.root_of_half_to();
        root * root
    }

    /// Returns 2^(−x / 2) for x ≥ 0, of which whoever sums squares makes 2^−x.
    #[inline(always)]
    pub(super) fn root_of_half_to(self) -> Self {
        let x = self.least(self.all(MOST));
        let mut power = x.polynomial(&ROOT).mul_add(x, x.all(1.0));
        for _ in 1..SQUARES {
            power = power * power;
        }
        power
    }

    /// Returns the logarithm to base 2 of positive numbers that are not among the very smallest.
    #[inline(always)]
    pub(super) fn log2(self) -> Self {
        /// The bits of 2⁵², to which small whole numbers may be added as they stand.
        const WHOLE: u64 = 0x4330_0000_0000_0000;
        const ONE: u64 = 0x3ff0_0000_0000_0000;
        const FRACTION: u64 = 0x000f_ffff_ffff_ffff;
        let (mut fractions, mut exponents) = (self.store(), [0.0; LANES]);
        for (fraction, exponent) in fractions.iter_mut().zip(&mut exponents) {
            let bits = fraction.to_bits();
            *exponent = f64::from_bits(bits >> 52 | WHOLE);
            *fraction = f64::from_bits(bits & FRACTION | ONE);
        }
        let exponent = Self::load(self.simd(), &exponents) - ((1_u64 << 52) as f64 + 1023.0);
        let m = Self::load(self.simd(), &fractions);
        (m - 1.0).mul_add((m - 1.5).polynomial(&LOGARITHM), exponent)
    }
}
