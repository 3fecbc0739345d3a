//! Four numbers at a time, on Arm.

use std::arch::aarch64::{
    float32x4_t, vaddq_f32, vandq_u32, vbicq_u32, vbslq_f32, vceqq_f32, vcgtq_f32, vcleq_f32,
    vdupq_n_f32, vfmaq_f32, vld1q_f32, vornq_u32, vreinterpretq_f32_u32, vreinterpretq_u32_f32,
    vst1q_f32, vzipq_f32,
};

use super::{LANES, Simd, Work};
use crate::Level;

/// Proof that the machine has Neon, which every 64-bit Arm has.
#[derive(Clone, Copy)]
pub(crate) struct Neon(());

impl Neon {
    /// Looks for the instructions.
    pub(crate) fn detect() -> Option<Self> {
        Level::Neon.is_available().then_some(Self(()))
    }
}

impl Simd for Neon {
    type Vector = float32x4_t;
    const WIDTH: usize = 4;
    // Thirty-two registers: the tile, one for each of its rows, one for a column.
    const TILE: [usize; 4] = [7, 7, 7, 6];

    fn run<W: Work>(self, work: W) -> W::Output {
        work.run(self)
    }

    #[inline(always)]
    fn splat(self, x: f32) -> float32x4_t {
        // SAFETY: the token is proof of the instructions.
        unsafe { vdupq_n_f32(x) }
    }

    #[inline(always)]
    fn mul_add(self, a: float32x4_t, b: float32x4_t, c: float32x4_t) -> float32x4_t {
        // SAFETY: the token is proof of the instructions.
        unsafe { vfmaq_f32(c, a, b) }
    }

    #[inline(always)]
    fn add(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: the token is proof of the instructions.
        unsafe { vaddq_f32(a, b) }
    }

    #[inline(always)]
    fn where_positive(self, x: float32x4_t, by: float32x4_t) -> float32x4_t {
        // SAFETY: the token is proof of the instructions.
        unsafe {
            let dropped = vcleq_f32(by, vdupq_n_f32(0.0));
            vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(x), dropped))
        }
    }

    #[inline(always)]
    fn where_equal(self, x: float32x4_t, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: the token is proof of the instructions.
        unsafe { vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(x), vceqq_f32(a, b))) }
    }

    #[inline(always)]
    fn meet(
        self,
        best: (float32x4_t, float32x4_t),
        new: (float32x4_t, float32x4_t),
    ) -> (float32x4_t, float32x4_t) {
        // SAFETY: the token is proof of the instructions.
        unsafe {
            let number = vceqq_f32(new.0, new.0);
            let better = vornq_u32(vcgtq_f32(new.0, best.0), number);
            let pick = |old, new| vbslq_f32(better, new, old);
            (pick(best.0, new.0), pick(best.1, new.1))
        }
    }

    #[inline(always)]
    fn transpose(self, square: &mut [float32x4_t; LANES]) {
        // SAFETY: the token is proof of the instructions.
        unsafe {
            let [a, b, c, d] = [square[0], square[1], square[2], square[3]];
            let (ac, bd) = (vzipq_f32(a, c), vzipq_f32(b, d));
            let (low, high) = (vzipq_f32(ac.0, bd.0), vzipq_f32(ac.1, bd.1));
            [square[0], square[1], square[2], square[3]] = [low.0, low.1, high.0, high.1];
        }
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> float32x4_t {
        // SAFETY: the token is proof of the instructions; the caller's promise.
        unsafe { vld1q_f32(from) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, x: float32x4_t) {
        // SAFETY: the token is proof of the instructions; the caller's promise.
        unsafe { vst1q_f32(to, x) }
    }

    #[inline(always)]
    unsafe fn load_first(self, count: usize, from: *const f32) -> float32x4_t {
        let mut some = [0.0; 4];
        // SAFETY: `count` is at most four and as many numbers can be read; the array has four.
        unsafe {
            std::ptr::copy_nonoverlapping(from, some.as_mut_ptr(), count);
            self.load(some.as_ptr())
        }
    }

    #[inline(always)]
    unsafe fn store_first(self, count: usize, to: *mut f32, x: float32x4_t) {
        let mut some = [0.0; 4];
        // SAFETY: the array has four; `count` is at most four and as many can be written.
        unsafe {
            self.store(some.as_mut_ptr(), x);
            std::ptr::copy_nonoverlapping(some.as_ptr(), to, count);
        }
    }
}
