//! Sixteen numbers at a time.

use std::arch::x86_64::{
    __m512, _CMP_NLE_UQ, _mm512_cmp_ps_mask, _mm512_fmadd_ps, _mm512_loadu_ps,
    _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps, _mm512_maskz_mov_ps, _mm512_set1_ps,
    _mm512_setzero_ps, _mm512_storeu_ps,
};

use super::{Simd, Work};
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
    // Thirty-two registers: the tile, one for each of its rows, one for a column.
    const TILE: [usize; 4] = [7, 7, 7, 6];

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
    fn positive(self, x: __m512) -> __m512 {
        // SAFETY: the token is proof of the instructions.
        unsafe {
            let kept = _mm512_cmp_ps_mask::<_CMP_NLE_UQ>(x, _mm512_setzero_ps());
            _mm512_maskz_mov_ps(kept, x)
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
        // SAFETY: the token is proof of the instructions; lanes that are masked out are not written.
        unsafe { _mm512_mask_storeu_ps(to, first(count), x) }
    }
}

#[inline(always)]
fn first(count: usize) -> u16 {
    ((1_u32 << count) - 1) as u16
}
