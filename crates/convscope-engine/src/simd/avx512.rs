//! Sixteen numbers at a time.

use std::arch::x86_64::{
    __m512, _CMP_EQ_OQ, _CMP_GT_OQ, _CMP_NLE_UQ, _CMP_UNORD_Q, _mm512_add_ps, _mm512_castpd_ps,
    _mm512_castps_pd, _mm512_cmp_ps_mask, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_mask_blend_ps,
    _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps, _mm512_maskz_mov_ps, _mm512_set1_ps,
    _mm512_setzero_ps, _mm512_shuffle_f32x4, _mm512_storeu_ps, _mm512_unpackhi_pd,
    _mm512_unpackhi_ps, _mm512_unpacklo_pd, _mm512_unpacklo_ps,
};

use super::{LANES, Simd, Work};
use crate::Level;

/// Proof that the machine has AVX-512F, BW, DQ and VL.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(());

impl Avx512 {
    /// Looks for the instructions.
    pub(crate) fn detect() -> Option<Self> {
        Level::Avx512.is_available().then_some(Self(()))
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
fn compiled<W: Work>(simd: Avx512, work: W) -> W::Output {
    work.run(simd)
}

impl Simd for Avx512 {
    type Vector = __m512;
    const WIDTH: usize = 16;
    // Thirty-two registers: the tile, one for each of its rows, and some for columns on their way.
    const TILE: [usize; 4] = [7, 7, 7, 5];

    fn run<W: Work>(self, work: W) -> W::Output {
        // SAFETY: the token is proof of the instructions.
        unsafe { compiled(self, work) }
    }

    #[inline(always)]
    fn splat(self, x: f32) -> __m512 {
        // SAFETY: the token is proof of the instructions.
        unsafe { _mm512_set1_ps(x) }
    }

    #[inline(always)]
    fn mul_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: the token is proof of the instructions.
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: the token is proof of the instructions.
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    fn where_positive(self, x: __m512, by: __m512) -> __m512 {
        // SAFETY: the token is proof of the instructions.
        unsafe {
            let kept = _mm512_cmp_ps_mask::<_CMP_NLE_UQ>(by, _mm512_setzero_ps());
            _mm512_maskz_mov_ps(kept, x)
        }
    }

    #[inline(always)]
    fn where_equal(self, x: __m512, a: __m512, b: __m512) -> __m512 {
        // SAFETY: the token is proof of the instructions.
        unsafe { _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_EQ_OQ>(a, b), x) }
    }

    #[inline(always)]
    fn meet(self, best: (__m512, __m512), new: (__m512, __m512)) -> (__m512, __m512) {
        // SAFETY: the token is proof of the instructions.
        unsafe {
            let better = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(new.0, best.0)
                | _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(new.0, new.0);
            let pick = |old, new| _mm512_mask_blend_ps(better, old, new);
            (pick(best.0, new.0), pick(best.1, new.1))
        }
    }

    #[inline(always)]
    fn transpose(self, square: &mut [__m512; LANES]) {
        // SAFETY: the token is proof of the instructions.
        unsafe {
            // Each round puts numbers twice as far apart side by side: 1, 2, 4 and 8 rows.
            for i in (0..16).step_by(2) {
                let (a, b) = (square[i], square[i + 1]);
                square[i] = _mm512_unpacklo_ps(a, b);
                square[i + 1] = _mm512_unpackhi_ps(a, b);
            }
            for i in (0..16).step_by(4) {
                let wide = |i: usize| _mm512_castps_pd(square[i]);
                let (a, b, c, d) = (wide(i), wide(i + 1), wide(i + 2), wide(i + 3));
                square[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, c));
                square[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, c));
                square[i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(b, d));
                square[i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(b, d));
            }
            for far in [4, 8] {
                for i in (0..16).filter(|i| i & far == 0) {
                    let (a, b) = (square[i], square[i + far]);
                    square[i] = _mm512_shuffle_f32x4::<0x88>(a, b);
                    square[i + far] = _mm512_shuffle_f32x4::<0xdd>(a, b);
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> __m512 {
        // SAFETY: the token is proof of the instructions; the caller's promise.
        unsafe { _mm512_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, x: __m512) {
        // SAFETY: the token is proof of the instructions; the caller's promise.
        unsafe { _mm512_storeu_ps(to, x) }
    }

    #[inline(always)]
    unsafe fn load_first(self, count: usize, from: *const f32) -> __m512 {
        // SAFETY: the token is proof of the instructions; lanes that are masked out are not read.
        unsafe { _mm512_maskz_loadu_ps(first(count), from) }
    }

    #[inline(always)]
    unsafe fn store_first(self, count: usize, to: *mut f32, x: __m512) {
        // SAFETY: the token is proof of the instructions; lanes that are masked out are not
        // written.
        unsafe { _mm512_mask_storeu_ps(to, first(count), x) }
    }
}

#[inline(always)]
fn first(count: usize) -> u16 {
    ((1_u32 << count) - 1) as u16
}
