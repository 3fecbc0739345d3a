//! Many random numbers at once, in 32 bits: the first draws of a seed.
//!
//! Whoever fills many fields hands over the same `bits` each time, memory for random bits, so that none is taken anew.
//!
//! ```
//! use convscope_core::{Seed, draws};
//!
//! let (mut bits, mut noise) = (Vec::new(), vec![0.0; 10_000]);
//! draws::normals(Seed::root(1).child("noise"), &mut bits, &mut noise);
//! let mean = noise.iter().sum::<f32>() / noise.len() as f32;
//! assert!(mean.abs() < 0.05);
//! ```

#![allow(
    clippy::inline_always,
    reason = "loops must be compiled within what is compiled for vectors"
)]

use crate::Seed;

/// Fills a field with numbers from the 2²⁴ evenly spaced ones in [0, 1), as `torch.rand` has them.
pub fn uniforms(seed: Seed, bits: &mut Vec<u32>, to: &mut [f32]) {
    bits.resize(to.len(), 0);
    seed.stream().fill(bits);
    for (value, bits) in to.iter_mut().zip(bits) {
        *value = (*bits >> 8) as f32 * (1.0 / 16_777_216.0);
    }
}

/// Fills a field with draws from the normal distribution of mean 0 and variance 1.
///
/// Box and Muller 1958 in 32 bits, with polynomials that give the same bits on every machine: values
/// are right to about 1e-6 and at most 6.7 away from 0.
pub fn normals(seed: Seed, bits: &mut Vec<u32>, to: &mut [f32]) {
    let pairs = to.len().div_ceil(2 * LANES) * LANES;
    bits.resize(2 * pairs, 0);
    seed.stream().fill(bits);
    let (radii, turns) = bits.split_at(pairs);
    pulp::Arch::new().dispatch(Normals { radii, turns, to });
}

/// Random bits that become normal draws, two of two.
struct Normals<'a> {
    radii: &'a [u32],
    turns: &'a [u32],
    to: &'a mut [f32],
}

impl pulp::NullaryFnOnce for Normals<'_> {
    type Output = ();

    // Within the caller, which is compiled for the vectors of one kind of processor; what it calls as well.
    #[inline(always)]
    fn call(self) {
        let (radii, turns) = (self.radii.as_chunks::<LANES>().0, self.turns.as_chunks::<LANES>().0);
        let mut lanes = radii.iter().zip(turns);
        let (whole, end) = self.to.as_chunks_mut::<{ 2 * LANES }>();
        for (to, (radii, turns)) in whole.iter_mut().zip(&mut lanes) {
            *to = pairs(radii, turns);
        }
        if let Some((radii, turns)) = lanes.next() {
            end.copy_from_slice(&pairs(radii, turns)[..end.len()]);
        }
    }
}

/// Makes two draws of two numbers; the two are `LANES` apart.
#[inline(always)]
fn pairs(radii: &[u32; LANES], turns: &[u32; LANES]) -> [f32; 2 * LANES] {
    let mut pairs = [0.0; 2 * LANES];
    let (sines, cosines) = pairs.split_at_mut(LANES);
    for lane in 0..LANES {
        let radius = (-2.0 * logarithm(above_zero(radii[lane]))).sqrt();
        let (sine, cosine) = sine_and_cosine(turns[lane]);
        sines[lane] = radius * sine;
        cosines[lane] = radius * cosine;
    }
    pairs
}

const LANES: usize = 8;

/// Makes a number in (0, 1] of 32 bits, the smallest being 2⁻³².
#[inline(always)]
fn above_zero(bits: u32) -> f32 {
    // Both halves are exact in 32 bits; their sum is rounded once.
    let (high, low) = ((bits >> 16) as i32 as f32, (bits & 0xFFFF) as i32 as f32);
    high * (1.0 / 65_536.0) + (low + 1.0) * (1.0 / 4_294_967_296.0)
}

/// Returns the natural logarithm of a normal number above 0 (polynomial of Cephes, Moshier 1992).
#[inline(always)]
fn logarithm(x: f32) -> f32 {
    // x = m · 2^e with m in [√½, √2).
    let shifted = x.to_bits().wrapping_sub(0x3F35_04F3);
    let exponent = (shifted as i32) >> 23;
    let m = f32::from_bits((shifted & 0x007F_FFFF) + 0x3F35_04F3) - 1.0;
    let e = exponent as f32;
    let mut p = 7.037_683_6e-2;
    for c in [
        -1.151_461e-1,
        1.167_699_8e-1,
        -1.242_014_1e-1,
        1.424_932_3e-1,
        -1.666_805_8e-1,
        2.000_071_4e-1,
        -2.499_999_4e-1,
        3.333_333e-1,
    ] {
        p = p * m + c;
    }
    let square = m * m;
    p * m * square - 0.5 * square + m + e * std::f32::consts::LN_2
}

/// Returns sine and cosine of 2π · bits / 2³².
#[inline(always)]
fn sine_and_cosine(bits: u32) -> (f32, f32) {
    // The nearest quarter turn, and what is left: between −1/8 and 1/8 of a turn.
    let quarter = bits.wrapping_add(1 << 29) >> 30;
    let left = bits.wrapping_sub(quarter << 30) as i32;
    let angle = left as f32 * (std::f32::consts::TAU / 4_294_967_296.0);
    let square = angle * angle;
    let sine = ((-1.951_529_6e-4 * square + 8.332_161e-3) * square - 1.666_665_5e-1) * square;
    let sine = sine * angle + angle;
    let cosine = (2.443_315_7e-5 * square - 1.388_731_6e-3) * square + 4.166_664_6e-2;
    let cosine = cosine * square * square - 0.5 * square + 1.0;
    // Quarters 1 and 3 exchange the two; 2 and 3 turn the sine around, 1 and 2 the cosine.
    let odd = (quarter & 1).wrapping_neg();
    let sine_sign = (quarter & 2) << 30;
    let cosine_sign = (quarter.wrapping_add(1) & 2) << 30;
    let (s, c) = (sine.to_bits(), cosine.to_bits());
    let swapped = ((c & odd) | (s & !odd), (s & odd) | (c & !odd));
    (f32::from_bits(swapped.0 ^ sine_sign), f32::from_bits(swapped.1 ^ cosine_sign))
}

#[cfg(test)]
mod tests {
    use super::{Normals, above_zero, logarithm, normals, sine_and_cosine, uniforms};
    use crate::Seed;

    #[test]
    fn the_polynomials_are_right_to_a_millionth() {
        let mut stream = Seed::root(3).stream();
        for bits in (0..100_000).map(|_| stream.next_u32()).chain([0, 1, u32::MAX, 1 << 31]) {
            let x = above_zero(bits);
            assert!(x > 0.0 && x <= 1.0, "{x}");
            let exact = libm::log(f64::from(x));
            assert!((f64::from(logarithm(x)) - exact).abs() <= 1e-6 * exact.abs().max(1.0), "{x}");
            let angle = 2.0 * std::f64::consts::PI * f64::from(bits) / 4_294_967_296.0;
            let (sine, cosine) = sine_and_cosine(bits);
            assert!((f64::from(sine) - libm::sin(angle)).abs() < 1e-6, "{bits}");
            assert!((f64::from(cosine) - libm::cos(angle)).abs() < 1e-6, "{bits}");
        }
    }

    /// Moments and tails within five standard errors of the normal distribution's.
    #[test]
    fn normals_are_normal() {
        const COUNT: usize = 1_000_001;
        let mut draws = vec![0.0; COUNT];
        normals(Seed::root(8), &mut Vec::new(), &mut draws);
        let n = COUNT as f64;
        let moment = |k: i32| draws.iter().map(|x| f64::from(*x).powi(k)).sum::<f64>() / n;
        // Var(xᵏ) of a standard normal: 1, 2, 15, 96.
        for (k, mean, variance) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)] {
            let error = (variance / n).sqrt();
            assert!((moment(k) - mean).abs() < 5.0 * error, "moment {k}: {}", moment(k));
        }
        for (bound, tail) in [(1.0, 0.317_310_5), (2.0, 0.045_500_3), (3.0, 0.002_699_8)] {
            let share = draws.iter().filter(|x| x.abs() > bound).count() as f64 / n;
            assert!(
                (share - tail).abs() < 5.0 * (tail * (1.0 - tail) / n).sqrt(),
                "{bound}: {share}"
            );
        }
        // Neighbours and the two of a pair, eight apart, do not know of each other.
        for lag in [1, 8] {
            let pairs = draws.windows(lag + 1).map(|w| f64::from(w[0]) * f64::from(w[lag]));
            let mean = pairs.sum::<f64>() / n;
            assert!(mean.abs() < 5.0 / n.sqrt(), "lag {lag}: {mean}");
        }
    }

    #[test]
    fn processors_with_wider_vectors_draw_the_same_bits() {
        let (mut plain, mut wide) = (vec![0.0_f32; 1001], vec![0.0_f32; 1001]);
        let mut bits = Vec::new();
        normals(Seed::root(4), &mut bits, &mut wide);
        let (radii, turns) = bits.split_at(bits.len() / 2);
        pulp::NullaryFnOnce::call(Normals { radii, turns, to: &mut plain });
        assert!(plain.iter().zip(&wide).all(|(a, b)| a.to_bits() == b.to_bits()));
    }

    #[test]
    fn uniforms_are_even() {
        let mut draws = vec![0.0; 1_000_000];
        uniforms(Seed::root(9), &mut Vec::new(), &mut draws);
        let mut counts = [0_i32; 100];
        for x in &draws {
            counts[(x * 100.0) as usize] += 1;
        }
        // Five standard deviations of a binomial count of mean 10,000.
        assert!(counts.iter().all(|count| (count - 10_000).abs() < 498), "{counts:?}");
    }
}
