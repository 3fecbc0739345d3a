//! Four numbers at a time, in loops that every machine can do.

use super::{LANES, Simd, Work};

/// No proof is needed.
#[derive(Clone, Copy)]
pub(crate) struct Plain;

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
        std::array::from_fn(|i| a[i].mul_add(b[i], c[i]))
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
