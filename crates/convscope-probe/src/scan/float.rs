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
    -0.005_415_212_348_124_557,
    1.466_226_238_760_08e-05,
    -2.646_642_142_831_087e-08,
    3.583_032_058_394_401e-11,
    -3.880_557_426_748_962e-14,
    3.501_584_210_688_399_6e-17,
    -2.691_669_424_548_665_7e-20,
    1.619_139_737_022_045_8e-23,
];

/// log₂(1 + x) / x for 0 ≤ x ≤ 1 in powers of x − ½, interpolated likewise, to 10⁻¹⁴.
const LOGARITHM: [f64; 17] = [
    1.169_925_001_442_312_4,
    -0.416_256_615_032_184_1,
    0.191_315_434_114_386_42,
    -0.097_654_070_122_878_97,
    0.052_819_741_017_495_68,
    -0.029_645_663_838_052_772,
    0.017_072_549_895_705_88,
    -0.010_020_216_668_993_845,
    0.005_967_327_131_617_351,
    -0.003_593_264_416_503_264,
    0.002_185_159_763_732_478,
    -0.001_352_593_171_782_604_9,
    0.000_834_670_459_335_39,
    -0.000_460_471_850_109_188_34,
    0.000_286_539_431_873_644,
    -0.000_310_475_402_098_588_4,
    0.000_195_639_215_019_650_28,
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
