//! Four numbers at a time, in loops that every machine can do.

use super::{LANES, Simd, Work};

/// No proof is needed.
#[derive(Clone, Copy)]
pub(crate) struct Plain;

/// Computes `a · b + c`, rounded once, without an instruction for it.
///
/// In double precision the product is exact. Rounding the sum twice is rounding it once, but for
/// sums that the first rounding may have put half way between two numbers of the second; those, and
/// the smallest numbers, whose half ways lie elsewhere, are left to the library.
#[inline(always)]
fn fused(a: [f32; 4], b: [f32; 4], c: [f32; 4]) -> [f32; 4] {
    const BELOW: u32 = (1 << 29) - 1;
    const HALF_WAY: u32 = 1 << 28;
    let mut sums = [0.0; 4];
    for i in 0..4 {
        sums[i] = f64::from(a[i]) * f64::from(b[i]) + f64::from(c[i]);
    }
    let mut doubts = 0;
    for sum in sums {
        let half_way = sum.to_bits() as u32 & BELOW == HALF_WAY;
        let small = sum.abs() < 2.0 * f64::from(f32::MIN_POSITIVE);
        doubts |= u32::from(half_way) | u32::from(small) & u32::from(sum != 0.0);
    }
    if doubts > 0 {
        return std::array::from_fn(|i| a[i].mul_add(b[i], c[i]));
    }
    sums.map(|sum| sum as f32)
}

impl Simd for Plain {
    type Vector = [f32; 4];
    const WIDTH: usize = 4;
    const TILE: [usize; 4] = [7, 5, 3, 2];

    fn run<W: Work>(self, work: W) -> W::Output {
        work.run(self)
    }

    #[inline(always)]
    fn splat(self, x: f32) -> [f32; 4] {
        [x; 4]
    }

    #[inline(always)]
    fn mul_add(self, a: [f32; 4], b: [f32; 4], c: [f32; 4]) -> [f32; 4] {
        if cfg!(any(target_arch = "aarch64", target_feature = "fma")) {
            std::array::from_fn(|i| a[i].mul_add(b[i], c[i]))
        } else {
            fused(a, b, c)
        }
    }

    #[inline(always)]
    fn add(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| a[i] + b[i])
    }

    #[inline(always)]
    fn where_positive(self, x: [f32; 4], by: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| if by[i] <= 0.0 { 0.0 } else { x[i] })
    }

    #[inline(always)]
    #[allow(clippy::float_cmp, reason = "marks are small whole numbers")]
    fn where_equal(self, x: [f32; 4], a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| if a[i] == b[i] { x[i] } else { 0.0 })
    }

    #[inline(always)]
    fn meet(self, best: ([f32; 4], [f32; 4]), new: ([f32; 4], [f32; 4])) -> ([f32; 4], [f32; 4]) {
        let better = |i: usize| new.0[i] > best.0[i] || new.0[i].is_nan();
        (
            std::array::from_fn(|i| if better(i) { new.0[i] } else { best.0[i] }),
            std::array::from_fn(|i| if better(i) { new.1[i] } else { best.1[i] }),
        )
    }

    #[inline(always)]
    fn transpose(self, square: &mut [[f32; 4]; LANES]) {
        for i in 0..4 {
            for j in 0..i {
                (square[i][j], square[j][i]) = (square[j][i], square[i][j]);
            }
        }
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> [f32; 4] {
        // SAFETY: the caller's promise; numbers need no more alignment as a pack than alone.
        unsafe { from.cast::<[f32; 4]>().read() }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, x: [f32; 4]) {
        // SAFETY: as in `load`.
        unsafe { to.cast::<[f32; 4]>().write(x) }
    }

    #[inline(always)]
    unsafe fn load_first(self, count: usize, from: *const f32) -> [f32; 4] {
        let mut some = [0.0; 4];
        // SAFETY: `count` is at most four and as many numbers can be read; the array has four.
        unsafe { std::ptr::copy_nonoverlapping(from, some.as_mut_ptr(), count) };
        some
    }

    #[inline(always)]
    unsafe fn store_first(self, count: usize, to: *mut f32, x: [f32; 4]) {
        // SAFETY: `count` is at most four and as many numbers can be written; the array has four.
        unsafe { std::ptr::copy_nonoverlapping(x.as_ptr(), to, count) };
    }
}

#[cfg(test)]
mod tests {
    use convscope_core::Seed;

    use super::fused;

    #[test]
    fn sums_are_rounded_once() {
        let mut stream = Seed::root(1).stream();
        for round in 0..200_000 {
            let mut draw = || -> [f32; 4] {
                std::array::from_fn(|_| match round % 3 {
                    // Any number at all; numbers whose sums meet half way; numbers near each other.
                    0 => f32::from_bits(stream.next_u32()),
                    1 => {
                        (stream.next_u32() >> 19) as f32 * 2.0_f32.powi(stream.below(3) as i32 * 12)
                    }
                    _ => stream.normal() as f32,
                })
            };
            let (a, b, c) = (draw(), draw(), draw());
            let found = fused(a, b, c);
            for i in 0..4 {
                let expected = a[i].mul_add(b[i], c[i]);
                let same = found[i].to_bits() == expected.to_bits();
                assert!(
                    same || found[i].is_nan() && expected.is_nan(),
                    "{} {} {}",
                    a[i],
                    b[i],
                    c[i]
                );
            }
        }
    }

    #[test]
    fn a_sum_near_half_way_is_not_rounded_twice() {
        // The product is 2⁴⁶ − 1, just less than half a step of the number that it is added to. In
        // double precision the sum is half way, and from there it would be rounded up to the even
        // number.
        let (a, b) = (8_388_609.0, 8_388_607.0);
        let c = 2.0_f32.powi(70) + 2.0_f32.powi(47);
        assert_eq!(fused([a; 4], [b; 4], [c; 4]).map(f32::to_bits), [c.to_bits(); 4]);
    }
}
