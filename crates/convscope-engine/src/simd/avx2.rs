//! Eight numbers at a time.

use std::arch::x86_64::{
    __m256, __m256i, _CMP_NLE_UQ, _mm256_and_ps, _mm256_cmp_ps, _mm256_cmpgt_epi32,
    _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_maskload_ps, _mm256_maskstore_ps, _mm256_set1_epi32,
    _mm256_set1_ps, _mm256_setr_epi32, _mm256_setzero_ps, _mm256_storeu_ps,
};

use super::{Simd, Work};
use crate::Level;

/// Proof that the machine has AVX2 and FMA.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// Looks for the instructions.
    pub(crate) fn detect() -> Option<Self> {
        Level::Avx2.is_available().then_some(Self(()))
    }
}

#[target_feature(enable = "avx2,fma")]
fn compiled<W: Work>(simd: Avx2, work: W) -> W::Output {
    work.run(simd)
}

impl Simd for Avx2 {
    type Vector = __m256;
    const WIDTH: usize = 8;
    // Sixteen registers: the tile, one for each of its rows, one for a column.
    const TILE: [usize; 4] = [7, 6, 4, 2];

    fn run<W: Work>(self, work: W) -> W::Output {
        // SAFETY: the token is proof of the instructions.
        unsafe { compiled(self, work) }
    }

    #[inline(always)]
    fn splat(self, x: f32) -> __m256 {
        // SAFETY: the token is proof of the instructions.
        unsafe { _mm256_set1_ps(x) }
    }

    #[inline(always)]
    fn mul_add(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        // SAFETY: the token is proof of the instructions.
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn positive(self, x: __m256) -> __m256 {
        // SAFETY: the token is proof of the instructions.
        unsafe { _mm256_and_ps(x, _mm256_cmp_ps::<_CMP_NLE_UQ>(x, _mm256_setzero_ps())) }
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> __m256 {
        // SAFETY: the token is proof of the instructions; the caller's promise.
        unsafe { _mm256_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, x: __m256) {
        // SAFETY: the token is proof of the instructions; the caller's promise.
        unsafe { _mm256_storeu_ps(to, x) }
    }

    #[inline(always)]
    unsafe fn load_first(self, count: usize, from: *const f32) -> __m256 {
        // SAFETY: the token is proof of the instructions; lanes that are masked out are not read.
        unsafe { _mm256_maskload_ps(from, first(count)) }
    }

    #[inline(always)]
    unsafe fn store_first(self, count: usize, to: *mut f32, x: __m256) {
        // SAFETY: the token is proof of the instructions; lanes that are masked out are not written.
        unsafe { _mm256_maskstore_ps(to, first(count), x) }
    }
}

#[inline(always)]
fn first(count: usize) -> __m256i {
    // SAFETY: only the functions above call this, each with the token in hand.
    unsafe {
        let places = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        _mm256_cmpgt_epi32(_mm256_set1_epi32(count as i32), places)
    }
}
